// How long memory may be used: from the start of the last pull that was a confirmed commit, too. A primary that was left behind in
// a failover goes on answering, but nothing that it commits is confirmed by a standby.
import { toleratedDifferenceMs } from '../clock-difference.ts'

export interface Instant {
  readonly wall: number
  readonly monotonic: number
}

export interface Lease {
  /** Whether memory may be used, and the store be believed. */
  isFresh(): boolean
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
}

/** How often a pull is a commit, unless the lease is short. Milliseconds. */
const commitEvery = 5000

export function createLease(lease: number, now: () => Instant): Lease {
  let renewedAt: Instant | undefined
  let unconfirmed: { readonly error: Error; readonly times: number; readonly since: number } | undefined
  const age = () => (renewedAt ? now().monotonic - renewedAt.monotonic : Infinity)

  const isFresh = (): boolean => {
    if (!renewedAt) return false
    const { wall, monotonic } = now()
    const elapsed = monotonic - renewedAt.monotonic
    // A machine that was suspended, or whose clock was set, does not know how long it heard nothing.
    return elapsed < lease && Math.abs(wall - renewedAt.wall - elapsed) < toleratedDifferenceMs
  }

  return {
    isFresh,
    isDue: () => !isFresh() || age() >= Math.min(commitEvery, lease / 5),
    age,
    left: () => Math.max(0, lease - age()),
    renew(startedAt) {
      renewedAt = startedAt
      unconfirmed = undefined
    },
    refuseToConfirm(error) {
      unconfirmed = { error, times: (unconfirmed?.times ?? 0) + 1, since: unconfirmed?.since ?? now().monotonic }
    },
    unconfirmed: () =>
      unconfirmed && { error: unconfirmed.error, times: unconfirmed.times, milliseconds: now().monotonic - unconfirmed.since },
  }
}
