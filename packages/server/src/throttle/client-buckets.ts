// A bucket for each client that uses an endpoint. Only clients with the scope of the endpoint have one. Each node counts by itself.
import { createBucket, type Bucket } from './bucket.ts'

const maxBuckets = 10_000

export interface ClientBuckets {
  /** @param share how many times as large it is. Default: 1 */
  of(realm: string, clientId: string, now: number, share?: number): Bucket
}

export function createClientBuckets(perSecond: number, burst: number): ClientBuckets {
  const buckets = new Map<string, Bucket>()
  return {
    of(realm, clientId, now, share = 1) {
      const key = `${realm} ${clientId}`
      let bucket = buckets.get(key)
      if (!bucket) {
        if (buckets.size >= maxBuckets) forgetFull(buckets, now)
        buckets.set(key, (bucket = createBucket(perSecond * share, burst * share)))
      }
      return bucket
    },
  }
}

/** A full bucket is as good as none. */
function forgetFull(buckets: Map<string, Bucket>, now: number): void {
  for (const [key, bucket] of buckets) if (bucket.isFull(now)) buckets.delete(key)
  if (buckets.size >= maxBuckets) buckets.clear()
}
