// Reads the token of an introspection request (RFC 7662 §2.1) or a revocation request (RFC 7009 §2.1).
import type { Guard, TokenVerdict } from '@countersign/guard'
import { OAuthError } from '../errors.ts'
import type { OAuthForm } from '../api/form.ts'

/**
 * Verifies the `token` parameter.
 * @throws OAuthError `malformed-token-request` if it is missing; `token-service-unavailable` if it cannot be verified now.
 */
export async function inspectToken(guard: Guard, { token }: OAuthForm): Promise<TokenVerdict> {
  if (token === undefined) {
    throw new OAuthError('malformed-token-request', { description: 'The parameter token is missing. Send the token in the body.' })
  }
  const verdict = await guard.verifyToken(token)
  if (!verdict.valid && verdict.denial.code === 'temporarily-unavailable') {
    throw new OAuthError('token-service-unavailable', { cause: verdict.denial.cause })
  }
  return verdict
}
