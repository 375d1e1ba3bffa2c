// A fetch that adds the token, and renews it once if the API rejects it.
import { formatBearer } from '@countersign/protocol'
import { Origins, type BearerOptions } from './origins.ts'
import { decideRenewal, isRepeatable, type TokenSource } from './renewal.ts'
import { refuseUnusableResponse } from './usable-response.ts'

/**
 * Wraps `fetch` so that requests to the listed origins carry a token of `tokens` (RFC 6750 §2.1), in place of any
 * Authorization header of the caller. A request that is answered with 401 `invalid_token` is repeated once with a new
 * token, unless its body is a stream; see {@link decideRenewal}. All other responses are returned unchanged.
 *
 * The returned fetch throws a TypeError for an origin that is not listed, and if `fetch` returns something without status or
 * headers, and the errors of `tokens.getToken()`. It does not check responses further. Redirects are followed by `fetch`, which removes the token at another origin (Fetch §4.4).
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
  const origins = new Origins('withBearer', options)

  return async function fetchWithBearer(input, init) {
    const given = typeof input === 'object' && 'url' in input ? input : undefined
    const url = given?.url ?? String(input)
    origins.assertIncludes(url)
    const signal = init?.signal ?? given?.signal

    const getToken = () => tokens.getToken(signal ? { signal } : undefined)
    const send = async (): Promise<{ token: string; response: Response }> => {
      const token = await getToken()
      const headers = new Headers(init?.headers ?? given?.headers)
      headers.set('authorization', formatBearer(token))
      const response: unknown = await fetch(input, { ...init, headers })
      const { origin, pathname } = new URL(url)
      refuseUnusableResponse(origin + pathname, response)
      return { token, response }
    }

    const { token, response } = await send()
    const decision = decideRenewal({
      status: response.status,
      wwwAuthenticate: response.headers.get('www-authenticate'),
      tokenAgeSeconds: tokens.ageSeconds(token),
    })
    // After a redirect to another origin, the 401 is from a server that never got the token.
    if (decision === 'keep' || (response.redirected && !origins.includes(response.url))) return response
    tokens.invalidate(token)
    if (!isRepeatable(init?.body ?? given?.body)) return response
    // Still the same: a new token was rejected, too, so the request is not sent again with it.
    if ((await getToken()) === token) return response
    void response.body?.cancel().catch(() => {})
    return (await send()).response
  }
}
