// The fake issuer: what it has issued and accepts, and the commands of a test.
import { formatBearerChallenge, readBearer, refuseUnknownOptions } from '@countersign/protocol'
import { failure, Faults, json, type FailureOptions, type FakeAnswer } from './faults.ts'
import { startLoopback, type FakeRequest, type LoopbackIssuer } from './loopback.ts'
import { refuseWrongOptions, requireDelay, requireHeaderText, requirePort, requireStatus, requireText, requireTimes } from './misuse.ts'
import { readTokenRequest, type ReadRequest, type RecordedRequest } from './token-requests.ts'

export interface FakeIssuerOptions {
  /** Of the issuer in memory, default `https://issuer.test`. */
  readonly issuer?: string
  readonly clientId?: string
  /** The first secret, default `secret-1`. */
  readonly clientSecret?: string
  /** Seconds that a token is valid, default 300; any other value for `expires_in` that a client must survive. */
  readonly expiresIn?: unknown
  /** Whether {@link FakeIssuer.requests} have the secrets. Default: false. */
  readonly keepSecrets?: boolean
  /** Milliseconds, default `Date.now`. */
  readonly now?: () => number
}

const optionKeys: readonly (keyof FakeIssuerOptions)[] = ['issuer', 'clientId', 'clientSecret', 'expiresIn', 'keepSecrets', 'now']

const wellKnown = '/.well-known/openid-configuration'

/** Created by {@link createFakeIssuer}. */
export class FakeIssuer {
  readonly issuer: string
  readonly tokenUrl: string
  readonly clientId: string
  /** All token requests, the oldest first. */
  readonly requests: RecordedRequest[] = []
  readonly #expiresIn: unknown
  readonly #keepsSecrets: boolean
  readonly #now: () => number
  readonly #faults = new Faults()
  /** Those accepted, the newest first. */
  #secrets: readonly string[]
  #secretNumber = 1
  #issued = 0
  readonly #validUntil = new Map<string, number>()

  constructor(options: FakeIssuerOptions) {
    refuseUnknownOptions('createFakeIssuer', options, optionKeys)
    refuseWrongOptions(options)
    const { issuer = 'https://issuer.test', clientId = 'test-client', clientSecret = 'secret-1', expiresIn = 300 } = options
    this.issuer = issuer
    this.tokenUrl = `${issuer}/token`
    this.clientId = clientId
    this.#secrets = [clientSecret]
    this.#expiresIn = expiresIn
    this.#keepsSecrets = options.keepSecrets ?? false
    this.#now = options.now ?? (() => Date.now())
  }

  /** The newest secret of the client. */
  get clientSecret(): string {
    return this.#secrets[0] ?? ''
  }

  /** How many tokens were issued: the last one is `token-` and this number. */
  get issued(): number {
    return this.#issued
  }

  /** A fetch whose only server is this issuer: the option `fetch` of a token provider. */
  readonly fetch = async (url: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(url, init)
    if (!request.url.startsWith(`${this.issuer}/`)) throw broken('ENOTFOUND')
    const authorization = request.headers.get('authorization') ?? undefined
    const answering = this.#answer({ url: request.url, authorization, body: await request.text() })
    const answer = await Promise.race([answering, untilAborted(request.signal)])
    if (answer === 'reset') throw broken('ECONNRESET')
    return new Response(answer.body, { status: answer.status, headers: answer.headers ?? {} })
  }

