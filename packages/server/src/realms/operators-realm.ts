// The realm of the operators: built in, on every server, so that the admin API is guarded like every other API.
import { adminScopes } from '@countersign/admin'
import { realmSchema } from './realm-settings.ts'
import { completeRealm, type Realm } from './realm.ts'

export const operatorsRealmName = 'operators'

export function operatorsRealm(publicUrl: string): Realm {
  const settings = realmSchema.parse({
    issuer: `/realms/${operatorsRealmName}`,
    tokenEndpoint: `/realms/${operatorsRealmName}/protocol/openid-connect/token`,
    audience: 'countersign-admin',
    scopes: [...adminScopes],
    // An operator who is to change anything is given the scopes by name.
    defaultScopes: adminScopes.filter((scope) => scope.endsWith(':read')),
  })
  return completeRealm(operatorsRealmName, settings, publicUrl)
}
