import type { VerifiedToken } from './claims.ts'
import type { Entitlement } from './entitlement-index.ts'
import { InvalidTokenError } from './invalid-token.ts'

/**
 * Checks that a verified token is still accepted: its client is the one that it was issued to, belongs to the organization and is
 * enabled, and neither the token itself nor all tokens issued before some instant were revoked.
 * @throws InvalidTokenError if it is not; `entitlement` is `undefined` if the realm knows no such organization.
 */
export function refuseRevoked(token: VerifiedToken, entitlement: Entitlement | undefined): asserts entitlement is Entitlement {
  const client = entitlement?.clients.get(token.clientId)
  if (!entitlement || !client) throw revoked('The organization or the client of the access token does not exist any more.')
  // A client id can be reused, within the same second or by a node whose clock is behind; a subject cannot.
  if (client.subject !== undefined && token.subject !== client.subject)
    throw revoked('The client of the access token does not exist any more.')
  const { organization, revocations } = entitlement.document
  if (token.organizationId !== undefined && token.organizationId !== organization.id) {
    throw revoked('The client of the access token belongs to another organization by now.')
  }
  if (!client.enabled) throw revoked('The client of the access token has been disabled.')
  if (token.issuedAt < Math.max(revocations.tokensNotBefore, client.tokensNotBefore ?? 0))
    throw revoked('All access tokens issued before a certain time were revoked.')
  if (entitlement.revokedTokenIds.has(token.tokenId)) throw revoked('The access token has been revoked.')
}

function revoked(detail: string): InvalidTokenError {
  return new InvalidTokenError('revoked', detail)
}
