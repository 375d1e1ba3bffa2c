// Why a remote guard cannot ask its authorization server, in the terms of its options: which of them is wrong, and what to do next.
import { TokenRequestError } from '@countersign/client'
import { ExchangeError } from '@countersign/client/exchange'
import { parseBearerChallenge } from '@countersign/protocol'
import type { Audience } from './audience.ts'

const faults = {
  url: {
    headline: 'A URL of the guard is wrong',
    remedy: 'Check "issuer", and "credentials.tokenUrl" and "jwksUri" if they are set: what answers there is not this realm.',
  },
  issuer: {
    headline: 'The issuer of the guard is wrong',
    remedy: 'Set "issuer" to exactly the "issuer" that the realm publishes; a trailing slash or another host is another issuer.',
  },
  audience: {
    headline: 'The audience of the guard is wrong',
    remedy: 'Set "audience" to one of the realm, and "tokenProfile" to its profile: until then every token is denied.',
  },
  network: {
    headline: 'The network between the guard and the authorization server fails',
    remedy: 'Check from this machine the host name, port, proxy, firewall and TLS certificate.',
  },
  credentials: {
    headline: 'The credentials of the guard are wrong',
    remedy: 'Check "credentials": the client id, its secret, and that this client is enabled and belongs to the realm of "issuer".',
  },
  scope: {
    headline: 'The client of the guard lacks the scope "entitlements:read"',
    remedy: 'Set it, with the other scopes of the client: countersign client update CLIENT --realm REALM --scope "entitlements:read".',
  },
  tokens: {
    headline: 'The guard would deny every token of this realm, as it denies its own',
    remedy: 'Check "tokenProfile" and "audience", which must be those of the realm, "jwksUri" if it is set, and the clock of this machine.',
  },
  fetch: { headline: 'The fetch of the guard is unusable', remedy: 'Pass another "fetch", or none.' },
  reports: {
    headline: 'The guard cannot report its decisions',
    remedy: 'Decisions are not affected; "reports: false" of the guard switches reports off.',
  },
  server: { headline: 'The authorization server fails', remedy: 'Check its log and /readyz; the guard tries again by itself.' },
} as const

/**
 * What is wrong: the option `issuer`, `audience` or a URL, the network, the credentials or their scope, what the guard accepts as a token,
 * `fetch`, the reports of decisions, or the server itself.
 */
export type RemoteGuardFault = keyof typeof faults

interface RemoteGuardFailure {
  readonly cause?: unknown
  readonly code?: string
  readonly status?: number | undefined
  readonly retryAfterSeconds?: number | undefined
  readonly issuer?: string
}

/**
 * Keys, changes or an entitlement could not be fetched. The message says what is wrong and what to do next; neither it nor a member
 * contains a secret or a token.
 */
export class RemoteGuardError extends Error {
  override name = 'RemoteGuardError'
  readonly fault: RemoteGuardFault
  /** Of the error below it, such as `invalid_client` or `timeout`; `undefined` if it has none. */
  readonly code: string | undefined
  /** HTTP status of the response that failed; `undefined` if there was none, or if it was the guard's own token that failed. */
  readonly status: number | undefined
  /** The `Retry-After` of that response. */
  readonly retryAfterSeconds: number | undefined
  /** The issuer of the guard that could not be asked. */
  readonly issuer: string | undefined

  constructor(fault: RemoteGuardFault, what: string, { cause, code, status, retryAfterSeconds, issuer }: RemoteGuardFailure = {}) {
    const { headline, remedy } = faults[fault]
    super(`${headline}: ${what.replace(/\.$/, '')}. ${remedy}`, cause === undefined ? undefined : { cause })
    this.fault = fault
    this.code = code
    this.status = status
    this.retryAfterSeconds = retryAfterSeconds
    this.issuer = issuer
  }
}

