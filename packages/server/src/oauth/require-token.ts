// The `token` parameter of introspection (RFC 7662 §2.1) and revocation (RFC 7009 §2.1).
import { OAuthError } from '../refusals.ts'
import type { OAuthForm } from './form.ts'

/** @throws OAuthError `malformed-token-request` */
export function requireToken({ token }: OAuthForm): string {
  if (token === undefined)
    throw new OAuthError('malformed-token-request', { description: 'The parameter token is missing. Send the token in the body.' })
  return token
}
