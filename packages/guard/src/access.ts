// The result of a guarded request: an access that the route can use, or a denial that names a problem of the catalogue.
import type { CheckResult, ProblemCode } from '@countersign/protocol'
import type { VerifiedToken } from './claims.ts'
import type { Entitlement } from './entitlement-index.ts'
import type { IssuerNames } from './issuer-list.ts'
import type { RateState } from './tier-rate.ts'

/** The parts of a request that the guard reads. */
export interface GuardRequest {
  /** Name, value, name, value, … as in `IncomingMessage.rawHeaders`, so that a repeated header is detected. */
  readonly rawHeaders: readonly string[]
  /** The path with its query, as in `IncomingMessage.url`. Without it a second token in the query is not detected. */
  readonly url?: string | undefined
  /** The parameters of the matched route, decoded. */
  readonly params: Readonly<Record<string, string | undefined>>
  readonly method?: string | undefined
  /** The template of the matched route, such as `/v1/partners/{sellerId}/orders`; never the path of the request, which would be reported. */
  readonly route?: string | undefined
  /** The address of the caller. */
  readonly address?: string | undefined
  /**
   * The id of the request in the log of the API. One of the form of {@link Denial.requestId} becomes the id of the denial, so pass it only
   * if the API made it, and not one that the caller sent.
   */
  readonly requestId?: string | undefined
  /** The `X-Request-Id` that the caller sent. Default: that of `rawHeaders`. Read for denials and listeners only. */
  readonly callerRequestId?: string | undefined
}

/**
 * An adapter that passes something else would deny every request, as if the server were away or the caller had sent no token.
 * @param needsParams whether the requirement refers to a parameter
 * @throws TypeError naming the member
 */
export function checkGuardRequest({ rawHeaders, params }: GuardRequest, needsParams: boolean): void {
  if (!Array.isArray(rawHeaders) || (rawHeaders.length > 0 && typeof rawHeaders[0] !== 'string'))
    throw new TypeError('"rawHeaders" is not a list of names and values, as IncomingMessage.rawHeaders is')
  if (needsParams && (typeof params !== 'object' || params === null))
    throw new TypeError('"params" is not an object with the parameters of the route')
}

/** A value of the route's own: `constructor` is no parameter, and neither is the list that some frameworks make of a repeated one. */
export function readParam({ params }: GuardRequest, name: string): string | undefined {
  const value: unknown = Object.hasOwn(params, name) ? params[name] : undefined
  return typeof value === 'string' ? value : undefined
}

export interface Access {
  readonly allowed: true
  readonly token: VerifiedToken
  readonly entitlement: Entitlement
  /** The natural person on whose behalf the request is sent; present if the requirement asks for one. */
  readonly requestorId?: string
  /** Present if the organization's tier has a limit. */
  readonly rate?: RateState
}

/**
 * Why a request is denied, and what its response says. The names of an issuer are those of the token's, as far as it is known: only in a
 * guard of several issuers. The claim may be unverified.
 */
export interface UnexplainedDenial extends Partial<IssuerNames> {
  readonly allowed: false
  readonly code: ProblemCode
  /** Specific to this occurrence, without any part of the token. Default: the text of the catalogue. */
  readonly detail?: string
  readonly remedy?: string
  /** The scope tokens that the route needs, for the challenge (RFC 6750 §3). */
  readonly scope?: string
  readonly retryAfterSeconds?: number
  readonly rate?: RateState
  /** For the log of the API only: why the request could not be decided. Never on the wire. */
  readonly cause?: unknown
}

/** The denial of one request: what follows is for the log of the API and for reports; of it only the id is on the wire. */
export interface Denial extends UnexplainedDenial {
  /** Unique, and sorts by time: 12, 8 and 8 hexadecimal digits, the first of them the milliseconds since the epoch. */
  readonly requestId: string
  /** Every check of the table in its order, with what it saw: nothing that the caller chose but ids that are UUIDs. */
  readonly checks: readonly CheckResult[]
  /** Of a token that the issuer signed, as are the next two; null otherwise. It may have expired or be revoked: it grants nothing. */
  readonly clientId: string | null
  readonly organizationId: string | null
  /** The `jti`. */
  readonly tokenId: string | null
  /** The request passes all the same: `reportOnly` of the guard or of the route has not ended. */
  readonly reportOnly?: true
}

export function deny(code: ProblemCode, more: Omit<UnexplainedDenial, 'allowed' | 'code'> = {}): UnexplainedDenial {
  return { allowed: false, code, ...more }
}
