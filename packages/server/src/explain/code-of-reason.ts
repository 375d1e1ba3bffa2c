// The problem of a reason in the audit log: events of earlier versions name only the reason.
import { isProblemCode, type OAuthProblemCode, type ProblemCode } from '@countersign/protocol'
import type { AuthenticationFailure, ErrorReason } from '../errors.ts'

/** The reasons that are neither a problem nor a failed authentication. */
const codes: Readonly<Record<Exclude<ErrorReason, OAuthProblemCode | AuthenticationFailure>, ProblemCode>> = {
  'scope-not-granted': 'invalid-scope',
  'scope-malformed': 'invalid-scope',
  'address-blocked': 'authentication-blocked',
  'address-rate-exceeded': 'too-many-token-requests',
  'assertion-rate-exceeded': 'too-many-token-requests',
  'bad-token-rate-exceeded': 'too-many-token-requests',
  'request-aborted': 'malformed-token-request',
  'audit-not-durable': 'token-service-unavailable',
  'changed-meanwhile': 'token-service-unavailable',
  'client-damaged': 'token-service-unavailable',
  'pepper-version-missing': 'token-service-unavailable',
  'signing-key-damaged': 'token-service-unavailable',
  'signing-algorithm-missing': 'token-service-unavailable',
  'signing-key-not-ready': 'token-service-unavailable',
}

const ofStatus: Readonly<Record<string, ProblemCode>> = {
  'http-400': 'invalid-request',
  'http-401': 'invalid-token',
  'http-403': 'insufficient-scope',
  'http-404': 'not-found',
  'http-405': 'method-not-allowed',
  'http-409': 'conflict',
  'http-412': 'precondition-failed',
  'http-413': 'payload-too-large',
  'http-415': 'unsupported-media-type',
  'http-422': 'idempotency-key-reused',
  'http-428': 'precondition-required',
  'http-429': 'rate-limited',
  'http-500': 'internal-error',
  'http-503': 'temporarily-unavailable',
}

export function codeOfReason(reason: string): ProblemCode {
  if (isProblemCode(reason)) return reason
  if (Object.hasOwn(codes, reason)) return codes[reason as keyof typeof codes]
  if (reason.startsWith('FST_ERR')) return 'malformed-token-request'
  return ofStatus[reason] ?? (reason.endsWith('Error') ? 'token-server-error' : 'invalid-client')
}
