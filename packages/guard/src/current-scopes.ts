import { formatScope } from '@countersign/protocol'
import type { VerifiedToken } from './claims.ts'
import type { Entitlement } from './entitlement-index.ts'

/**
 * The token with only those scopes that its client still has: a scope that is removed from a client must not live on in its tokens.
 * @param entitlement of the token's client, which refuseRevoked() has accepted
 */
export type CurrentScopes = (token: VerifiedToken, entitlement: Entitlement) => VerifiedToken

interface Narrowed {
  /** The scopes of the client that it was narrowed to: another object after each change. */
  readonly present: ReadonlySet<string>
  readonly token: VerifiedToken
}

/**
 * Mostly the client has all scopes of the token; then the function returns the token itself. Tokens with more, such as `openid` or the
 * scopes of another API, are narrowed once for each version of the client, so that a request allocates nothing.
 */
export function createCurrentScopes(): CurrentScopes {
  const narrowed = new WeakMap<VerifiedToken, Narrowed>()

  return (token, { client: { scopes: present } }) => {
    if (isSubset(token.scopes, present)) return token
    const known = narrowed.get(token)
    if (known?.present === present) return known.token
    const left = [...token.scopes].filter((scope) => present.has(scope))
    const narrow = Object.freeze({ ...token, scope: formatScope(left), scopes: new Set(left) })
    narrowed.set(token, { present, token: narrow })
    return narrow
  }
}

function isSubset(scopes: ReadonlySet<string>, present: ReadonlySet<string>): boolean {
  for (const scope of scopes) if (!present.has(scope)) return false
  return true
}
