// A token bucket: so many at once, and then so many a second.

export interface Bucket {
  take(now: number): boolean
  /** Milliseconds until the next one. */
  wait(now: number): number
  isFull(now: number): boolean
}

/** Starts full. A clock that is set back only stops refilling it until it has caught up. */
export function createBucket(perSecond: number, burst: number): Bucket {
  let left = burst
  let filledAt = 0
  const fill = (now: number) => {
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
