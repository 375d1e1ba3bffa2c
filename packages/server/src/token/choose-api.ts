// Which API a token is for, in a realm that declares several: the one that the request names (RFC 8707 §2), else the one whose scopes it
// requests (RFC 9068 §3), else the default. A token is for one of them, so that none can use it at another.
import type { ClaimSets } from '../cache/claim-sets.ts'
import type { ClientRecord } from '../cache/records.ts'
import { OAuthError } from '../errors.ts'
import { isOperatorOfRealm } from '../cache/operator-rights.ts'
import { adminAudience } from '../realms/operators-realm.ts'
import { builtInScopes } from '../realms/built-in-scope.ts'
import type { Realm } from '../realms/realm.ts'
import { grantsOf } from './resolve-grant.ts'

/** The audience of the API that a scope belongs to; undefined for a scope that is good at each. */
export function apiOf(realm: Pick<Realm, 'apis' | 'audience'>, scope: string): string | undefined {
  if (builtInScopes.includes(scope)) return undefined
  for (const [audience, scopes] of realm.apis) if (scopes.has(scope)) return audience
  return realm.audience
}

/** Whether a token for an API may have the scope. */
export function isScopeOf(realm: Realm, scope: string, api: string | undefined): boolean {
  return realm.apis.size === 0 || (apiOf(realm, scope) ?? api) === api
}

/**
 * The audience of the API.
 * @param requested of the client's scopes
 * @param target the API that the request names
 * @throws OAuthError `invalid-scope` for scopes of several APIs
 */
export function chooseApi(
  realm: Realm,
  client: ClientRecord,
  requested: readonly string[],
  target: string | undefined,
): string | undefined {
  if (realm.apis.size === 0) return target ?? realm.audience
  const named = new Set(requested.map((scope) => apiOf(realm, scope)).filter((api) => api !== undefined))
  if (target !== undefined) named.add(target)
  if (named.size > 1)
    throw new OAuthError('invalid-scope', {
      reason: 'scope-not-granted',
      description: `A token is for one API, and this request is about several: ${[...named].join(', ')}. Request one token for each, with its audience as the parameter resource.`,
    })
  const [api = defaultApi(realm, client.defaultScopes ?? client.scopes)] = named
  return api
}

/** The realm's own API, or the first of which the client has a scope if it has none of that. */
function defaultApi(realm: Realm, scopes: readonly string[]): string | undefined {
  const apis = new Set(scopes.map((scope) => apiOf(realm, scope)))
  if (apis.has(realm.audience)) return realm.audience
  return [...realm.apis.keys()].find((audience) => apis.has(audience)) ?? realm.audience
}

/** Whether a client may have a token for an audience: that of the realm, of an API that it has a scope of, one that a grant names, or the admin API. */
export function mayTarget(realm: Realm, client: ClientRecord, claimSets: Pick<ClaimSets, 'get'>, audience: string): boolean {
  if (audience === realm.audience) return true
  if (audience === adminAudience) return isOperatorOfRealm(client)
  if (realm.apis.has(audience) && client.scopes.some((scope) => apiOf(realm, scope) === audience)) return true
  return grantsOf(client, claimSets, client.scopes).some(({ audiences }) => audiences.includes(audience))
}
