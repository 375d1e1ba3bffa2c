// withBearer for ky: its instance gets a fetch that adds the token. ky is never imported: the instance is an argument, and the interfaces
// below are the part of it that is used.
import { callWithBearer } from './bearer-call.ts'
import { readBearerOptions, type BearerOptions } from './bearer-options.ts'
import { isRepeatable, type TokenSource } from './renewal.ts'
import { withSafeRedirects } from './safe-redirects.ts'
import { readingOf } from './with-bearer.ts'

type Fetch = typeof globalThis.fetch

/** An instance of ky, 1.8 or later. */
export interface KyLike {
  extend(options: never): unknown
}

/** ky 2 passes one object to a hook, ky 1 the request and the options. */
interface HookState {
  readonly request: Request
  readonly options: { readonly body?: unknown }
}

interface KyRetry {
  readonly limit?: number
  readonly shouldRetry?: (state: { readonly error: unknown }) => unknown
}

/** Of the instance that is extended. */
interface KyOptions {
  readonly fetch?: Fetch
  readonly retry?: number | KyRetry
}

/**
 * An instance of ky that sends a token of `tokens` to the listed origins, as {@link withBearer} does for `fetch`. Renewals and waits of
 * `retryAfter` are within one attempt of ky, and so within its `timeout`; ky's own `retry` goes on besides, also for 429 and 503. A `fetch`
 * among the options of a single call replaces that of the instance, so it gets no token.
 *
 * @example
 * const api = withBearer(ky.create({ prefix: 'https://api.example.com' }), tokens, { origins: ['https://api.example.com'] })
 * const me = await api.get('v1/me').json()
 *
 * @throws TypeError for an option that is unknown or invalid.
 */
export function withBearer<Ky extends KyLike>(ky: Ky, tokens: TokenSource, options: BearerOptions): Ky {
  if (typeof ky?.extend !== 'function') throw new TypeError('withBearer: "ky" must be an instance of ky')
  const bearer = readBearerOptions('withBearer', tokens, options)
  /** What a request was made of: its own body is a stream in any case. */
  const bodies = new WeakMap<Request, unknown>()

  function canRepeat(request: Request): boolean {
    const body = bodies.get(request)
    return request.body === null || (body !== undefined && body !== null && isRepeatable(body))
  }

  const isListed = (url: string) => bearer.origins.includes(url)
  const withToken =
    (given: Fetch): Fetch =>
    async (input, init) => {
      const request = input instanceof Request ? input : new Request(input, init)
      const repeatable = canRepeat(request)
      const fetch = withSafeRedirects(given, isListed, repeatable ? () => request.clone().body : undefined)
      const headers = new Headers(init?.headers ?? request.headers)
      return callWithBearer(bearer, {
        url: request.url,
        method: request.method,
        isRepeatable: repeatable,
        hasIdempotencyKey: headers.has('idempotency-key'),
        signal: request.signal,
        send: (authorization) => {
          headers.set('authorization', authorization)
          return fetch(repeatable ? request.clone() : request, { ...init, headers })
        },
        ...readingOf(isListed, request.url),
      })
    }

  const noteBody = (first: Request | HookState, second?: HookState['options']) => {
    const { request, options } = 'request' in first ? first : { request: first, options: second }
    bodies.set(request, options?.body)
  }
  const extension = ({ fetch = globalThis.fetch, retry }: KyOptions = {}) => ({
    fetch: withToken(fetch),
    retry: withoutFinal(retry),
    hooks: { beforeRequest: [noteBody], beforeRetry: [noteBody] },
  })
  return ky.extend(extension as never) as Ky
}

/** ky 1 repeats a request after any error that it does not know: after those of this package that would be in vain. */
function withoutFinal(retry: KyOptions['retry'] = {}): KyRetry {
  const given = typeof retry === 'number' ? { limit: retry } : retry
  return { ...given, shouldRetry: (state) => (isFinal(state.error) ? false : given.shouldRetry?.(state)) }
}

function isFinal(error: unknown): boolean {
  const { name, message } = (error ?? {}) as { name?: unknown; message?: unknown }
  return name === 'ProblemError' || name === 'TokenRequestError' || (name === 'TypeError' && String(message).startsWith('withBearer: '))
}
