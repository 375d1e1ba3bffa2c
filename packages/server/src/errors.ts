// The expected errors of this server: a code of the problem catalogue, and a reason for the audit log and the metrics.
// http/answer-error.ts turns them into responses.
import { problems, type FieldError, type OAuthErrorDetails, type OAuthProblemCode, type ProblemCode } from '@countersign/protocol'

/** Why a client was not authenticated. The response is `invalid_client` for all of them. */
export type AuthenticationFailure =
  | 'no-credentials'
  | 'malformed-basic-header'
  | 'bearer-token'
  | 'client-ids-differ'
  | 'method-not-registered'
  | 'unknown-client'
  | 'secret-mistyped'
  | 'wrong-secret'
  | 'expired-secret'
  | 'malformed-assertion'
  | 'wrong-assertion'
  | 'unknown-assertion-key'
  | 'client-keys-unavailable'
  | 'wrong-assertion-audience'
  | 'assertion-lifetime-too-long'
  | 'expired-assertion'
  | 'repeated-assertion'
  | 'expired-credential'
  | 'unknown-passkey'
  | 'wrong-passkey'
  | 'repeated-passkey'
  | 'passkey-counter-back'
  | 'wrong-credential-kind'
  | 'client-disabled'
  | 'service-account-off'
  | 'organization-suspended'

/** The exact reason. A fixed list: it is a label of metrics, so it must not contain caller input. */
export type ErrorReason =
  | OAuthProblemCode
  | AuthenticationFailure
  | 'scope-not-granted'
  | 'scope-malformed'
  | 'address-blocked'
  | 'address-rate-exceeded'
  | 'assertion-rate-exceeded'
  | 'bad-token-rate-exceeded'
  | 'request-aborted'
  | 'audit-not-durable'
  | 'changed-meanwhile'
  | 'client-damaged'
  | 'pepper-version-missing'
  | 'signing-key-damaged'
  | 'signing-algorithm-missing'
  | 'signing-key-not-ready'

interface OAuthErrorContext extends OAuthErrorDetails {
  /** For the audit log and metrics only. */
  readonly reason?: ErrorReason
  readonly retryAfterSeconds?: number
  readonly clientId?: string
  readonly organizationId?: string
  /** The client id of the request, registered or not; used for counting, and to find the client. Never stored. */
  readonly presentedId?: string
  readonly cause?: unknown
}

/** A denial at an OAuth endpoint (RFC 6749 §5.2). Its response is defined in the problem catalogue. */
export class OAuthError extends Error {
  override name = 'OAuthError'
  readonly code: OAuthProblemCode
  readonly details: OAuthErrorContext

  constructor(code: OAuthProblemCode, details: OAuthErrorContext = {}) {
    super(problems[code].title, { cause: details.cause })
    this.code = code
    this.details = details
  }

  get reason(): ErrorReason {
    return this.details.reason ?? this.code
  }
}

interface ProblemErrorContext {
  readonly detail?: string
  readonly remedy?: string
  readonly errors?: readonly FieldError[]
  readonly headers?: Readonly<Record<string, string>>
  /** Of a status from 500 on: it is no fault, and the log has what it needs. */
  readonly isLogged?: true
  /** For the log only. */
  readonly cause?: unknown
}

/** A denial at an API of the server (RFC 9457). */
export class ProblemError extends Error {
  override name = 'ProblemError'
  readonly code: ProblemCode
  readonly details: ProblemErrorContext

  constructor(code: ProblemCode, details: ProblemErrorContext = {}) {
    super(problems[code].title, { cause: details.cause })
    this.code = code
    this.details = details
  }
}

/** RFC 7617. The same challenge for every path that accepts client credentials, which are the same everywhere in a realm. */
export const clientChallenge = 'Basic realm="token endpoint", charset="UTF-8"'

/** Closes the connection without a response. */
export class ConnectionRefused extends Error {
  override name = 'ConnectionRefused'
  readonly code = 'address-blocked'
}

/** The caller ended the connection before its request was complete, so there is no response. */
export class RequestAborted extends Error {
  override name = 'RequestAborted'
  readonly code = 'request-aborted'
}

/**
 * What was thrown as an error: JavaScript can throw any value, also null. Of a value that is no error only the type is kept, because
 * the value may be a secret; its members, such as a status, count for nothing.
 */
export function toError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown
  return new TypeError(`Expected an error to be thrown, not a value of type "${thrown === null ? 'null' : typeof thrown}"`)
}

/** Names the media type that a form endpoint expects. */
export function wrongContentType(expected: string): OAuthError {
  return new OAuthError('malformed-token-request', {
    description: `Expected the Content-Type ${expected}. Send the parameters form-encoded in the body, in UTF-8.`,
  })
}
