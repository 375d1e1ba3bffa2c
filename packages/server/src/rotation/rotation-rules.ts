// The rules of rotations: pure functions of the secrets of one client and the time. No state is stored: one secret that has not ended is
// "stable"; two are "issued" until the newer one was used, and "overlapping" from then on.
import type { SecretRecord } from '../cache/records.ts'
import type { Realm } from '../realms/realm.ts'
import { quietMarginSeconds } from '../realms/realm-settings.ts'
import { ProblemError } from '../errors.ts'

/** Durations of a realm, in seconds. */
export type RotationSettings = Realm['secretRotation']

/** The settings of a realm for a client whose tokens may have a longer lifetime: it authenticates less often then. */
export function settingsFor({ secretRotation, accessTokenLifetime: usual }: Realm, lifetime: number | null): RotationSettings {
  return { ...secretRotation, quietPeriod: Math.max(secretRotation.quietPeriod, (lifetime ?? usual) + quietMarginSeconds) }
}

export type Standing =
  | { readonly state: 'stable'; readonly current: SecretRecord | undefined }
  | { readonly state: 'issued' | 'overlapping'; readonly current: SecretRecord; readonly old: SecretRecord }

/** The actor of a step of a rotation. */
export type RotationParty = 'client' | 'operator'

/** @param secrets the secrets of one client, newest first; ended ones are ignored */
export function readStanding(secrets: readonly SecretRecord[], now: number): Standing {
  const [current, old] = secrets.filter(({ expiresAt }) => expiresAt === null || expiresAt > now)
  if (!current || !old) return { state: 'stable', current }
  return { state: current.firstUsedAt === null ? 'issued' : 'overlapping', current, old }
}

export interface Start {
  /** Seconds; default: the window of the realm. */
  readonly window?: number | undefined
  /** The expiry of the new secret. Milliseconds since the epoch. */
  readonly secretExpiresAt?: number | null | undefined
  readonly force?: boolean | undefined
}

export interface StartDecision {
  /** The secret that ends at once, because a client has at most two. */
  readonly ended: SecretRecord | undefined
  /** The secret that is valid until `windowEndsAt`; undefined for a client without one. */
  readonly old: SecretRecord | undefined
  readonly windowEndsAt: number
}

/**
 * Decides whether a new secret may be made and what happens to the existing ones. A start that is forced during a rotation ends the
 * secret that is not in use: the new one if it was never used, otherwise the old one, unless that is in use.
 * @throws ProblemError `rotation-in-progress`, `old-secret-in-use`, `invalid-request`
 */
export function decideStart(standing: Standing, start: Start, settings: RotationSettings, now: number): StartDecision {
  const { window = settings.window, secretExpiresAt = null, force = false } = start
  if (window > settings.maxWindow)
    throw outOfBounds('/window', `expected at most ${settings.maxWindow} seconds, the longest window of the realm`)
  if (standing.state !== 'stable' && !force) throw rotationInProgress(standing)
  if (standing.state === 'overlapping') refuseOldInUse(standing.old, settings, now)

  const [old, ended] =
    standing.state === 'stable'
      ? [standing.current, undefined]
      : standing.state === 'issued'
        ? [standing.old, standing.current]
        : [standing.current, standing.old]
  const windowEndsAt = Math.min(now + window * 1000, (old && ownExpiry(old, standing)) ?? Infinity)
  if (secretExpiresAt !== null && secretExpiresAt <= Math.max(now, old ? windowEndsAt : now))
    throw outOfBounds('/secretExpiresAt', `expected an instant after the end of the window, ${toText(old ? windowEndsAt : now)}`)
  return { ended, old, windowEndsAt }
}

/**
 * Decides which secret a confirmation ends.
 * @throws ProblemError `no-rotation`; unless forced `new-secret-unproven` and `old-secret-in-use`
 */
export function decideConfirm(standing: Standing, force: boolean, settings: RotationSettings, now: number): SecretRecord {
  if (standing.state === 'stable') throw new ProblemError('no-rotation')
  if (force) return standing.old
  if (standing.state === 'issued')
    throw new ProblemError('new-secret-unproven', {
      detail: `The new secret (…${standing.current.lastFour}) was not used so far, so nothing shows that it has arrived.`,
    })
  refuseOldInUse(standing.old, settings, now)
  return standing.old
}

