// Whether and when a request is sent again that an API refused for now (RFC 6585 §4, RFC 9110 §15.6.4): only where its caller asked for it,
// and only if the API said for how long. The adapters wait and repeat.
import { kindOf, refuseUnknownOptions } from '@countersign/protocol'
import { systemClock, type Clock } from './clock.ts'
import { parseRetryAfter } from './retry-after.ts'

export interface RetryAfterOptions {
  /** How often one request is sent at most, the first time included. From 1 to 10, default 3. */
  readonly maxAttempts?: number
  /** For all waits of one request together, default 60. If the API asks for more, its response is returned at once. */
  readonly maxWaitSeconds?: number
  readonly clock?: Clock
  /** A number in [0, 1), default `Math.random`. */
  readonly random?: () => number
}

export interface RetryPolicy {
  readonly maxAttempts: number
  readonly maxWaitMs: number
  readonly clock: Clock
  readonly random: () => number
}

/** @throws TypeError for an option that is unknown or invalid */
export function readRetryPolicy(adapter: string, option: boolean | RetryAfterOptions): RetryPolicy | undefined {
  if (option === false) return undefined
  if (option !== true && typeof option !== 'object')
    throw new TypeError(`${adapter}: "retryAfter" must be true, false or an object of options; found ${kindOf(option)}`)
  const given: RetryAfterOptions = option === true ? {} : option
  refuseUnknownOptions(`${adapter}: retryAfter`, given, ['maxAttempts', 'maxWaitSeconds', 'clock', 'random'])
  const { maxAttempts = 3, maxWaitSeconds = 60, clock = systemClock, random = Math.random } = given
  if (!Number.isInteger(maxAttempts) || maxAttempts < 1 || maxAttempts > 10)
    throw new TypeError(`${adapter}: "retryAfter.maxAttempts" must be a whole number from 1 to 10`)
  if (!(typeof maxWaitSeconds === 'number' && maxWaitSeconds >= 0 && maxWaitSeconds <= 3600))
    throw new TypeError(`${adapter}: "retryAfter.maxWaitSeconds" must be a number from 0 to 3600`)
  if (typeof clock?.startTimer !== 'function')
    throw new TypeError(
      `${adapter}: "retryAfter.clock" must be an object with the functions "now" and "startTimer"; found ${kindOf(clock)}`,
    )
  if (typeof random !== 'function') throw new TypeError(`${adapter}: "retryAfter.random" must be a function; found ${kindOf(random)}`)
  return { maxAttempts, maxWaitMs: maxWaitSeconds * 1000, clock, random }
}

/** A request and the response that refused it. */
export interface RefusedRequest {
  readonly status: number
  /** By its name in lower case. */
  readonly header: (name: string) => string | null | undefined
  readonly method: string
  /** Whether the body can be sent again. */
  readonly isRepeatable: boolean
  readonly hasIdempotencyKey: boolean
}

/** What one request has used up; a new one begins with {@link unspent}. */
export interface Spent {
  readonly attempts: number
  readonly waitedMs: number
}

export const unspent: Spent = { attempts: 1, waitedMs: 0 }

/** RFC 9110 §9.2.2: sent twice, they have the effect of one. */
const idempotentMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE', 'QUERY'])

/**
 * Milliseconds until the request is sent again; undefined if it is not. Never before the time that the API named, and after it by a random
 * time of up to a half of it, at least a second, so that requests that were refused together do not return together.
 */
export function decideWait(policy: RetryPolicy | undefined, refused: RefusedRequest, { attempts, waitedMs }: Spent): number | undefined {
  const { status, header, method } = refused
  if (policy === undefined || attempts >= policy.maxAttempts || !refused.isRepeatable) return undefined
  if (status !== 429 && status !== 503) return undefined
  // 429 says that nothing was done (RFC 6585 §4). A 503 may come from a proxy whose server had begun.
  if (status === 503 && !idempotentMethods.has(method.toUpperCase()) && !refused.hasIdempotencyKey) return undefined
  const seconds = parseRetryAfter(header('retry-after') ?? null, header('date') ?? null)
  if (seconds === undefined) return undefined
  const leftMs = policy.maxWaitMs - waitedMs - seconds * 1000
  if (leftMs < 0) return undefined
  return seconds * 1000 + Math.min(leftMs, policy.random() * Math.max(1000, seconds * 500))
}

export function spend({ attempts, waitedMs }: Spent, waitMs: number): Spent {
  return { attempts: attempts + 1, waitedMs: waitedMs + waitMs }
}