  /** Starts the same issuer on a port of loopback, by default a free one. */
  async listen(port = 0): Promise<LoopbackIssuer> {
    requirePort(port)
    return startLoopback(port, (request) => this.#answer(request))
  }

  /** An API in memory, as a fetch: 401 `invalid_token` without a valid token, otherwise what `handle` answers. */
  protect(handle: (request: Request) => Response | Promise<Response>): typeof globalThis.fetch {
    return async (input, init) => {
      const request = new Request(input, init)
      const sent = readBearer(request.headers.get('authorization') ?? undefined)
      if (sent.kind === 'token' && this.isValid(sent.token)) return handle(request)
      const challenge = formatBearerChallenge({ realm: 'test', ...(sent.kind === 'token' && { error: 'invalid_token' }) })
      return new Response(null, { status: 401, headers: { 'www-authenticate': challenge } })
    }
  }

  /** Whether an API has to accept the token now. */
  isValid(token: string): boolean {
    return this.#now() < (this.#validUntil.get(token) ?? -Infinity)
  }

  /** The next token request is answered with an error. */
  failNext(status: number, options: FailureOptions = {}): void {
    refuseUnknownOptions('failNext', options, ['retryAfter', 'error', 'times'])
    const { retryAfter, error, times = 1 } = options
    requireStatus(status)
    requireTimes('failNext', times)
    if (error !== undefined) requireText('failNext', 'error', error)
    if (retryAfter !== undefined) requireHeaderText('failNext', 'retryAfter', String(retryAfter))
    this.#faults.add(failure(status, options), times)
  }

  /** The next token request is answered with 200 and this text, such as HTML or half of a JSON. */
  answerNext(body: string, contentType = 'application/json'): void {
    requireText('answerNext', 'body', body)
    requireHeaderText('answerNext', 'contentType', contentType)
    this.#faults.add({ status: 200, headers: { 'content-type': contentType }, body })
  }

  /** The connection of the next token request breaks. A client may send it once more, so several may be needed. */
  resetNext(times = 1): void {
    requireTimes('resetNext', times)
    this.#faults.add('reset', times)
  }

  /** The next token request is answered so many milliseconds later; `Infinity` for never. */
  delayNext(delayMs: number, times = 1): void {
    requireDelay(delayMs)
    requireTimes('delayNext', times)
    this.#faults.delay(delayMs, times)
  }

  /** Issues a new secret and returns it; with `overlap`, the one before is accepted until the next call. */
  rotateSecret(options: { readonly overlap?: boolean } = {}): string {
    refuseUnknownOptions('rotateSecret', options, ['overlap'])
    const { overlap = false } = options
    const secret = `secret-${++this.#secretNumber}`
    this.#secrets = overlap ? [secret, this.clientSecret] : [secret]
    return secret
  }

  /** Replaces the signing key as after a leak: no token that was issued before is valid any more. */
  newKey(): void {
    this.#validUntil.clear()
  }

  /** Every token that was issued has expired, as after a suspension of the machine. */
  expireNow(): void {
    for (const token of this.#validUntil.keys()) this.#validUntil.set(token, -Infinity)
  }

  async #answer(request: FakeRequest): Promise<FakeAnswer> {
    const url = request.url.replace(/[?#].*$/, '')
    if (url.endsWith(wellKnown)) {
      const issuer = url.slice(0, -wellKnown.length)
      return json(200, { issuer, token_endpoint: `${issuer}/token` })
    }
    if (!url.endsWith('/token')) return json(404, { error: 'not_found' })
    return this.#answerTokenRequest(readTokenRequest(request.authorization, request.body))
  }

  async #answerTokenRequest(request: ReadRequest): Promise<FakeAnswer> {
    const { answer: fault, delayMs } = this.#faults.next()
    if (delayMs > 0) await new Promise((resolve) => delayMs < Infinity && setTimeout(resolve, delayMs))
    const answer = fault ?? this.#decide(request)
    const { clientSecret, ...facts } = request
    const token = fault === undefined && answer !== 'reset' && answer.status === 200 ? `token-${this.#issued}` : undefined
    const status = answer === 'reset' ? 0 : answer.status
    this.requests.push({ ...facts, status, token, ...(this.#keepsSecrets && { clientSecret }) })
    return answer
  }

  #decide({ authentication, clientId, clientSecret, grantType, scope }: ReadRequest): FakeAnswer {
    const isProven = authentication === 'assertion' || (clientSecret !== undefined && this.#secrets.includes(clientSecret))
    if (clientId !== this.clientId || !isProven) return json(401, { error: 'invalid_client' })
    if (grantType !== 'client_credentials') return json(400, { error: 'unsupported_grant_type' })
    const token = `token-${++this.#issued}`
    const lifetimeSeconds = typeof this.#expiresIn === 'number' ? this.#expiresIn : 300
    this.#validUntil.set(token, this.#now() + lifetimeSeconds * 1000)
    return json(200, { access_token: token, token_type: 'Bearer', expires_in: this.#expiresIn, ...(scope !== undefined && { scope }) })
  }
}

/**
 * A fake issuer for tests, with one client. Its tokens are `token-1`, `token-2` and so on, so that a test of caching is one readable line.
 * It checks the secret and the grant, and no signature of an assertion.
 *
 * @example
 * const issuer = createFakeIssuer()
 * const { clientId, clientSecret } = issuer
 * const tokens = createTokenProvider({ issuer: issuer.issuer, clientId, clientSecret, fetch: issuer.fetch })
 * issuer.failNext(503, { retryAfter: 2 })
 *
 * @throws TypeError for an option or a command that is unknown or invalid
 */
export function createFakeIssuer(options: FakeIssuerOptions = {}): FakeIssuer {
  return new FakeIssuer(options)
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason))
  })
}

/** As the fetch of Node says it. */
function broken(code: string): TypeError {
  return Object.assign(new TypeError('fetch failed'), { cause: { code } })
}
