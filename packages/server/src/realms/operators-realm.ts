// The built-in realm of the operators, by which the admin API is protected like every other API.
import { adminScopes } from '@countersign/admin'
import { realmSchema, type RealmSettings } from './realm-settings.ts'
import { completeRealm, type Realm } from './realm.ts'

export const operatorsRealmName = 'operators'
/** The audience of tokens for the admin API, in whatever realm they are issued. No grant can add it. */
export const adminAudience = 'countersign-admin'

export function operatorsRealm(publicUrl: string, signingKeys?: RealmSettings['signingKeys']): Realm {
  const settings = realmSchema.parse({
    issuer: `/realms/${operatorsRealmName}`,
    tokenEndpoint: `/realms/${operatorsRealmName}/protocol/openid-connect/token`,
    audience: adminAudience,
    // Keycloak's admin clients get their tokens here.
    compatibility: { openidScope: true },
    scopes: [...adminScopes],
    // Scopes for writing are given to an operator by name.
    defaultScopes: adminScopes.filter((scope) => scope.endsWith(':read')),
  })
  return completeRealm(operatorsRealmName, settings, publicUrl, signingKeys)
}
