// The rotation of signing keys, run by every node: stages a key in reserve, lets it sign when the one before is old enough, and retires what no
// token needs any more. What is due is computed from the rows in memory, without a query; take-key-step.ts takes each step in a transaction of
// its own, so a node that is killed between two steps leaves the next one to any other.
import { setImmediate as turn } from 'node:timers/promises'
import { toError } from '../errors.ts'
import { isQuickToCreate } from '../keys/create-keys.ts'
import { activation, findActiveRows } from '../keys/key-rows.ts'
import { isOverdue, nextSteps, rulesOf, type KeyStep } from '../keys/key-states.ts'
import type { SigningKeys } from '../keys/realm-keys.ts'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { Realm } from '../realms/realm.ts'
import { describeFailure } from '../store/store-errors.ts'
import { createStepTimer, type StepTimer } from './step-timer.ts'
import { takeKeyStep, type KeyStepContext } from './take-key-step.ts'
import { createPauseWarning, describePause } from './warn-of-pause.ts'

export interface KeyRotationOptions extends KeyStepContext {
  readonly realms: ReadonlyMap<string, Realm>
  readonly signingKeys: SigningKeys
  /** @throws WrongClockError while no step may be dated */
  readonly clock: Clock
  /** For warnings, which are also due while the clock is wrong. */
  readonly now: Clock
  readonly log: Pick<Log, 'warn'>
}

export interface KeyRotation extends Pick<StepTimer, 'start' | 'stop'> {
  /** Takes the steps that are due, up to the bounds of one run. */
  run(): Promise<void>
  /** A realm in which no key may sign yet, and realms for which no key in reserve can be made. */
  warning(): string | undefined
}

/** A clock that jumps months ahead, or 1,000 new realms, must not cause a burst. */
const maxStepsPerRun = 200
/** Of RSA, which take a tenth of a second each. */
const maxSlowKeysPerRun = 20
/** The store is away, or refuses writes. */
const maxFailuresPerRun = 3
const warnAgainAfterMs = 86_400_000

interface DueStep {
  readonly realm: Realm
  readonly step: KeyStep
}

export function createKeyRotation(options: KeyRotationOptions): KeyRotation {
  const { realms, signingKeys, keyContext, clock, log } = options
  const withoutReserve = new Map<string, string>()
  const warnedAt = new Map<string, number>()
  const warnOfPause = createPauseWarning(log)
  /** Of the last run. */
  let failures = 0

  const stepsOf = (now: number): DueStep[] =>
    [...realms.values()].flatMap((realm) =>
      nextSteps(signingKeys.of(realm.name).rows(), realm, rulesOf(realm, keyContext.leaseMs), now).map((step) => ({ realm, step })),
    )

  async function run(): Promise<void> {
    const now = clock()
    warnOfAge(now)
    failures = 0
    for (const due of boundedSteps(stepsOf(now), now)) {
      await takeOrWarn(due)
      if (failures === maxFailuresPerRun) return
      await turn()
    }
  }

  async function takeOrWarn(due: DueStep): Promise<void> {
    const { realm, step } = due
    const isReserve = step.step === 'stage'
    try {
      await takeKeyStep(options, realm, step)
      if (isReserve) withoutReserve.delete(realm.name)
    } catch (error) {
      failures++
      if (isReserve) withoutReserve.set(realm.name, toError(error).message)
      log.warn(
        { realm: realm.name, algorithm: step.algorithm, step: step.step, ...describeFailure(error) },
        'a signing key could not be changed; trying again in a minute',
      )
    }
  }

  /** Once a day for each key. */
  function warnOfAge(now: number): void {
    for (const realm of realms.values()) {
      const rows = signingKeys.of(realm.name).rows()
      for (const [algorithm, row] of findActiveRows(rows, realm)) {
        if (!isOverdue(row, rulesOf(realm, 0), now) || now - (warnedAt.get(row.kid) ?? -Infinity) < warnAgainAfterMs) continue
        warnedAt.set(row.kid, now)
        log.warn(
          { realm: realm.name, algorithm, keyId: row.kid, days: Math.floor((now - activation(row)) / 86_400_000) },
          'the signing key is older than it should become; it signs on. Replace it: countersign key activate',
        )
      }
    }
  }

  const timer = createStepTimer({
    run,
    intervalMs: intervalOf([...realms.values()]),
    /** Without what is staged, which waits for the next regular run, and so does what failed. */
    untilNext() {
      if (failures > 0) return Infinity
      const now = clock()
      return Math.min(...stepsOf(now).flatMap(({ step: { step, at } }) => (step === 'stage' ? [] : [at - now])))
    },
    onFailure: (error) => log.warn(describeFailure(error), 'signing keys could not be rotated; trying again in a minute'),
  })
  signingKeys.onReload(() => {
    const now = options.now()
    warnOfPause(stepsOf(now), now)
    timer.reconsider()
  })
  return {
    run: timer.run,
    start: timer.start,
    stop: timer.stop,
    warning() {
      const now = options.now()
      const pause = describePause(stepsOf(now), now)
      if (pause !== undefined) return pause
      const [first, ...others] = withoutReserve
      if (!first) return undefined
      const more = others.length > 0 ? `, and for ${others.length} more realms` : ''
      return `no signing key can be staged for the realm "${first[0]}"${more}: ${first[1]}`
    },
  }
}

/** First what clients may be waiting for. */
const order: readonly KeyStep['step'][] = ['activate', 'retire', 'stage']

function boundedSteps(steps: readonly DueStep[], now: number): readonly DueStep[] {
  let slow = 0
  return steps
    .filter(({ step }) => step.at <= now)
    .toSorted((a, b) => order.indexOf(a.step.step) - order.indexOf(b.step.step))
    .filter(({ step }) => step.step !== 'stage' || isQuickToCreate(step.algorithm) || ++slow <= maxSlowKeysPerRun)
    .slice(0, maxStepsPerRun)
}

const intervalBounds = { least: 1000, most: 60_000 }

/** A tenth of the shortest time for which a key is published: a reserve that is staged so late is in time. */
function intervalOf(realms: readonly Realm[]): number {
  const shortest = Math.min(...realms.map(({ signingKeys: { publishBefore } }) => publishBefore * 1000))
  return Math.max(intervalBounds.least, Math.min(intervalBounds.most, shortest / 10))
}
