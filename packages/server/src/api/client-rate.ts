// How many requests to an endpoint a client may send, so that one that went wrong cannot keep the server busy. Each node counts by itself.
import { ProblemError } from '../errors.ts'
import type { Bucket } from '../throttle/bucket.ts'
import { createClientBuckets } from '../throttle/client-buckets.ts'

export interface ClientRate {
  /** @throws ProblemError `rate-limited` */
  take(realm: string, clientId: string, now: number, count?: number): void
  /** Takes nothing. @throws ProblemError `rate-limited` if nothing is left */
  check(realm: string, clientId: string, now: number): void
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
  const buckets = createClientBuckets(perSecond, burst)

  function refuse(bucket: Bucket, now: number): never {
    const seconds = Math.max(1, Math.ceil(bucket.wait(now) / 1000))
    const detail = `The client has sent more than ${perSecond} ${what} a second.`
    throw new ProblemError('rate-limited', { detail, remedy, headers: { 'retry-after': String(seconds) } })
  }

  return {
    take(realm, clientId, now, count = 1) {
      const bucket = buckets.of(realm, clientId, now)
      for (let taken = 0; taken < count; taken++) if (!bucket.take(now)) refuse(bucket, now)
    },
    check(realm, clientId, now) {
      const bucket = buckets.of(realm, clientId, now)
      if (bucket.wait(now) > 0) refuse(bucket, now)
    },
  }
}
