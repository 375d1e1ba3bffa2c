// withBearer for got, by its hooks. got is never imported: the instance is an argument, and the interfaces below are the part of it that is
// used.
import { formatBearer, readBearer } from '@countersign/protocol'
import { readBearerOptions, type BearerOptions } from './bearer-options.ts'
import { headerGetter, ProblemError } from './problem-error.ts'
import { decideRenewal, isRepeatable, type TokenSource } from './renewal.ts'
import { decideWait, spend, unspent, type RetryPolicy, type Spent } from './retry-policy.ts'
import { noteSentToken } from './sent-token.ts'

/** The options of one request, as hooks see them. */
interface GotOptions {
  url?: string | URL | undefined
  method: string
  headers: Record<string, string | string[] | undefined>
  request?: RequestFunction | undefined
  body?: unknown
  signal?: unknown
  context: Record<string, unknown>
}

/** Undefined for the request of Node. */
type RequestFunction = (url: URL, options: { readonly headers?: unknown }, callback: unknown) => unknown

interface GotResponse {
  readonly statusCode: number
  readonly headers: Record<string, unknown>
  readonly request: { readonly options: GotOptions }
}

interface GotError {
  readonly name: string
  readonly response?: GotResponse | undefined
  readonly options: GotOptions
  readonly cause?: unknown
}

interface RetryState {
  readonly error: GotError
  /** Milliseconds by got's own rules; 0 for no retry. */
  readonly computedValue: number
}

type CalculateDelay = (state: RetryState) => number | Promise<number>

/** An instance of got, 14.6 or later: in older ones the errors of this package are the `cause` of a RequestError. */
export interface GotLike {
  extend(...options: never[]): unknown
  readonly defaults: { readonly options: object }
}

/**
 * An instance of got that sends a token of `tokens` to the listed origins, as {@link withBearer} does for `fetch`. A stream (`got.stream`)
 * gets the token, but is not repeated. By default got repeats requests that are idempotent after 429 and 503 itself; with `retryAfter` it does so by these
 * bounds, and other repetitions stay as they are. The token is removed from what an error of got shows when it is logged.
 *
 * @example
 * const api = withBearer(got.extend({ prefixUrl: 'https://api.example.com' }), tokens, { origins: ['https://api.example.com'] })
 * const me = await api.get('v1/me').json()
 *
 * @throws TypeError for an option that is unknown or invalid.
 */
export function withBearer<Got extends GotLike>(got: Got, tokens: TokenSource, options: BearerOptions): Got {
  if (typeof got?.extend !== 'function') throw new TypeError('withBearer: "got" must be an instance of got')
  const { origins, retry, throwsProblems } = readBearerOptions('withBearer', tokens, options)
  /** Errors of this adapter, which got wraps into one of its own. */
  const ownErrors = new WeakSet<object>()

  function tokenFor({ signal }: GotOptions): Promise<string> {
    return tokens.getToken(signal instanceof AbortSignal ? { signal } : undefined)
  }

  /** Called for each attempt, and for each redirect. */
  async function addToken(request: GotOptions): Promise<void> {
    const url = String(request.url)
    if (request.context[redirected] === true && !origins.includes(url)) {
      // The response is then not about the token, so it must not renew it.
      delete request.headers['authorization']
      return
    }
    await own(async () => {
      origins.assertIncludes(url)
      request.headers['authorization'] = formatBearer(await tokenFor(request))
    })
  }

  /** At the very end: a hook of the caller, which runs after the one above, may have changed the URL. */
  function checkAgain(...[url, options, callback]: Parameters<RequestFunction>): unknown {
    if (readBearer(headerGetter(options.headers)('authorization') ?? undefined).kind === 'token')
      try {
        origins.assertIncludes(String(url))
      } catch (error) {
        ownErrors.add(error as object)
        throw error
      }
    const { request } = got.defaults.options as { request?: RequestFunction }
    return request?.(url, options, callback)
  }

  async function own<Value>(action: () => Promise<Value>): Promise<Value> {
    try {
      return await action()
    } catch (error) {
      if (typeof error === 'object' && error !== null) ownErrors.add(error)
      throw error
    }
  }

  function noteRedirect(request: GotOptions): void {
    request.context = { ...request.context, [redirected]: true }
  }

  /** Not called again for the repeated request. */
  async function renew(response: GotResponse, repeat: (options: object) => never): Promise<GotResponse> {
    const request = response.request.options
    const sent = tokenOf(request)
    if (sent === undefined) return response
    const { statusCode: status, headers } = response
    const wwwAuthenticate = headerGetter(headers)('www-authenticate')
    if (decideRenewal({ status, wwwAuthenticate, tokenAgeSeconds: tokens.ageSeconds(sent) }) === 'keep') return response
    tokens.invalidate(sent)
    if (!isRepeatable(request.body)) return response
    const token = await own(() => tokenFor(request))
    // Still the same: a new token was rejected, too, so the request is not sent again with it.
    return token === sent ? response : repeat({ headers: { authorization: formatBearer(token) } })
  }

  function explain(error: GotError): unknown {
    if (typeof error.cause === 'object' && error.cause !== null && ownErrors.has(error.cause)) return error.cause
    const problem = throwsProblems ? ProblemError.from(error) : undefined
    noteSentToken(error)
    delete error.options?.headers['authorization']
    return problem ?? error
  }

  return got.extend({
    request: checkAgain,
    hooks: { beforeRequest: [addToken], beforeRedirect: [noteRedirect], afterResponse: [renew], beforeError: [explain] },
    ...(retry && { retry: retryOptions(retry, got) }),
  } as never) as Got
}

const redirected = 'countersignRedirected'

function tokenOf({ headers }: GotOptions): string | undefined {
  const { authorization } = headers
  const sent = readBearer(Array.isArray(authorization) ? 'repeated' : authorization)
  return sent.kind === 'token' ? sent.token : undefined
}

/** What has been waited for a request: in its context, which got keeps for repetitions. */
const waited = 'countersignWaited'

/** got's own repetitions, except after 429 and 503. */
function retryOptions(policy: RetryPolicy, got: GotLike): object {
  const { retry } = got.defaults.options as { retry: { calculateDelay: CalculateDelay; enforceRetryRules?: boolean } }
  const { calculateDelay: usual, enforceRetryRules } = retry
  return {
    // Its rules leave out POST; got before 15 has no such option.
    ...(enforceRetryRules !== undefined && { enforceRetryRules: false }),
    calculateDelay: (state: RetryState) => {
      const { error, computedValue } = state
      if (error.name === 'RetryError') return computedValue // Asked for by a hook.
      const status = error.response?.statusCode
      if (status === 429 || status === 503) return delayAfter(policy, error)
      return enforceRetryRules === true && computedValue === 0 ? 0 : usual(state)
    },
  }
}

function delayAfter(policy: RetryPolicy, { options, response }: GotError): number {
  const { method, headers, body, context } = options
  const spent = (context[waited] as Spent | undefined) ?? unspent
  const request = { method, isRepeatable: isRepeatable(body), hasIdempotencyKey: headers['idempotency-key'] !== undefined }
  const header = headerGetter(response?.headers)
  const waitMs = decideWait(policy, { status: response?.statusCode ?? 0, header, ...request }, spent)
  if (waitMs === undefined) return 0
  options.context = { ...context, [waited]: spend(spent, waitMs) }
  return Math.max(1, waitMs) // got takes 0 for no repetition.
}
