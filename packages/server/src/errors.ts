// The errors that this server expects: what went wrong, in the words of the problem catalogue, and why, for the audit log alone.
// http/answer-error.ts makes responses of them.
import { problems, type FieldError, type OAuthErrorDetails, type OAuthProblemCode, type ProblemCode } from '@countersign/protocol'

/** Why a client was not authenticated. The wire says `invalid_client` to all of them. */
export type AuthenticationFailure =
  | 'no-credentials'
  | 'malformed-basic-header'
  | 'client-ids-differ'
  | 'method-not-registered'
  | 'unknown-client'
  | 'secret-mistyped'
  | 'wrong-secret'
  | 'expired-secret'
  | 'client-disabled'
  | 'service-account-off'
  | 'organization-suspended'

/** Why exactly. A fixed list: metrics are counted by it, so it must not hold anything that a caller can choose. */
export type ErrorReason =
  | OAuthProblemCode
  | AuthenticationFailure
  | 'scope-not-granted'
  | 'scope-malformed'
  | 'address-blocked'
  | 'address-rate-exceeded'
  | 'too-many-revoked-tokens'
  | 'audit-not-durable'
  | 'client-damaged'
  | 'signing-key-damaged'

interface OAuthErrorContext extends OAuthErrorDetails {
  /** For the audit log and metrics only. */
  readonly reason?: ErrorReason
  readonly retryAfterSeconds?: number
  readonly clientId?: string
  readonly organizationId?: string
  /** The client id of the request, registered or not; counted by, never stored. */
  readonly presentedId?: string
  readonly cause?: unknown
}

/** A refusal at an OAuth endpoint (RFC 6749 §5.2). What it says on the wire is in the problem catalogue. */
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
}

/** A refusal at an API of the server (RFC 9457). */
export class ProblemError extends Error {
  override name = 'ProblemError'
  readonly code: ProblemCode
  readonly details: ProblemErrorContext

  constructor(code: ProblemCode, details: ProblemErrorContext = {}) {
    super(problems[code].title)
    this.code = code
    this.details = details
  }
}

/** Ends the connection without an answer. */
export class ConnectionRefused extends Error {
  override name = 'ConnectionRefused'
  readonly code = 'address-blocked'
}

/** Names the media type that a form endpoint expects. */
export function wrongContentType(expected: string): OAuthError {
  return new OAuthError('malformed-token-request', {
    description: `Expected the Content-Type ${expected}. Send the parameters form-encoded in the body, in UTF-8.`,
  })
}
