// withBearer for undici's `request`. undici is never imported: its function is an argument, and the interfaces below are the part of it that
// is used. Its `fetch` is wrapped by the withBearer of the package's root.
import { callWithBearer } from './bearer-call.ts'
import { readBearerOptions, type BearerOptions } from './bearer-options.ts'
import { headerGetter } from './problem-error.ts'
import { readProblem } from './read-problem.ts'
import { isRepeatable, type TokenSource } from './renewal.ts'

interface UndiciOptions {
  readonly method?: string
  readonly headers?: unknown
  readonly body?: unknown
  readonly signal?: unknown
}

interface UndiciResponse {
  readonly statusCode: number
  readonly headers: object
  readonly body: { dump(): Promise<unknown> }
  readonly context: object
}

/** `request` of undici 6 to 8. */
export type UndiciRequest = (url: never, options?: never) => Promise<UndiciResponse>

/**
 * Wraps undici's `request` as {@link withBearer} wraps `fetch`. The URL is a text or a `URL`. If a dispatcher follows redirects
 * (`interceptors.redirect`), undici removes the token at another origin. With `throwProblems` the body of a problem is read.
 *
 * @example
 * const callApi = withBearer(request, tokens, { origins: ['https://api.example.com'] })
 * const { statusCode, body } = await callApi('https://api.example.com/v1/me')
 *
 * @throws TypeError for an option that is unknown or invalid.
 */
export function withBearer<Request extends UndiciRequest>(request: Request, tokens: TokenSource, options: BearerOptions): Request {
  if (typeof request !== 'function') throw new TypeError('withBearer: "request" must be the function of undici')
  const bearer = readBearerOptions('withBearer', tokens, options)

  async function requestWithBearer(target: string | URL, options: UndiciOptions = {}): Promise<UndiciResponse> {
    if (typeof target !== 'string' && typeof target?.href !== 'string')
      throw new TypeError('withBearer: the URL must be a text or a URL object')
    // As they are now: the caller may change them while this waits for a token.
    const url = String(target)
    const given = { ...options }
    const headers = recordOf(given.headers)
    const send = request as unknown as (url: string, options: object) => Promise<UndiciResponse>
    const answer = await callWithBearer<UndiciResponse | ThrownRefusal>(bearer, {
      url,
      method: given.method ?? 'GET',
      isRepeatable: isRepeatable(given.body),
      hasIdempotencyKey: 'idempotency-key' in headers,
      signal: given.signal instanceof AbortSignal ? given.signal : undefined,
      send: (authorization) => send(url, { ...given, headers: { ...headers, authorization } }).catch(asRefusal),
      describe: ({ statusCode, headers, context }) => ({
        status: statusCode,
        header: headerGetter(headers),
        isForeign: historyOf(context).some((visited) => !bearer.origins.includes(String(visited))),
      }),
      discard: (answer) => void ('error' in answer || answer.body.dump().catch(() => {})),
      readProblem,
    })
    if ('error' in answer) throw answer.error
    return answer
  }
  return requestWithBearer as unknown as Request
}

/** What `interceptors.responseError` throws in place of a response; its body was read. */
interface ThrownRefusal extends Omit<UndiciResponse, 'body'> {
  readonly error: unknown
  readonly body: unknown
}

/** So that a rejected token is renewed there, too. */
function asRefusal(error: unknown): ThrownRefusal {
  const { statusCode, headers, body } = (error ?? {}) as { statusCode?: unknown; headers?: unknown; body?: unknown }
  if (typeof statusCode !== 'number' || typeof headers !== 'object' || headers === null) throw error
  return { error, statusCode, headers, body, context: {} }
}

/** The URLs of redirects that were followed. */
function historyOf(context: object | undefined): readonly unknown[] {
  const { history } = (context ?? {}) as { history?: unknown }
  return Array.isArray(history) ? history : []
}

/** By names in lower case. undici takes a record, a flat list, or pairs. */
function recordOf(headers: unknown): Record<string, unknown> {
  if (typeof headers !== 'object' || headers === null) return {}
  const isFlat = Array.isArray(headers) && headers.every((part) => typeof part === 'string')
  const pairs = isFlat
    ? pairUp(headers as string[])
    : Symbol.iterator in headers
      ? [...(headers as Iterable<[string, unknown]>)]
      : Object.entries(headers)
  return Object.fromEntries(pairs.map(([name, value]) => [String(name).toLowerCase(), value]))
}

function pairUp(flat: readonly string[]): [string, unknown][] {
  return flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1]] as [string, unknown]] : []))
}
