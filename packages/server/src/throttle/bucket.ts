// A token bucket: so many at once, and then so many a second.

export interface Bucket {
  take(now: number): boolean
  /** Milliseconds until the next one. */
  wait(now: number): number
  isFull(now: number): boolean
}

/** The clock of the server stands still during a smaller step back (clock.ts); a larger one is a leap that is undone. Milliseconds. */
const toleratedStepMs = 5000

/** Starts full. A clock that is set back refills nothing: after a large step it goes on from the new time, after a small one once it has caught up. */
export function createBucket(perSecond: number, burst: number): Bucket {
  let left = burst
  let filledAt = 0
  const fill = (now: number) => {
    if (filledAt - now > toleratedStepMs) filledAt = now
    if (now <= filledAt) return
    left = Math.min(burst, left + ((now - filledAt) / 1000) * perSecond)
    filledAt = now
  }
  return {
    take(now) {
      fill(now)
      if (left < 1) return false
      left -= 1
      return true
    },
    wait(now) {
      fill(now)
      return left >= 1 ? 0 : ((1 - left) / perSecond) * 1000
    },
    isFull(now) {
      fill(now)
      return left >= burst
    },
  }
}
