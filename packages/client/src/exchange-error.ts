export type ExchangeErrorCode =
  | 'timeout'
  | 'network'
  | 'redirect'
  | 'response_too_large'
  | 'unusable_fetch'
  | 'invalid_response'
  | 'wrong_issuer'
  | 'untrusted_endpoint'
  | 'too_many_requests'
  | 'temporarily_unavailable'
  | 'server_error'

export interface ExchangeFailure {
  readonly code: ExchangeErrorCode
  /** One sentence: the URL, and what happened. */
  readonly summary: string
  readonly status?: number | undefined
  readonly retryAfterSeconds?: number | undefined
}

/** An HTTP exchange that failed. Neither the message nor any member holds a secret or a token, so there is no `cause`. */
export class ExchangeError extends Error {
  override name = 'ExchangeError'
  readonly code: ExchangeErrorCode
  /** HTTP status, where there was a response. */
  readonly status: number | undefined
  /** The server's `Retry-After`, if it sent one. */
  readonly retryAfterSeconds: number | undefined

  constructor({ code, summary, status, retryAfterSeconds }: ExchangeFailure) {
    super(summary)
    this.code = code
    this.status = status
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** The code of a status whose body does not say why in the JSON of RFC 6749 §5.2, such as the answer of a proxy. */
export function codeOfStatus(status: number): ExchangeErrorCode {
  if (status === 429) return 'too_many_requests'
  if (status === 503) return 'temporarily_unavailable'
  return status >= 500 ? 'server_error' : 'invalid_response'
}

/** By Node's fetch for ports of other protocols, such as 6667: with neither a code nor a connection. */
const badPort = 'bad port'

/** By Node's fetch and undici, with the status of the proxy; two causes deep, below one without a code. */
const refusalOfProxy = /^Proxy response \((\d{3})\) !== 200/

/**
 * Only the error's code or name, that the port is a bad one, or the status of a proxy: the error of a custom fetch may contain the request,
 * and with it the secret.
 */
export function reasonOf(error: unknown): string {
  const { cause, name } = membersOf(error)
  const { cause: innermost, message, name: nameOfCause } = membersOf(cause)
  for (const { message } of [membersOf(cause), membersOf(innermost)]) {
    const status = typeof message === 'string' ? refusalOfProxy.exec(message)?.[1] : undefined
    if (status !== undefined) return `the proxy answered with HTTP ${status}`
  }
  for (const candidate of [cause, error, innermost]) {
    const { code } = membersOf(candidate)
    if (isErrorCode(code)) return code
  }
  if (message === badPort) return `${badPort}: fetch does not use this one`
  if (nameOfCause === 'HTTPParserError') return 'the answer is not HTTP'
  return typeof name === 'string' && /^[A-Za-z]{1,40}$/.test(name) ? name : 'unknown reason'
}

/** Not by `instanceof`: an error may come from another global object, as in Jest. */
function membersOf(error: unknown): {
  readonly cause?: unknown
  readonly code?: unknown
  readonly name?: unknown
  readonly message?: unknown
} {
  return typeof error === 'object' && error !== null ? error : {}
}

function isErrorCode(code: unknown): code is string {
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(code)
}
