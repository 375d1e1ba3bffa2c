// Says that a realm has no key to sign with: after a compromise without a reserve that every node publishes.
import type { KeyStep } from '../keys/key-states.ts'
import type { Log } from '../log.ts'
import type { Realm } from '../realms/realm.ts'

type RealmSteps = readonly { readonly realm: Realm; readonly step: KeyStep }[]

/** The first activation that clients wait for, in words. */
export function describePause(steps: RealmSteps, now: number): string | undefined {
  const [first] = pausesOf(steps, now)
  if (!first) return undefined
  return `no key of the realm "${first.realm}" may sign by ${first.algorithm} before ${first.until}, when every node publishes the next one: token requests get 503`
}

/** Writes a line for each key that is waited for, so that the rejected requests need none. */
export function createPauseWarning(log: Pick<Log, 'warn'>): (steps: RealmSteps, now: number) => void {
  let told = new Set<string>()
  return (steps, now) => {
    const pauses = pausesOf(steps, now)
    for (const pause of pauses)
      if (!told.has(pause.keyId))
        log.warn(pause, 'no key may sign before every node publishes the next one: token requests get 503 until then')
    told = new Set(pauses.map(({ keyId }) => keyId))
  }
}

function pausesOf(steps: RealmSteps, now: number) {
  return steps.flatMap(({ realm, step }) =>
    step.step === 'activate' && step.emergency && step.at > now
      ? [{ realm: realm.name, algorithm: step.algorithm, keyId: step.kid, until: new Date(step.at).toISOString() }]
      : [],
  )
}
