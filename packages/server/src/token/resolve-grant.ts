// The grants that a token has: of the claim set of its client, of the client, and of its scopes, in this order.
import { mergeGrants, type Grant } from '@countersign/protocol'
import type { ClaimSets } from '../cache/claim-sets.ts'
import type { ClientRecord, ScopeGrant } from '../cache/records.ts'

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
  const fromSet = (name: string | null | undefined) => (name ? [claimSets.get(realm, name)] : [])
  const ofScope = ({ claimSet, grant }: ScopeGrant) => [...fromSet(claimSet), ...(grant ? [grant] : [])]
  return [
    ...fromSet(grants.claimSet),
    ...(grants.own ? [grants.own] : []),
    ...scopes.flatMap((scope) => {
      const found = grants.ofScopes.get(scope)
      return found ? ofScope(found) : []
    }),
  ]
}

/** @throws DamagedRowError as {@link grantsOf} */
export function resolveGrant(
  client: Pick<ClientRecord, 'realm' | 'grants'>,
  claimSets: Pick<ClaimSets, 'get'>,
  scopes: readonly string[],
): Grant {
  return mergeGrants(grantsOf(client, claimSets, scopes))
}
