// A request of the client to the authorization server: the bounded exchange with the limits of this package, its failures
// as TokenRequestErrors, and the response headers that callers use.
import type { Clock } from './clock.ts'
import { exchangeJson, type Fetch, type WriteRequest } from './exchange.ts'
import { ExchangeError } from './exchange-error.ts'
import { toRequestId } from './printable.ts'
import { TokenRequestError } from './token-request-error.ts'

export interface Http {
  readonly fetch: Fetch
  readonly clock: Clock
}

export interface JsonResponse {
  readonly status: number
  /** `undefined` where the body is not JSON. */
  readonly body: unknown
  readonly retryAfterSeconds: number | undefined
  /** `X-Request-Id`, if it is safe to log. */
  readonly requestId: string | undefined
  /** The Content-Location header of the response (RFC 9110 §8.7); not checked. */
  readonly contentLocation: string | undefined
  /** The server's clock, by its Date header, if it sent one. Milliseconds since the epoch. */
  readonly serverTime: number | undefined
}

const requestTimeLimitMs = 10_000
export const maxResponseBytes = 65_536

/**
 * Sends one request; with `isRepeatable` once more where the connection breaks.
 * @throws TokenRequestError with the code `timeout`, `network`, `redirect`, `response_too_large` or `unusable_fetch`, and
 *   every TokenRequestError of `init`.
 */
export async function requestJson(
  { fetch, clock }: Http,
  url: string,
  init: RequestInit | WriteRequest,
  { isRepeatable = false }: { readonly isRepeatable?: boolean } = {},
): Promise<JsonResponse> {
  const limits = { maxBytes: maxResponseBytes, timeLimitMs: requestTimeLimitMs }
  const answer = await exchangeJson(url, init, { fetch, clock, isRepeatable, ...limits }).catch(rethrow)
  const { status, headers, body, retryAfterSeconds } = answer
  const serverTime = Date.parse(headers.get('date') ?? '')
  return {
    status,
    body,
    serverTime: Number.isNaN(serverTime) ? undefined : serverTime,
    contentLocation: headers.get('content-location') ?? undefined,
    requestId: toRequestId(headers.get('x-request-id')),
    retryAfterSeconds,
  }
}

/** The same failure as callers of this package know it, with its remedy. @throws TokenRequestError in place of ExchangeError. */
export function rethrow(error: unknown): never {
  if (!(error instanceof ExchangeError)) throw error
  const { code, message: summary, status, retryAfterSeconds } = error
  throw new TokenRequestError({ code, summary, status, retryAfterSeconds })
}
