// The grants that a token has: of the claim set of its client, of the client, and of its scopes, in this order.
import { mergeGrants, type Grant } from '@countersign/protocol'
import type { ClaimSets } from '../cache/claim-sets.ts'
import type { ClientRecord } from '../cache/records.ts'

/**
 * Not merged.
 * @param scopes that act in the token
 * @throws DamagedRowError if a claim set does not exist or cannot be read
 */
export function grantsOf(
  { realm, grants }: Pick<ClientRecord, 'realm' | 'grants'>,
  claimSets: Pick<ClaimSets, 'get'>,
  scopes: readonly string[],
): Grant[] {
  if (!grants) return []
  const { claimSet, own, ofScopes } = grants
  const ofSet = claimSet === null ? undefined : claimSets.get(realm, claimSet)
  const ofActing = scopesWithGrants({ grants }, scopes).map((scope) => ofScopes.get(scope)?.grant)
  return [ofSet, own, ...ofActing].filter((grant) => grant !== undefined && grant !== null)
}

/** In the order in which the client has their grants, whatever order was requested. */
export function scopesWithGrants({ grants }: Pick<ClientRecord, 'grants'>, scopes: readonly string[]): readonly string[] {
  if (!grants || grants.ofScopes.size === 0) return none
  return [...grants.ofScopes].flatMap(([scope, { grant }]) => (grant && scopes.includes(scope) ? [scope] : []))
}

const none: readonly string[] = []

/** @throws DamagedRowError as {@link grantsOf} */
export function resolveGrant(
  client: Pick<ClientRecord, 'realm' | 'grants'>,
  claimSets: Pick<ClaimSets, 'get'>,
  scopes: readonly string[],
): Grant {
  return mergeGrants(grantsOf(client, claimSets, scopes))
}
