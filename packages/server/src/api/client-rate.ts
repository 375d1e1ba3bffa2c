// How many requests to an endpoint a client may send, so that one that went wrong cannot keep the server busy. Each node counts by itself.
import { ProblemError } from '../errors.ts'
import { createBucket, type Bucket } from '../throttle/bucket.ts'

/** Only clients with the scope of the endpoint have one. */
const maxBuckets = 10_000

export interface ClientRate {
  /** @throws ProblemError `rate-limited` */
  take(realm: string, clientId: string, now: number, count?: number): void
}

export interface ClientRateOptions {
  readonly perSecond: number
  readonly burst: number
  /** What is counted, in the plural. */
  readonly what: string
  /** Default: to wait. */
  readonly remedy?: string
}

export function createClientRate({
  perSecond,
  burst,
  what,
  remedy = 'Wait for the seconds in "Retry-After".',
}: ClientRateOptions): ClientRate {
  const buckets = new Map<string, Bucket>()
  return {
    take(realm, clientId, now, count = 1) {
      const key = `${realm} ${clientId}`
      let bucket = buckets.get(key)
      if (!bucket) {
        if (buckets.size >= maxBuckets) forgetFull(buckets, now)
        buckets.set(key, (bucket = createBucket(perSecond, burst)))
      }
      for (let taken = 0; taken < count; taken++) {
        if (bucket.take(now)) continue
        const seconds = Math.max(1, Math.ceil(bucket.wait(now) / 1000))
        const detail = `The client has sent more than ${perSecond} ${what} a second.`
        throw new ProblemError('rate-limited', { detail, remedy, headers: { 'retry-after': String(seconds) } })
      }
    },
  }
}

/** A full bucket is as good as none. */
function forgetFull(buckets: Map<string, Bucket>, now: number): void {
  for (const [key, bucket] of buckets) if (bucket.isFull(now)) buckets.delete(key)
  if (buckets.size >= maxBuckets) buckets.clear()
}
