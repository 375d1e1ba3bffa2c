// How many requests to an endpoint a client may send, so that one that went wrong cannot keep the server busy. Each node counts by itself.
import { ProblemError } from '../errors.ts'
import { createClientBuckets } from '../throttle/client-buckets.ts'

export interface ClientRate {
  /** @throws ProblemError `rate-limited` */
  take(realm: string, clientId: string, now: number, count?: number): void
}

interface Limit {
  readonly perSecond: number
  /** What is counted, in the plural. */
  readonly what: string
  /** Default: to wait. */
  readonly remedy?: string
}

export interface ClientRateOptions extends Limit {
  readonly burst: number
}

export function createClientRate(options: ClientRateOptions): ClientRate {
  const buckets = createClientBuckets(options.perSecond, options.burst)
  return {
    take(realm, clientId, now, count = 1) {
      const bucket = buckets.of(realm, clientId, now)
      for (let taken = 0; taken < count; taken++) if (!bucket.take(now)) refuseRate(options, bucket.wait(now))
    },
  }
}

/** @throws ProblemError `rate-limited` */
export function refuseRate({ perSecond, what, remedy = 'Wait for the seconds in "Retry-After".' }: Limit, waitMs: number): never {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000))
  const detail = `The client has sent more than ${perSecond} ${what} a second.`
  throw new ProblemError('rate-limited', { detail, remedy, headers: { 'retry-after': String(seconds) } })
}
