import { formatScope } from '@countersign/protocol'
import type { VerifiedToken } from './claims.ts'
import type { Entitlement } from './entitlement-index.ts'

/**
 * The token with only those scopes that its client still has: a scope that is removed from a client must not live on in its tokens.
 * Nearly always the client has all of them; then the token itself is returned, and nothing is allocated.
 * @param entitlement of the token's client, which refuseRevoked() has accepted
 */
export function withCurrentScopes(token: VerifiedToken, { client }: Entitlement): VerifiedToken {
  const present = client.scopes
  if (isSubset(token.scopes, present)) return token
  const left = [...token.scopes].filter((scope) => present.has(scope))
  return Object.freeze({ ...token, scope: formatScope(left), scopes: new Set(left) })
}

function isSubset(scopes: ReadonlySet<string>, present: ReadonlySet<string>): boolean {
  for (const scope of scopes) if (!present.has(scope)) return false
  return true
}
