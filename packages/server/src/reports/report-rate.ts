// How many reports a guard may send, so that one that went wrong cannot keep the server busy. Each node counts by itself.
import { createBucket, type Bucket } from '../refusals/thinning.ts'
import { ProblemError } from '../errors.ts'

const perSecond = 20
const burst = 60
/** Only clients with the scope have one. */
const maxBuckets = 10_000

export interface ReportRate {
  /** @throws ProblemError `rate-limited` */
  take(realm: string, clientId: string, now: number): void
}

export function createReportRate(): ReportRate {
  const buckets = new Map<string, Bucket>()
  return {
    take(realm, clientId, now) {
      const key = `${realm} ${clientId}`
      let bucket = buckets.get(key)
      if (!bucket) {
        if (buckets.size >= maxBuckets) forgetFull(buckets, now)
        buckets.set(key, (bucket = createBucket(perSecond, burst)))
      }
      if (!bucket.take(now)) throw tooMany(Math.max(1, Math.ceil(bucket.wait(now) / 1000)))
    },
  }
}

/** A full bucket is as good as none. */
function forgetFull(buckets: Map<string, Bucket>, now: number): void {
  for (const [key, bucket] of buckets) if (bucket.isFull(now)) buckets.delete(key)
  if (buckets.size >= maxBuckets) buckets.clear()
}

function tooMany(seconds: number): ProblemError {
  return new ProblemError('rate-limited', {
    detail: `The guard has sent more than ${perSecond} reports a second.`,
    remedy: 'Wait for the seconds in "Retry-After", and put more into one report: a guard sends one a second, or 200 refusals.',
    headers: { 'retry-after': String(seconds) },
  })
}
