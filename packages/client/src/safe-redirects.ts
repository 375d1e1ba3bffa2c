// Redirects for a fetch that is not the runtime's own. The standard removes the token at another origin (Fetch §4.4); node-fetch keeps it for
// another port and for subdomains, and wrappers do as they like. So such a fetch is asked not to follow, and its redirects are followed here.
import { isRepeatable } from './renewal.ts'

type Fetch = typeof globalThis.fetch

/** As Fetch §4.4. */
const maxRedirects = 20
const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/** For the server that was called, and not for another one. */
const ownHeaders = ['authorization', 'cookie', 'proxy-authorization', 'host'] as const

/** Fetch, "request-body-header name". */
const bodyHeaders = ['content-encoding', 'content-language', 'content-location', 'content-type', 'content-length'] as const

/**
 * The same fetch with safe redirects.
 * @param isListed whether the token may be sent to a URL
 * @param reread the body once more, where it is that of a Request and can be sent again
 */
export function withSafeRedirects(fetch: Fetch, isListed: (url: string) => boolean, reread?: () => RequestInit['body']): Fetch {
  return async (input, init = {}) => {
    const given = typeof input === 'object' && 'url' in input ? input : undefined
    if (fetch === globalThis.fetch || (init.redirect ?? given?.redirect ?? 'follow') !== 'follow') return fetch(input, init)
    let url = given?.url ?? String(input)
    let sent: RequestInit = { method: given?.method ?? 'GET', ...init, redirect: 'manual' }
    if (given?.signal && sent.signal === undefined) sent.signal = given.signal
    let body: unknown = init.body === undefined ? given?.body : init.body
    let response = await fetch(input, { ...init, redirect: 'manual' })
    for (let redirects = 0; ; redirects++) {
      // A browser does not show where it leads, and follows it by the standard.
      if (response?.type === 'opaqueredirect') return fetch(requireRepeatable(input, body), { ...init, redirect: 'follow' })
      const location = redirectStatuses.has(response?.status) ? response.headers?.get?.('location') : null
      if (!location || !URL.canParse(location, url)) return redirects === 0 ? response : asRedirected(response, url)
      if (redirects === maxRedirects) throw new TypeError(`withBearer: the API redirected more than ${maxRedirects} times`)
      const target = new URL(location, url).href
      const isStream = !isRepeatable(body)
      sent = next(sent, { status: response.status, isStream: isStream && reread === undefined, staysListed: isListed(target) })
      if (sent.body === null) body = null
      else if (isStream && reread !== undefined) sent = { ...sent, body: reread(), duplex: 'half' } as RequestInit
      void response.body?.cancel?.().catch(() => {})
      url = target
      response = await fetch(url, sent)
    }
  }
}

interface Hop {
  readonly status: number
  readonly isStream: boolean
  readonly staysListed: boolean
}

/** The request after a redirect. @throws TypeError for a body that cannot be sent twice */
function next(sent: RequestInit, { status, isStream, staysListed }: Hop): RequestInit {
  const headers = new Headers(sent.headers)
  if (!staysListed) for (const name of ownHeaders) headers.delete(name)
  const method = sent.method?.toUpperCase() ?? 'GET'
  const becomesGet = (status === 303 && method !== 'GET' && method !== 'HEAD') || (status <= 302 && method === 'POST')
  if (!becomesGet && isStream)
    throw new TypeError('withBearer: the API redirected a request whose body is a stream, which cannot be sent twice')
  if (!becomesGet) return { ...sent, headers }
  for (const name of bodyHeaders) headers.delete(name)
  return { ...sent, headers, method: 'GET', body: null }
}

function requireRepeatable(input: Parameters<Fetch>[0], body: unknown): Parameters<Fetch>[0] {
  if (isRepeatable(body)) return input
  throw new TypeError('withBearer: the API redirected a request whose body is a stream, which cannot be sent twice')
}

/** As the standard describes a response after redirects. */
function asRedirected(response: Response, url: string): Response {
  if (response.redirected || !Object.isExtensible(response)) return response
  Object.defineProperty(response, 'redirected', { value: true })
  if (!response.url) Object.defineProperty(response, 'url', { value: url })
  return response
}
