// withBearer for axios, as a request and a response interceptor. axios is never imported: the instance is an argument, and
// the interfaces below are the part of it that is used.
import { formatBearer, readBearer } from '@countersign/protocol'
import { readBearerOptions, type BearerOptions } from './bearer-options.ts'
import { wait } from './clock.ts'
import { headerGetter, toProblem } from './problem-error.ts'
import { noteSentToken } from './sent-token.ts'
import { readProblem } from './read-problem.ts'
import { decideRenewal, isRepeatable, type TokenSource } from './renewal.ts'
import { decideWait, spend, unspent, type Spent } from './retry-policy.ts'

interface AxiosHeaders {
  get(name: string): unknown
  set(name: string, value: string): unknown
  delete(name: string): unknown
}

export interface AxiosConfig {
  headers: AxiosHeaders
  method?: string
  data?: unknown
  signal?: unknown
  cancelToken?: unknown
  transformRequest?: unknown
  auth?: unknown
  beforeRedirect?: (redirect: Record<string, unknown>, ...details: never[]) => void
  /** Set by this adapter: what has been done for the request. axios keeps unknown members when it copies a configuration. */
  countersign?: CallState
}

interface CallState {
  /** The request repeats one whose token was rejected. */
  readonly isRenewed: boolean
  readonly spent: Spent
}

const firstCall: CallState = { isRenewed: false, spent: unspent }

export interface AxiosResponse {
  readonly status: number
  readonly headers: object
  readonly config: AxiosConfig
  readonly data?: unknown
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
 * a redirect to such an origin the token is removed. It is also removed from what an error of axios shows when it is logged; `error.request`
 * still has it, and so have responses. Credentials in `auth` are not sent. Responses are not checked.
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
  const { origins, retry, throwsProblems } = readBearerOptions('attachBearer', tokens, options)
  const { request, response } = axios.interceptors

  function tokenFor(config: AxiosConfig): Promise<string> {
    const signal = signalOf(config)
    return tokens.getToken(signal ? { signal } : undefined)
  }

  async function addToken(config: Config): Promise<Config> {
    origins.assertIncludes(axios.getUri(config))
    const token = await tokenFor(config)
    config.headers.set('Authorization', formatBearer(token))
    config.beforeRedirect = takeTokenOff(config)
    config.transformRequest = [...transformsOf(config).filter((one) => one !== checkAgain), checkAgain]
    return config
  }

  /** After all interceptors, also those that run after the one above, and may have changed the URL. axios calls it on the configuration. */
  function checkAgain(this: AxiosConfig, data: unknown): unknown {
    origins.assertIncludes(axios.getUri(this))
    delete this.auth // It would replace the token.
    return data
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
  async function repeat(answer: AxiosResponse): Promise<Response | undefined> {
    const { status, headers, config } = answer
    const { isRenewed, spent } = config.countersign ?? firstCall
    const header = headerGetter(headers)
    if (!isRenewed && (await renew(status, header('www-authenticate'), config))) return sendAgain(answer, { isRenewed: true, spent })
    const request = { method: config.method ?? 'get', isRepeatable: isRepeatable(config.data) }
    const hasIdempotencyKey = typeof config.headers.get('idempotency-key') === 'string'
    const waitMs = decideWait(retry, { status, header, ...request, hasIdempotencyKey }, spent)
    if (waitMs === undefined || retry === undefined) return undefined
    await wait(retry.clock, waitMs, signalOf(config))
    return sendAgain(answer, { isRenewed, spent: spend(spent, waitMs) })
  }

  /** True if there is another token, with which the request is to be sent again. */
  async function renew(status: number, wwwAuthenticate: string | null | undefined, config: AxiosConfig): Promise<boolean> {
    const sent = readBearer(config.headers.get('Authorization')?.toString())
    if (sent.kind !== 'token') return false
    if (decideRenewal({ status, wwwAuthenticate, tokenAgeSeconds: tokens.ageSeconds(sent.token) }) === 'keep') return false
    tokens.invalidate(sent.token)
    if (!isRepeatable(config.data)) return false
    // Still the same: a new token was rejected, too, so the request is not sent again with it.
    return (await tokenFor(config)) !== sent.token
  }

  async function sendAgain({ config, data }: AxiosResponse, countersign: CallState): Promise<Response> {
    if (isStream(data)) data.destroy()
    // The data has already been transformed for the first request.
    const repetition: AxiosConfig = { ...config, countersign, transformRequest: [(data: unknown) => data] }
    return (await axios.request(repetition)) as Response
  }

  async function refuseProblem({ status, headers, data, config }: AxiosResponse): Promise<void> {
    if (!throwsProblems) return
    const sent = readBearer(config.headers.get('Authorization')?.toString())
    const isEchoedIn = (text: string) => sent.kind === 'token' && text.includes(sent.token)
    const problem = isStream(data)
      ? await readProblem({ status, headers, data }, isEchoedIn)
      : toProblem({ status, header: headerGetter(headers), body: data, isEchoedIn })
    if (problem !== undefined) throw problem
  }

  const requestId = request.use((config) => addToken(config))
  const responseId = response.use(
    // A `validateStatus` that accepts a refusal delivers it here.
    async (answer) => {
      const repeated = await repeat(answer)
      if (repeated === undefined) await refuseProblem(answer)
      return repeated ?? answer
    },
    async (error) => {
      const rejection = (error as { response?: AxiosResponse } | undefined)?.response
      try {
        const repeated = rejection && (await repeat(rejection))
        if (repeated !== undefined) return repeated
        if (rejection) await refuseProblem(rejection)
      } finally {
        concealToken(error)
      }
      throw error
    },
  )
  return () => {
    request.eject(requestId)
    response.eject(responseId)
  }
}

function transformsOf({ transformRequest }: AxiosConfig): readonly unknown[] {
  if (Array.isArray(transformRequest)) return transformRequest
  return transformRequest === undefined || transformRequest === null ? [] : [transformRequest]
}

/** In an error of axios, which programs log: the configuration is without the token, and the request of Node is no longer shown. */
function concealToken(error: unknown): void {
  const { config, response } = membersOf(error)
  noteSentToken(error)
  for (const holder of [error, response])
    if (membersOf(holder)['request'] !== undefined) Object.defineProperty(holder, 'request', { enumerable: false })
  for (const { headers } of [membersOf(config), membersOf(membersOf(response)['config'])])
    if (typeof (headers as AxiosHeaders | undefined)?.delete === 'function') (headers as AxiosHeaders).delete('Authorization')
}

function membersOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function withoutAuthorization(headers: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'authorization'))
}

/** Of the response type `stream`: it holds its connection until it is read or destroyed. */
function isStream(data: unknown): data is AsyncIterable<unknown> & { destroy(): unknown } {
  const { pipe, destroy } = (data ?? {}) as { pipe?: unknown; destroy?: unknown }
  return typeof pipe === 'function' && typeof destroy === 'function'
}

/** Of a cancel token, too: NestJS cancels by one when an Observable loses its subscriber. */
function signalOf({ signal, cancelToken }: AxiosConfig): AbortSignal | undefined {
  if (signal instanceof AbortSignal) return signal
  const { promise, reason } = (cancelToken ?? {}) as { promise?: Promise<unknown>; reason?: unknown }
  if (typeof promise?.then !== 'function') return undefined
  if (reason !== undefined) return AbortSignal.abort(reason)
  const abort = new AbortController()
  void promise.then((cause) => abort.abort(cause))
  return abort.signal
}
