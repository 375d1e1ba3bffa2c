// Resolves an export once and for all: what Keycloak computes for each token from mappers, roles, groups and attributes becomes plain grants.
import { emptyGrant, type Grant, type SigningAlgorithmName } from '@countersign/protocol'
import { shareGrants, withVariables } from './claim-sets.ts'
import { algorithmOf, lifetimeOf } from './client-kinds.ts'
import { grantClient, type GrantedClient } from './grant-client.ts'
import { createRealmModel } from './realm-model.ts'
import type { RealmExport } from './realm-export.ts'
import type { LeftBehind, ResolvedClient, ResolvedRealm, ResolvedScopeGrant } from './resolved-realm.ts'
import { settingsOfRealm } from './settings-of-realm.ts'
import { isEmptyGrant } from './token-grant.ts'

/** @param publicUrl where Keycloak is, for realms that name no URL of their own: their issuer is the host of the request */
export function resolveRealm(realm: RealmExport, publicUrl: string): ResolvedRealm {
  const model = createRealmModel(realm)
  const leftBehind: LeftBehind[] = []
  const found = realm.clients.flatMap((client) => grantClient(model, client, leftBehind) ?? [])
  const settings = settingsOfRealm(model, publicUrl, found)
  const granted = found.map((client) => portable(client, !settings.omitClaims.includes('client_id')))

  const { sets, share } = shareGrants(granted.map(({ base }) => base ?? emptyGrant))

  function resolveClient({ client, base, additions, silent, ...granted }: GrantedClient): ResolvedClient {
    const scopes = [...granted.defaultScopes, ...additions.keys()]
    const scopeGrants = scopes.map((scope): [string, ResolvedScopeGrant] => {
      const grant = additions.get(scope) ?? emptyGrant
      return [scope, { ...(!isEmptyGrant(grant) && { grant }), ...(silent.has(scope) && { shown: false }) }]
    })
    const [lifetime, algorithm] = [lifetimeOf(client, realm), algorithmOf(client, realm)]
    return {
      ...granted,
      clientId: client.clientId,
      provesByKey: client.clientAuthenticatorType === 'client-jwt',
      scopes,
      ...share(base ?? emptyGrant),
      scopeGrants: Object.fromEntries(scopeGrants.filter(([, grant]) => Object.keys(grant).length > 0)),
      accessTokenLifetime: lifetime === settings.accessTokenLifetime ? null : lifetime,
      signingAlgorithm: algorithm === settings.signingAlgorithm ? null : (algorithm as SigningAlgorithmName), // Others were refused.
      headerType: client.attributes?.['access.token.header.type.rfc9068'] === 'true' ? 'at+jwt' : null,
    }
  }
  return { name: realm.realm, settings, claimSets: sets, clients: granted.map(resolveClient), leftBehind }
}

/** A client with variables in its grants, and without `client_id` where all tokens of the realm have it. */
function portable(granted: GrantedClient, allNameClient: boolean): GrantedClient {
  const { client, subject, base, additions } = granted
  if (base === undefined || subject === undefined) return granted
  const put = (grant: Grant) => withVariables(grant, { client_id: client.clientId, subject })
  const { client_id: _, ...claims } = base.claims
  return {
    ...granted,
    base: put(allNameClient ? { ...base, claims } : base),
    additions: new Map([...additions].map(([scope, grant]) => [scope, put(grant)])),
  }
}
