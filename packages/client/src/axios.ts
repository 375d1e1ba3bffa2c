// withBearer for axios, as a request and a response interceptor. axios is never imported: the instance is an argument, and
// the interfaces below are the part of it that is used.
import { formatBearer, readBearer } from '@countersign/protocol'
import { Origins, type BearerOptions } from './origins.ts'
import { decideRenewal, isRepeatable, type TokenSource } from './renewal.ts'

interface AxiosHeaders {
  get(name: string): unknown
  set(name: string, value: string): unknown
  delete(name: string): unknown
}

interface AxiosConfig {
  headers: AxiosHeaders
  data?: unknown
  signal?: unknown
  transformRequest?: unknown
  beforeRedirect?: (redirect: Record<string, unknown>, ...details: never[]) => void
  /** Set by this adapter: the request repeats a rejected one. axios keeps unknown members when it copies a configuration. */
  countersignRepeated?: boolean
}

interface AxiosResponse {
  readonly status: number
  readonly headers: object
  readonly config: AxiosConfig
}

interface Interceptors<Value> {
  use(onFulfilled: (value: Value) => Promise<Value>, onRejected?: (error: unknown) => Promise<Value>): number
  eject(id: number): void
}

/** An instance of axios 1.x. */
export interface AxiosInstanceLike<Config extends AxiosConfig, Response extends AxiosResponse> {
  readonly interceptors: { readonly request: Interceptors<Config>; readonly response: Interceptors<Response> }
  getUri(config: object): string
  request(config: object): Promise<unknown>
}

/**
 * Makes `axios` send a token of `tokens` to the listed origins, and repeat a request once that is answered with 401
 * `invalid_token`, as `withBearer` does. Interceptors of the caller run again for the repetition.
 * Returns a function that detaches it.
 *
 * A request to an origin that is not listed fails with a TypeError; `baseURL` and relative URLs are resolved first. After
 * a redirect to such an origin the token is removed. Errors of axios contain the request with its headers, and so the
 * token: log their message, not the object, or set axios' `redact: ['authorization']`. Responses are not checked.
 *
 * @example
 * const api = axios.create({ baseURL: 'https://api.example.com' })
 * attachBearer(api, tokens, { origins: ['https://api.example.com'] })
 * const { data: me } = await api.get('/v1/me')
 *
 * @throws TypeError for an origin that is not https (http only on loopback) or has a path.
 */
export function attachBearer<Config extends AxiosConfig, Response extends AxiosResponse>(
  axios: AxiosInstanceLike<Config, Response>,
  tokens: TokenSource,
  options: BearerOptions,
): () => void {
  const origins = new Origins('attachBearer', options)
  const { request, response } = axios.interceptors

  function tokenFor({ signal }: AxiosConfig): Promise<string> {
    return tokens.getToken(signal instanceof AbortSignal ? { signal } : undefined)
  }

  async function addToken(config: Config): Promise<Config> {
    origins.assertIncludes(axios.getUri(config))
    const token = await tokenFor(config)
    config.headers.set('Authorization', formatBearer(token))
    config.beforeRedirect = takeTokenOff(config)
    return config
  }

  function takeTokenOff(config: AxiosConfig): AxiosConfig['beforeRedirect'] {
    const { headers, beforeRedirect } = config
    return (redirect, ...details) => {
      if (!origins.includes(String(redirect.href))) {
        redirect.headers = withoutAuthorization(redirect.headers as Record<string, unknown>)
        headers.delete('Authorization') // The response is then not about the token, so it must not renew it.
      }
      beforeRedirect?.(redirect, ...details)
    }
  }

  /** The response to the repeated request; `undefined` if it is not repeated. */
  async function repeat({ status, headers, config }: AxiosResponse): Promise<Response | undefined> {
    const sent = readBearer(config.headers.get('Authorization')?.toString())
    if (sent.kind !== 'token' || config.countersignRepeated) return undefined
    const wwwAuthenticate = (headers as Record<string, string | undefined>)['www-authenticate']
    if (decideRenewal({ status, wwwAuthenticate, tokenAgeSeconds: tokens.ageSeconds(sent.token) }) === 'keep') return undefined
    tokens.invalidate(sent.token)
    if (!isRepeatable(config.data)) return undefined
    // Still the same: a new token was rejected, too, so the request is not sent again with it.
    if ((await tokenFor(config)) === sent.token) return undefined
    // The data has already been transformed for the first request.
    const repetition: AxiosConfig = { ...config, countersignRepeated: true, transformRequest: [(data: unknown) => data] }
    return (await axios.request(repetition)) as Response
  }

  const requestId = request.use((config) => addToken(config))
  const responseId = response.use(
    // A `validateStatus` that accepts a 401 delivers it here.
    async (answer) => (await repeat(answer)) ?? answer,
    async (error) => {
      const rejection = (error as { response?: AxiosResponse } | undefined)?.response
      const repeated = rejection && (await repeat(rejection))
      if (repeated === undefined) throw error
      return repeated
    },
  )
  return () => {
    request.eject(requestId)
    response.eject(responseId)
  }
}

function withoutAuthorization(headers: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'authorization'))
}
