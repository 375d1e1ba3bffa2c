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
  return [ofSet, own, ...scopes.map((scope) => ofScopes.get(scope)?.grant)].filter((grant) => grant !== undefined && grant !== null)
}

/** @throws DamagedRowError as {@link grantsOf} */
export function resolveGrant(
  client: Pick<ClientRecord, 'realm' | 'grants'>,
  claimSets: Pick<ClaimSets, 'get'>,
  scopes: readonly string[],
): Grant {
  return mergeGrants(grantsOf(client, claimSets, scopes))
}
