// The key for a token whose key is not at hand: it is created now, or there is a reason why the client gets no token.
import type { ClientRecord } from '../cache/records.ts'
import { OAuthError } from '../errors.ts'
import type { RealmKeys } from '../keys/realm-keys.ts'
import type { SigningKey } from '../keys/signing-keys.ts'

/**
 * The key of the client's algorithm, and never one of another: what verifies its tokens may accept no other (decisions/072).
 * @throws OAuthError `token-service-unavailable`; any error of the store
 */
export async function openSigningKey(keys: RealmKeys, client: ClientRecord, now: number): Promise<SigningKey> {
  const { signingAlgorithm, clientId, organization } = client
  const algorithms = keys.algorithms()
  const algorithm = signingAlgorithm ?? algorithms[0]
  if (!algorithms.includes(algorithm))
    throw new OAuthError('token-service-unavailable', {
      reason: 'signing-algorithm-missing',
      description: `Tokens of this client are signed by ${algorithm}, which the realm no longer has. Ask the operator of this server to change the client or the realm.`,
      clientId,
      organizationId: organization.id,
    })
  await keys.open(algorithm)
  const key = keys.active(algorithm)
  if (key) return key
  const signsFrom = keys.signsFrom(algorithm)
  if (signsFrom === undefined) throw new OAuthError('token-service-unavailable', { reason: 'signing-key-damaged' })
  throw new OAuthError('token-service-unavailable', {
    reason: 'signing-key-not-ready',
    description: `The signing key of this realm was replaced, and not every server knows the next one yet. Request a token again after the time in Retry-After.`,
    clientId,
    organizationId: organization.id,
    retryAfterSeconds: secondsUntil(signsFrom ?? now, now),
  })
}

/** The key signs a moment after it may. */
function secondsUntil(at: number, now: number): number {
  return Math.max(1, Math.ceil((at - now) / 1000)) + 1
}
