// What to do when an API answers 401: the one rule, for every adapter. Pure; the adapters only read and repeat.
import { parseBearerChallenge } from '@countersign/protocol'
import type { TokenProvider } from './token-provider.ts'

/** What an adapter needs of a {@link TokenProvider}; a test may bring its own. */
export type TokenSource = Pick<TokenProvider, 'getToken' | 'invalidate' | 'ageSeconds'>

export interface Rejection {
  readonly status: number
  readonly wwwAuthenticate: string | null | undefined
  /** Of the token that was rejected; `undefined` if the provider holds another one by now. */
  readonly tokenAgeSeconds: number | undefined
}

/** A 401 that does not say why is seldom the fault of a token that was issued just now. */
export const youngTokenSeconds = 30

/**
 * `renew`: drop the rejected token and repeat the request once. `keep`: hand the response to the caller.
 *
 * A 401 is renewed if its challenge says `invalid_token` (RFC 6750 §3.1), or if it says nothing and the token is older
 * than half a minute. Other errors, `insufficient_scope` and every 403 would be the same with a new token.
 * Does not check whether the request can be repeated: see {@link isRepeatable}.
 */
export function decideRenewal({ status, wwwAuthenticate, tokenAgeSeconds }: Rejection): 'renew' | 'keep' {
  if (status !== 401) return 'keep'
  const error = parseBearerChallenge(wwwAuthenticate)?.error
  if (error !== undefined) return error === 'invalid_token' ? 'renew' : 'keep'
  return tokenAgeSeconds === undefined || tokenAgeSeconds > youngTokenSeconds ? 'renew' : 'keep'
}

/** False for a body that is gone once it was sent: web streams, Node streams, iterators, and forms that are streams. */
export function isRepeatable(body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return typeof body !== 'function'
  return !('getReader' in body || 'pipe' in body || 'next' in body || Symbol.asyncIterator in body)
}
