import { formatScope } from '@countersign/protocol'
import type { VerifiedToken } from './claims.ts'
import type { Entitlement } from './entitlement-index.ts'

/**
 * The token with those of its scopes that its client still has: a scope that is taken from a client must not live on in its
 * tokens. Where it has all of them, which is nearly always, that is the token itself, and nothing is allocated.
 * @param entitlement of the organization of its client, which refuseRevoked() has let through
 */
export function withPresentScopes(token: VerifiedToken, { clients }: Entitlement): VerifiedToken {
  const present = clients.get(token.clientId)?.scopes
  if (present === undefined || isSubset(token.scopes, present)) return token
  const left = [...token.scopes].filter((scope) => present.has(scope))
  return Object.freeze({ ...token, scope: formatScope(left), scopes: new Set(left) })
}

function isSubset(scopes: ReadonlySet<string>, present: ReadonlySet<string>): boolean {
  for (const scope of scopes) if (!present.has(scope)) return false
  return true
}
