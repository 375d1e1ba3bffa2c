import type { VerifiedToken } from './claims.ts'
import type { Entitlement } from './entitlement-index.ts'
import { InvalidTokenError } from './invalid-token.ts'

/**
 * Checks that a verified token is still accepted: its client is the one that it was issued to, belongs to the organization and is
 * enabled, and neither the token itself nor all tokens issued before some instant were revoked.
 * @throws InvalidTokenError if it is not; `entitlement` is `undefined` if the realm knows no such client.
 */
export function refuseRevoked(token: VerifiedToken, entitlement: Entitlement | undefined): asserts entitlement is Entitlement {
  const client = entitlement?.client.rights
  if (!entitlement || client?.clientId !== token.clientId)
    throw revoked('The organization or the client of the access token does not exist any more.', 'the client does not exist')
  // A client id can be reused, within the same second or by a node whose clock is behind; a subject cannot.
  if (token.subject !== client.subject)
    throw revoked('The client of the access token does not exist any more.', 'another client has its name by now')
  const organization = entitlement.organization.rights
  if (token.organizationId !== undefined && token.organizationId !== organization.id) {
    throw revoked('The client of the access token belongs to another organization by now.', 'the client belongs to another organization')
  }
  if (!client.enabled) throw revoked('The client of the access token has been disabled.', 'client disabled')
  if (token.issuedAt < organization.tokensNotBefore) throw cut('organization', organization.tokensNotBefore)
  if (token.issuedAt < client.tokensNotBefore) throw cut('client', client.tokensNotBefore)
  if (entitlement.client.revokedTokenIds.has(token.tokenId)) throw revoked('The access token has been revoked.', 'revoked')
}

function cut(whose: string, tokensNotBefore: number): InvalidTokenError {
  const saw = `cut: the tokens of its ${whose} from before ${instant(tokensNotBefore)} were revoked`
  return revoked('All access tokens issued before a certain time were revoked.', saw)
}

/** A cut may lie outside of the range of dates. */
function instant(seconds: number): string {
  const date = new Date(seconds * 1000)
  return Number.isNaN(date.getTime()) ? 'a certain time' : date.toISOString()
}

function revoked(detail: string, saw: string): InvalidTokenError {
  return new InvalidTokenError('revoked', detail, { saw })
}
