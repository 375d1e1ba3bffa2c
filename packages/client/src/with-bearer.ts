// A fetch that adds the token, and renews it once if the API rejects it.
import { callWithBearer, type Sending } from './bearer-call.ts'
import { readBearerOptions, type BearerOptions } from './bearer-options.ts'
import { readProblem } from './read-problem.ts'
import { isRepeatable, type TokenSource } from './renewal.ts'
import { withSafeRedirects } from './safe-redirects.ts'
import { refuseUnusableResponse } from './usable-response.ts'

/**
 * Wraps `fetch` so that requests to the listed origins carry a token of `tokens` (RFC 6750 §2.1), in place of any
 * Authorization header of the caller. A request that is answered with 401 `invalid_token` is repeated once with a new
 * token, unless its body is a stream; see {@link decideRenewal}. All other responses are returned unchanged, unless `retryAfter` or
 * `throwProblems` says otherwise.
 *
 * The returned fetch throws a TypeError for an origin that is not listed, and if `fetch` returns something without status or
 * headers, and the errors of `tokens.getToken()`. It does not check responses further. The token is removed from redirects to other origins.
 *
 * @example
 * const tokens = createTokenProvider({ tokenUrl, clientId, clientSecret })
 * const callApi = withBearer(fetch, tokens, { origins: ['https://api.example.com'] })
 * const me = await callApi('https://api.example.com/v1/me')
 *
 * @throws TypeError if `fetch` is no function, and for an origin that is not https (http only on loopback) or has a path.
 */
export function withBearer(fetch: typeof globalThis.fetch, tokens: TokenSource, options: BearerOptions): typeof globalThis.fetch {
  if (typeof fetch !== 'function') throw new TypeError('withBearer: "fetch" must be a function')
  const bearer = readBearerOptions('withBearer', tokens, options)
  const isListed = (url: string) => bearer.origins.includes(url)
  const send = withSafeRedirects(fetch, isListed)

  return async function fetchWithBearer(input, init) {
    const given = typeof input === 'object' && 'url' in input ? input : undefined
    // As it is now: the caller may change a URL object while this waits for a token.
    const target = given ?? String(input)
    const url = given?.url ?? String(input)
    const sent = { ...init }
    const headers = new Headers(init?.headers ?? given?.headers)
    return callWithBearer(bearer, {
      url,
      method: init?.method ?? given?.method ?? 'GET',
      isRepeatable: isRepeatable(init?.body ?? given?.body),
      hasIdempotencyKey: headers.has('idempotency-key'),
      signal: init?.signal ?? given?.signal,
      send: (authorization) => {
        headers.set('authorization', authorization)
        return send(target, { ...sent, headers })
      },
      ...readingOf(isListed, url),
    })
  }
}

/** How the responses of any fetch are read. */
export function readingOf(
  isListed: (url: string) => boolean,
  requestUrl: string,
): Pick<Sending<Response>, 'describe' | 'discard' | 'readProblem'> {
  return {
    describe: (response: unknown) => {
      const { origin, pathname } = new URL(requestUrl)
      refuseUnusableResponse(origin + pathname, response)
      const { status, headers, redirected, url } = response
      return { status, header: (name) => headers.get(name), isForeign: redirected && !isListed(url) }
    },
    discard: ({ body }) => discardBody(body),
    readProblem,
  }
}

/** Of the fetch of node-fetch, the body is a stream of Node. */
function discardBody(body: { cancel?: () => Promise<unknown>; destroy?: () => unknown } | null | undefined): void {
  if (typeof body?.cancel === 'function') body.cancel().catch(() => {})
  else if (typeof body?.destroy === 'function') body.destroy()
}
