// The token that introspection (RFC 7662 §2.1) and revocation (RFC 7009 §2.1) are asked about.
import type { Guard, TokenVerdict } from '@countersign/guard'
import { OAuthError } from '../errors.ts'
import type { OAuthForm } from '../api/form.ts'

/**
 * Verifies the `token` parameter.
 * @throws OAuthError `malformed-token-request` where it is missing; `token-service-unavailable` where nothing can be said of it.
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
