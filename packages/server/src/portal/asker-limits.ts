// How much one client or one person may ask of the portal, all sessions together. Each node counts separately.
import { BoundedMap } from '../cache/bounded-map.ts'
import { ProblemError } from '../errors.ts'
import { createBucket, type Bucket } from '../throttle/bucket.ts'

export interface AskerLimits {
  /** Of every request. @param asker the id of the client or the person @throws ProblemError `rate-limited` */
  countRequest(asker: string, now: number): void
  /**
   * Of one that changes something: a change stays in the audit log for ever, and each waits for the lock of changes.
   * @throws ProblemError `rate-limited`
   */
  countChange(asker: string, now: number): void
}

/** A page that opens asks for some ten things. */
const requests = { perSecond: 20, atOnce: 200 }
/** A person presses a button every few seconds. */
const changes = { perSecond: 0.5, atOnce: 30 }
const maxAskers = 10_000

export function createAskerLimits(): AskerLimits {
  const waitForRequest = createRate(requests)
  const waitForChange = createRate(changes)
  return {
    countRequest(asker, now) {
      const seconds = waitForRequest(asker, now)
      if (seconds > 0) throw new ProblemError('rate-limited', { headers: { 'retry-after': String(seconds) } })
    },
    countChange(asker, now) {
      const seconds = waitForChange(asker, now)
      if (seconds > 0) throw new ProblemError('rate-limited', { ...tooManyChanges, headers: { 'retry-after': String(seconds) } })
    },
  }
}

const tooManyChanges = {
  detail: `There were more than ${changes.perSecond * 60} changes within a minute. Nothing was changed by this one.`,
  remedy: 'Wait for the seconds in "Retry-After", then try again.',
}

/** Returns how long to wait, in seconds; 0 if it was counted. */
function createRate({ perSecond, atOnce }: typeof requests): (asker: string, now: number) => number {
  const buckets = new BoundedMap<Bucket>(maxAskers)
  return (asker, now) => {
    let bucket = buckets.get(asker)
    if (!bucket) buckets.set(asker, (bucket = createBucket(perSecond, atOnce)))
    return bucket.take(now) ? 0 : Math.max(1, Math.ceil(bucket.wait(now) / 1000))
  }
}
