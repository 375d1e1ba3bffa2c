// What to do when an API answers 401: one rule for every adapter. Pure; the adapters read responses and repeat requests.
import { parseBearerChallenge } from '@countersign/protocol'
import { youngTokenSeconds } from './refresh-schedule.ts'
import type { TokenProvider } from './token-provider.ts'

/** The part of {@link TokenProvider} that an adapter uses. */
export type TokenSource = Pick<TokenProvider, 'getToken' | 'invalidate' | 'ageSeconds'>

export interface Rejection {
  readonly status: number
  readonly wwwAuthenticate: string | null | undefined
  /** Age of the rejected token; `undefined` if the provider no longer holds it. */
  readonly tokenAgeSeconds: number | undefined
}

/**
 * `renew`: drop the rejected token and repeat the request once. `keep`: return the response to the caller.
 *
 * A 401 renews if its challenge says `invalid_token` (RFC 6750 §3.1), or if it has no error and the token is older than
 * {@link youngTokenSeconds}. For other errors, such as `insufficient_scope`, and for 403 a new token would not help.
 * Does not check whether the request can be repeated: see {@link isRepeatable}.
 */
export function decideRenewal({ status, wwwAuthenticate, tokenAgeSeconds }: Rejection): 'renew' | 'keep' {
  if (status !== 401) return 'keep'
  const error = parseBearerChallenge(wwwAuthenticate)?.error
  if (error !== undefined) return error === 'invalid_token' ? 'renew' : 'keep'
  return tokenAgeSeconds === undefined || tokenAgeSeconds > youngTokenSeconds ? 'renew' : 'keep'
}

/** False for a body that can be sent only once: web streams, Node streams, iterators, and forms that are streams. */
export function isRepeatable(body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return typeof body !== 'function'
  return !('getReader' in body || 'pipe' in body || 'next' in body || Symbol.asyncIterator in body)
}
