// One HTTP exchange of JSON with a server that is not trusted: no redirects, and a limit on time and on bytes. The client
// and the guard make all their requests to the authorization server with it. Does not interpret the JSON.
import { systemClock, wait, type Clock } from './clock.ts'
import { ExchangeError, reasonOf } from './exchange-error.ts'
import { withoutQuery } from './printable.ts'
import { parseRetryAfter } from './retry-after.ts'
import { TokenRequestError } from './token-request-error.ts'
import { readerOf, refuseMissingFetch, refuseUnusableResponse, requireBytes, UnusableFetchError } from './usable-response.ts'

export { ExchangeError, type ExchangeErrorCode } from './exchange-error.ts'
export { parseRetryAfter } from './retry-after.ts'

/** The part of the standard `fetch` that this package uses. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** Called for each request that is sent, also for a repetition. Its errors count as those of `fetch`. */
export type WriteRequest = () => RequestInit | Promise<RequestInit>

export interface ExchangeOptions {
  readonly fetch: Fetch
  /** Bytes of the body after decompression. */
  readonly maxBytes: number
  /** From the call to the last byte of the body, a repetition included. Milliseconds. */
  readonly timeLimitMs: number
  /** Sends the request once more where the connection breaks; only for requests that may be received twice. */
  readonly isRepeatable?: boolean
  /** False: the body of any status other than 200 is cancelled unread. Default: true. */
  readonly readsErrorBodies?: boolean
  readonly clock?: Clock
}

export interface JsonAnswer {
  readonly status: number
  readonly headers: Headers
  /** The server's `Retry-After`, at most an hour; `undefined` if it sent none that is valid. */
  readonly retryAfterSeconds: number | undefined
  /** `undefined` where the body was not read, or is not JSON in UTF-8 (RFC 8259 §8.1). */
  readonly body: unknown
}

/** Codes of a connection that broke or was refused; the next one may lead to another server behind the same address. */
const brokenConnection: ReadonlySet<string> = new Set(['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'UND_ERR_SOCKET'])
/** Long enough to notice that the other connections to the same server are gone, too. */
const repeatAfterMs = 50

/**
 * Sends one request and reads the response as JSON for every status. Does not check the URL (see `parseSafeUrl`), the
 * `Content-Type` (servers use several for JSON) or the shape of the body.
 * @throws ExchangeError with the code `timeout`, `network`, `redirect`, `response_too_large` or `unusable_fetch`; a
 *   TokenRequestError thrown by `fetch` is passed on.
 */
export async function exchangeJson(url: string, init: RequestInit | WriteRequest, options: ExchangeOptions): Promise<JsonAnswer> {
  const { timeLimitMs, isRepeatable = false, clock = systemClock } = options
  const name = withoutQuery(url)
  const abort = new AbortController()
  let stopTimer = () => {}
  // A race, not the signal alone: a fetch that does not listen to it, or a body that drips, must not hold the callers.
  const timeLimit = new Promise<never>((_, reject) => {
    stopTimer = clock.startTimer(() => {
      reject(new ExchangeError({ code: 'timeout', summary: `"${name}" did not answer completely within ${timeLimitMs / 1000} s.` }))
      abort.abort()
    }, timeLimitMs)
  })
  try {
    const write = typeof init === 'function' ? init : () => init
    const attempt = async () => exchange(url, { ...(await write()), signal: abort.signal }, options)
    return await Promise.race([isRepeatable ? onceMore(attempt, clock, abort.signal) : attempt(), timeLimit])
  } catch (error) {
    // A fetch that adds a token reports itself why it could not get one.
    if (error instanceof ExchangeError || error instanceof TokenRequestError) throw error
    if (error instanceof UnusableFetchError) throw new ExchangeError({ code: 'unusable_fetch', summary: error.message })
    throw new ExchangeError({ code: 'network', summary: `"${name}" could not be reached (${reasonOf(error)}).` })
  } finally {
    stopTimer()
  }
}

async function onceMore(attempt: () => Promise<JsonAnswer>, clock: Clock, signal: AbortSignal): Promise<JsonAnswer> {
  try {
    return await attempt()
  } catch (error) {
    if (!brokenConnection.has(reasonOf(error))) throw error
  }
  await wait(clock, repeatAfterMs, signal)
  return attempt()
}

async function exchange(url: string, init: RequestInit, options: ExchangeOptions): Promise<JsonAnswer> {
  const { fetch, maxBytes, readsErrorBodies = true } = options
  const name = withoutQuery(url)
  refuseMissingFetch(name, fetch)
  const requestHeaders = new Headers(init.headers)
  requestHeaders.set('accept', 'application/json')
  // "manual": following a 307 would send the secret to wherever the answer says.
  const response: unknown = await fetch(url, { ...init, headers: requestHeaders, redirect: 'manual' })
  refuseUnusableResponse(name, response)
  const { status, headers } = response
  if (isRedirect(response)) {
    void response.body?.cancel().catch(() => {})
    throw new ExchangeError({ code: 'redirect', summary: `"${name}" returned a redirect, which is not followed.`, status })
  }
  const retryAfterSeconds = parseRetryAfter(headers.get('retry-after'), headers.get('date'))
  if (status !== 200 && !readsErrorBodies) {
    void response.body?.cancel().catch(() => {})
    return { status, headers, retryAfterSeconds, body: undefined }
  }
  return { status, headers, retryAfterSeconds, body: parseJson(await readBytes(name, response, maxBytes)) }
}

/**
 * Runtimes show a refused redirect as it is (Node, Deno) or as an opaque response of status 0 (Fetch §4.3). 304 is no
 * redirect: it answers If-None-Match.
 */
function isRedirect({ type, redirected, status }: Response): boolean {
  return type === 'opaqueredirect' || redirected || (status >= 300 && status < 400 && status !== 304)
}

async function readBytes(name: string, response: Response, maxBytes: number): Promise<Uint8Array> {
  const reader = readerOf(name, response)
  if (reader === null) return new Uint8Array()
  const chunks: Uint8Array[] = []
  let length = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return concatenate(chunks, length)
    const chunk = requireBytes(name, value)
    length += chunk.byteLength
    if (length > maxBytes) {
      void reader.cancel().catch(() => {})
      const summary = `"${name}" answered with more than ${maxBytes} bytes.`
      throw new ExchangeError({ code: 'response_too_large', summary, status: response.status })
    }
    chunks.push(chunk)
  }
}

function concatenate(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let position = 0
  for (const chunk of chunks) {
    bytes.set(chunk, position)
    position += chunk.byteLength
  }
  return bytes
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return undefined
  }
}
