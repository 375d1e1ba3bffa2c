// Whether this node may use what it remembers, and believe the store: from the start of the last pull that was a confirmed commit,
// too, for the length of the lease. A primary that was left behind in a failover goes on answering, but nothing that it commits is
// confirmed by a standby.
import type { Clock } from '../clock.ts'
import { toleratedDifferenceMs } from '../clock-difference.ts'

export interface Instant {
  readonly wall: number
  readonly monotonic: number
}

export interface Lease {
  /** How long it lasts. */
  readonly milliseconds: number
  now(): Instant
  /** Whether memory may be used, and the store be believed: the last confirmed pull is younger than the lease, and no clock jumped since. */
  isFresh(): boolean
  /** Resolves once the store can be believed: it may be an old primary. @throws the error of the pull, or why it renewed nothing */
  untilFresh(): Promise<void>
  /** Whether the store answered when it was last asked. */
  isReachable(): boolean
  /** Whether it has not answered for a while: no request should wait to hear that again. */
  isAway(): boolean
  /** Whether the next pull should be a commit. */
  isDue(): boolean
  /** Milliseconds since it was renewed. */
  age(): number
  /** Milliseconds until it ends. */
  left(): number
  /** A pull that began then was committed, which was confirmed. */
  renew(startedAt: Instant): void
  /** The store answered and did not confirm the commit. */
  refuseToConfirm(error: Error): void
  /** The last error of a store that answers but confirms no commits, and for how long it has done so. Milliseconds. */
  unconfirmed(): { readonly error: Error; readonly times: number; readonly milliseconds: number } | undefined
  /** The store did not answer. */
  noteSilence(): void
  /** The store answered. Returns for how long it had not; undefined if it did the last time, too. Milliseconds. */
  noteAnswer(): number | undefined
  /** Names the pull by which {@link untilFresh} asks for the lease to be renewed. */
  renewBy(pull: () => Promise<void>): void
}

export interface LeaseOptions {
  readonly milliseconds: number
  readonly wallClock?: Clock
  /** Milliseconds of a clock that nobody sets. */
  readonly monotonicClock?: () => number
}

/** How often a pull is a commit, unless the lease is short. Milliseconds. */
const commitEvery = 5000
/** How often a store is asked whose answers cannot be believed, however many requests wait. Milliseconds. */
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
    // A machine that was suspended, or whose clock was set, does not know how long it heard nothing.
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
    noteSilence() {
      doubtedAt = monotonicClock()
      silentSince ??= doubtedAt
    },
    noteAnswer() {
      const silence = silentSince === undefined ? undefined : monotonicClock() - silentSince
      silentSince = undefined
      return silence
    },
    renewBy: (its) => void (pull = its),
  }
}