/**
 * Decides which secret a cancellation ends, and when the remaining one expires.
 * @throws ProblemError `no-rotation`; `rotation-of-the-operator` if a client did not start it itself; `new-secret-in-use` if it counts
 * as in use ({@link quietFrom}): its holder would be cut off
 */
export function decideCancel(
  standing: Standing,
  by: RotationParty,
  settings: RotationSettings,
  now: number,
): { readonly ended: SecretRecord; readonly kept: SecretRecord; readonly keptExpiresAt: number | null } {
  if (standing.state === 'stable') throw new ProblemError('no-rotation')
  const { current, old } = standing
  if (by === 'client' && current.startedBy === 'operator')
    throw new ProblemError('rotation-of-the-operator', {
      detail: `The operator started this rotation at ${toText(current.createdAt)} and has its new secret (…${current.lastFour}).`,
    })
  const quietAt = quietFrom(current, settings)
  if (standing.state === 'overlapping' && quietAt > now)
    throw new ProblemError('new-secret-in-use', {
      detail: `The new secret (…${current.lastFour}) was used at ${toText(current.lastUsedAt ?? now)}; it can be cancelled at ${toText(quietAt)} if it is not used again.`,
    })
  return { ended: current, kept: old, keptExpiresAt: old.expiresAtBeforeRotation }
}

/**
 * Decides the new end of the old secret.
 * @param window seconds from now
 * @throws ProblemError `no-rotation`; `invalid-request` beyond the bounds or if the end would come earlier
 */
export function decideExtend(
  standing: Standing,
  window: number,
  settings: RotationSettings,
  now: number,
): { readonly old: SecretRecord; readonly windowEndsAt: number } {
  if (standing.state === 'stable') throw new ProblemError('no-rotation')
  const { old } = standing
  const windowEndsAt = now + window * 1000
  const latest = latestEnd(standing, settings)
  if (windowEndsAt > latest) throw outOfBounds('/window', `expected a window that ends by ${toText(latest)}, as far as it can be extended`)
  if (windowEndsAt < (old.expiresAt ?? 0))
    throw outOfBounds(
      '/window',
      `expected a window that ends after ${toText(old.expiresAt ?? 0)}, its present end; to end it sooner, confirm`,
    )
  return { old, windowEndsAt }
}

/** The latest end to which the window of a rotation can be extended. */
export function latestEnd({ current, old }: Exclude<Standing, { state: 'stable' }>, { maxWindow }: RotationSettings): number {
  return Math.min(current.createdAt + maxWindow * 1000, old.expiresAtBeforeRotation ?? Infinity, (current.expiresAt ?? Infinity) - 1)
}

/**
 * The instant from which a secret counts as not in use, if it is not used again. Every instance that has it has authenticated again by
 * then: all tokens issued by this secret have expired, whatever their lifetimes were (decisions/030).
 */
export function quietFrom(
  { lastUsedAt, tokensEndAt }: Pick<SecretRecord, 'lastUsedAt' | 'tokensEndAt'>,
  { quietPeriod }: RotationSettings,
): number {
  if (lastUsedAt === null) return 0
  return Math.max(lastUsedAt + quietPeriod * 1000, (tokensEndAt ?? 0) + quietMarginSeconds * 1000)
}

function refuseOldInUse(old: SecretRecord, settings: RotationSettings, now: number): void {
  const confirmableAt = quietFrom(old, settings)
  if (confirmableAt <= now) return
  throw new ProblemError('old-secret-in-use', {
    detail: `The old secret (…${old.lastFour}) was used at ${toText(old.lastUsedAt ?? now)}; if it is not used again, the rotation can be confirmed from ${toText(confirmableAt)} (confirmableAt) on.`,
  })
}

/** When a secret would end without a rotation. */
function ownExpiry(secret: SecretRecord, standing: Standing): number | null {
  return standing.state !== 'stable' && secret === standing.old ? secret.expiresAtBeforeRotation : secret.expiresAt
}

function rotationInProgress({ old }: Exclude<Standing, { state: 'stable' }>): ProblemError {
  return new ProblemError('rotation-in-progress', {
    detail: `The client has two secrets already; the old one (…${old.lastFour}) is good until ${toText(old.expiresAt ?? 0)}.`,
  })
}

function outOfBounds(pointer: string, detail: string): ProblemError {
  return new ProblemError('invalid-request', { detail: `${pointer}: ${detail}`, errors: [{ pointer, detail }] })
}

function toText(at: number): string {
  return new Date(at).toISOString()
}
