// The lease states whether this node may use its cache and trust the store. It runs from the start of the last pull that was a confirmed
// commit. A primary that was left behind in a failover still answers, but no standby confirms its commits.
import type { Clock } from '../clock.ts'
import { toleratedDifferenceMs } from '../clock-verdict.ts'

export interface Instant {
  readonly wall: number
  readonly monotonic: number
}

export interface Lease {
  /** The duration of the lease. */
  readonly milliseconds: number
  now(): Instant
  /**
   * Whether the cache may be used and the store trusted: the last confirmed pull is younger than the lease, and no clock jumped since.
   */
  isFresh(): boolean
  /**
   * Resolves if the lease is fresh, or becomes fresh by a pull. Without a fresh lease, the store may be an old primary.
   * @throws the error of the pull, or the reason why it renewed nothing
   */
  untilFresh(): Promise<void>
  /** Whether the store answered the last query. */
  isReachable(): boolean
  /** Whether the store has been silent for a while, so that requests should fail without waiting for it again. */
  isAway(): boolean
  /** Whether the next pull should be a commit. */
  isDue(): boolean
  /** Milliseconds since the last renewal. */
  age(): number
  /** Milliseconds until the lease ends. */
  left(): number
  /** Renews the lease by a pull that began at this instant and whose commit was confirmed. */
  renew(startedAt: Instant): void
  /** The store answered and did not confirm the commit. */
  refuseToConfirm(error: Error): void
  /** The last error of a store that answers but confirms no commits, how often that happened in a row, and for how many milliseconds. */
  unconfirmed(): { readonly error: Error; readonly times: number; readonly milliseconds: number } | undefined
  /** The store did not answer what was asked at this instant. */
  noteSilence(askedAt: Instant): void
  /** The store answered. Returns how long it was silent, in milliseconds; undefined if it also answered the last time. */
  noteAnswer(): number | undefined
  /** Sets the pull with which {@link untilFresh} renews the lease. */
  renewBy(pull: () => Promise<void>): void
}

export interface LeaseOptions {
  readonly milliseconds: number
  readonly wallClock?: Clock
  /** Monotonic clock in milliseconds. */
  readonly monotonicClock?: () => number
}

/** The interval between pulls that commit, unless the lease is short. Milliseconds. */
const commitEvery = 5000
/** The interval between queries to a store that cannot be trusted, independent of the number of waiting requests. Milliseconds. */
const askAgainMs = 1000
const awayAfterMs = 2000

export function createLease({ milliseconds, wallClock = Date.now, monotonicClock = () => performance.now() }: LeaseOptions): Lease {
  let renewedAt: Instant | undefined
  let unconfirmed: { readonly error: Error; readonly times: number; readonly since: number } | undefined
  let silentSince: number | undefined
  let doubtedAt = -Infinity
  let pull: (() => Promise<void>) | undefined
  const now = () => ({ wall: wallClock(), monotonic: monotonicClock() })
  const age = () => (renewedAt ? monotonicClock() - renewedAt.monotonic : Infinity)

  const isFresh = (): boolean => {
    if (!renewedAt) return false
    const { wall, monotonic } = now()
    const elapsed = monotonic - renewedAt.monotonic
    // After a suspension of the machine or a step of its clock, the time since the last pull is unknown.
    return elapsed < milliseconds && Math.abs(wall - renewedAt.wall - elapsed) < toleratedDifferenceMs
  }

  return {
    milliseconds,
    now,
    isFresh,
    async untilFresh() {
      if (!isFresh() && monotonicClock() - doubtedAt >= askAgainMs) await pull?.()
      if (!isFresh()) throw unconfirmed?.error ?? Object.assign(new Error('the lease has ended'), { code: '08006' })
    },
    isReachable: () => silentSince === undefined,
    isAway: () => silentSince !== undefined && monotonicClock() - silentSince >= awayAfterMs,
    isDue: () => !isFresh() || age() >= Math.min(commitEvery, milliseconds / 5),
    age,
    left: () => Math.max(0, milliseconds - age()),
    renew(startedAt) {
      renewedAt = startedAt
      unconfirmed = undefined
    },
    refuseToConfirm(error) {
      doubtedAt = monotonicClock()
      unconfirmed = { error, times: (unconfirmed?.times ?? 0) + 1, since: unconfirmed?.since ?? doubtedAt }
    },
    unconfirmed: () =>
      unconfirmed && { error: unconfirmed.error, times: unconfirmed.times, milliseconds: monotonicClock() - unconfirmed.since },
    noteSilence({ monotonic }) {
      doubtedAt = monotonicClock()
      silentSince ??= monotonic
    },
    noteAnswer() {
      const silence = silentSince === undefined ? undefined : monotonicClock() - silentSince
      silentSince = undefined
      return silence
    },
    renewBy: (its) => void (pull = its),
  }
}
