// One HTTP exchange with an authorization server, as with somebody who is not under our control: no redirects, ten seconds
// in all, at most 64 kB read. What the JSON means is the business of the callers.
import { wait, type Clock } from './clock.ts'
import { parseRetryAfter } from './retry-after.ts'
import { TokenRequestError, type TokenRequestErrorCode } from './token-request-error.ts'

/** The part of the standard `fetch` that this package uses. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

export interface Http {
  readonly fetch: Fetch
  readonly clock: Clock
}

export interface JsonResponse {
  readonly status: number
  /** `undefined` where the body is not JSON. */
  readonly body: unknown
  readonly retryAfterSeconds: number | undefined
  /** As it can stand in a log; undefined where the answer has none. */
  readonly requestId: string | undefined
  /** What the server's clock said, by its Date header; ours where it has none. Milliseconds since the epoch. */
  readonly serverTime: number
}

/** From the call to the last byte of the body. */
export const requestTimeLimitMs = 10_000
export const longestResponseBytes = 65_536

/** What says that a connection broke or could not be made; the next one may lead to another server behind the same address. */
const brokenConnection: ReadonlySet<string> = new Set(['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'UND_ERR_SOCKET'])
/** Long enough to notice that the other connections to the same server are gone, too. */
const repeatAfterMs = 50

/**
 * With `isRepeatable` it is sent once more where the connection breaks, because then it does no harm if both were heard.
 * @throws TokenRequestError with the code `timeout`, `network`, `redirect` or `response_too_large`.
 */
export async function requestJson(
  { fetch, clock }: Http,
  url: string,
  init: RequestInit,
  { isRepeatable = false }: { readonly isRepeatable?: boolean } = {},
): Promise<JsonResponse> {
  const abort = new AbortController()
  let stopTimer = () => {}
  // A race, not the signal alone: a fetch that does not listen to it, or a body that drips, must not hold the callers.
  const timeLimit = new Promise<never>((_, reject) => {
    stopTimer = clock.startTimer(() => {
      reject(
        new TokenRequestError({
          code: 'timeout',
          summary: `"${url}" did not send a complete response within ${requestTimeLimitMs / 1000} s.`,
        }),
      )
      abort.abort()
    }, requestTimeLimitMs)
  })
  try {
    const attempt = () => exchange(fetch, url, { ...init, signal: abort.signal })
    return await Promise.race([isRepeatable ? onceMore(attempt, clock, abort.signal) : attempt(), timeLimit])
  } catch (error) {
    if (error instanceof TokenRequestError) throw error
    throw new TokenRequestError({ code: 'network', summary: `"${url}" could not be reached (${reasonOf(error)}).` })
  } finally {
    stopTimer()
  }
}

/** For a refusal that does not say why in the JSON of RFC 6749 §5.2, as that of a proxy. */
export function codeOfStatus(status: number): TokenRequestErrorCode {
  if (status === 429) return 'too_many_requests'
  if (status === 503) return 'temporarily_unavailable'
  return status >= 500 ? 'server_error' : 'invalid_response'
}

async function onceMore(attempt: () => Promise<JsonResponse>, clock: Clock, signal: AbortSignal): Promise<JsonResponse> {
  try {
    return await attempt()
  } catch (error) {
    if (!brokenConnection.has(reasonOf(error))) throw error
  }
  await wait(clock, repeatAfterMs, signal)
  return attempt()
}

async function exchange(fetch: Fetch, url: string, init: RequestInit): Promise<JsonResponse> {
  // "manual": following a 307 would send the secret to wherever the answer says.
  const response = await fetch(url, { ...init, redirect: 'manual' })
  if (isRedirect(response)) {
    void response.body?.cancel().catch(() => {})
    throw new TokenRequestError({
      code: 'redirect',
      summary: `"${url}" returned a redirect, which is not followed.`,
      status: response.status,
    })
  }
  const body = parseJson(await readText(url, response))
  const serverTime = Date.parse(response.headers.get('date') ?? '')
  return {
    status: response.status,
    body,
    serverTime: Number.isNaN(serverTime) ? Date.now() : serverTime,
    requestId: /^[A-Za-z0-9._-]{1,64}$/.exec(response.headers.get('x-request-id') ?? '')?.[0],
    retryAfterSeconds: parseRetryAfter(response.headers.get('retry-after'), response.headers.get('date')),
  }
}

/** Runtimes show a refused redirect as it is (Node, Deno) or as an opaque response of status 0 (the standard). */
function isRedirect(response: Response): boolean {
  return response.type === 'opaqueredirect' || response.redirected || (response.status >= 300 && response.status < 400)
}

async function readText(url: string, response: Response): Promise<string> {
  if (response.body === null) return ''
  const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    bytes += value.byteLength
    if (bytes > longestResponseBytes) {
      void reader.cancel().catch(() => {})
      const summary = `"${url}" returned more than ${longestResponseBytes} bytes.`
      throw new TokenRequestError({ code: 'response_too_large', summary, status: response.status })
    }
    text += decoder.decode(value, { stream: true })
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The error's code alone: the error of a custom fetch may hold the request, and with it the secret. */
export function reasonOf(error: unknown): string {
  for (const candidate of [error instanceof Error ? error.cause : undefined, error])
    if (candidate instanceof Error && 'code' in candidate && isErrorCode(candidate.code)) return candidate.code
  return error instanceof Error && /^[A-Za-z]{1,40}$/.test(error.name) ? error.name : 'unknown reason'
}

function isErrorCode(code: unknown): code is string {
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(code)
}