/** The failure of a request to an issuer for keys, changes or entitlements. */
export function toRemoteGuardError(error: unknown, issuer: string): RemoteGuardError {
  if (error instanceof RemoteGuardError) return ofIssuer(error, issuer)
  const { message } = error instanceof Error ? error : new Error(String(error))
  if (error instanceof ExchangeError) {
    const { code, status, retryAfterSeconds } = error
    return new RemoteGuardError(faultOf(error), message, { cause: error, code, status, retryAfterSeconds, issuer })
  }
  // Without its Retry-After: the token provider itself waits for that.
  if (error instanceof TokenRequestError) return new RemoteGuardError(faultOf(error), message, { cause: error, code: error.code, issuer })
  return new RemoteGuardError('server', message, { cause: error, issuer })
}

/** Where the failure was found, the issuer was not known. */
function ofIssuer(error: RemoteGuardError, issuer: string): RemoteGuardError {
  return error.issuer === undefined ? Object.assign(error, { issuer }) : error
}

const faultsByCode: Readonly<Record<string, RemoteGuardFault>> = {
  wrong_issuer: 'issuer',
  network: 'network',
  timeout: 'network',
  untrusted_endpoint: 'url',
  redirect: 'url',
  response_too_large: 'url',
  invalid_response: 'url',
  invalid_request: 'url',
  unsupported_grant_type: 'url',
  unusable_fetch: 'fetch',
  invalid_client: 'credentials',
  unauthorized_client: 'credentials',
  invalid_grant: 'credentials',
  access_denied: 'credentials',
  secret_unavailable: 'credentials',
  key_unavailable: 'credentials',
  invalid_scope: 'scope',
}

function faultOf(error: TokenRequestError | ExchangeError): RemoteGuardFault {
  // During the pause after a failed token request: the fault is that of the request.
  if (error.code === 'gated' && error.cause instanceof TokenRequestError) return faultOf(error.cause)
  return (Object.hasOwn(faultsByCode, error.code) && faultsByCode[error.code]) || 'server'
}

interface RefusedAnswer {
  readonly status: number
  readonly wwwAuthenticate: string | null
  readonly retryAfterSeconds: number | undefined
}

/** The error for a status that is not an answer to the question. */
export function refusedStatus(
  url: string,
  { status, wwwAuthenticate, retryAfterSeconds }: RefusedAnswer,
  what: 'keys' | 'rights',
): RemoteGuardError {
  return new RemoteGuardError(faultOfStatus(status, wwwAuthenticate, what), `${url} returned HTTP ${status}`, { status, retryAfterSeconds })
}

function faultOfStatus(status: number, wwwAuthenticate: string | null, what: 'keys' | 'rights'): RemoteGuardFault {
  if (status === 407) return 'network'
  if (status === 429 || status >= 500) return 'server'
  if (what === 'rights' && status === 401) return 'credentials'
  if (what === 'rights' && status === 403)
    return parseBearerChallenge(wwwAuthenticate)?.error === 'insufficient_scope' ? 'scope' : 'credentials'
  return 'url'
}

/** `undefined` if tokens of the realm can have an audience of the guard, or if the server cannot or does not say which they have. */
export function findOtherAudience(
  issuer: string,
  audience: Audience | undefined,
  audiences: readonly string[] | null | undefined,
): RemoteGuardError | undefined {
  const accepted = typeof audience === 'string' ? [audience] : audience
  if (!audiences || (accepted ? accepted.some((each) => audiences.includes(each)) : audiences.length === 0)) return undefined
  const those = audiences.length === 0 ? 'no audience' : `the audience ${alternatives(audiences)}`
  const own = accepted ? `"audience" is ${alternatives(accepted)}` : '"tokenProfile" has none'
  return new RemoteGuardError('audience', `the tokens of ${issuer} have ${those}, but ${own}`, { issuer })
}

/** Escaped, because messages are logged. */
function alternatives(names: readonly string[]): string {
  const quoted = names.slice(0, 5).map((name) => JSON.stringify(name.slice(0, 256)))
  return quoted.join(' or ')
}
