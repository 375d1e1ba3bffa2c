// The settings of a realm that takes over an exported one.
import { algorithmOf, lifetimeOf } from './client-kinds.ts'
import type { GrantedClient } from './grant-client.ts'
import { isShown } from './keycloak-token.ts'
import type { RealmModel } from './realm-model.ts'
import type { RealmSettings } from './resolved-realm.ts'

/** @param publicUrl where Keycloak is, for realms that name no URL of their own */
export function settingsOfRealm(model: RealmModel, publicUrl: string, granted: readonly GrantedClient[]): RealmSettings {
  const { realm } = model
  const algorithm = algorithmOf({}, realm)
  const algorithms = new Set(granted.map(({ client }) => algorithmOf(client, realm)))
  const scopes = new Set(granted.flatMap(({ defaultScopes, additions }) => [...defaultScopes, ...additions.keys()]))
  const bases = granted.flatMap(({ base }) => base ?? [])
  const allNameClient = bases.every(({ claims }) => 'client_id' in claims)
  const ownPath = `/realms/${realm.realm}`
  const issuer = (realm.attributes?.['frontendUrl'] || publicUrl).replace(/\/$/, '') + ownPath
  const { pathname } = new URL(issuer)
  return {
    issuer,
    tokenEndpoint: `${pathname}/protocol/openid-connect/token`,
    // Keycloak itself knows nothing of a path that a proxy puts before its own.
    aliases: pathname === ownPath ? [] : [ownPath],
    tokenProfile: 'keycloak',
    compatibility: 'keycloak',
    signingAlgorithm: algorithm,
    signingAlgorithms: [...algorithms].filter((name) => name !== algorithm),
    accessTokenLifetime: lifetimeOf({}, realm),
    tokensNotBefore: pastInstant(realm.notBefore),
    scopes: [...scopes].map((name) => (isShown(model, name) ? name : { name, shown: false })),
    omitClaims: allNameClient ? ['organization_id'] : ['organization_id', 'client_id'],
  }
}

/** A cut in the future would refuse every new token. */
function pastInstant(seconds = 0): string | undefined {
  return seconds > 0 && seconds * 1000 <= Date.now() ? new Date(seconds * 1000).toISOString() : undefined
}
