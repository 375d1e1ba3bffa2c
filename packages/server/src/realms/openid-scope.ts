// The scope `openid`, which Keycloak's adapters and admin clients send with every token request, also where there is no login. Where it is
// accepted, it grants nothing and never leads to an id_token (decisions/058).
import { operatorsRealmName } from './operators-realm.ts'
import type { Realm } from './realm.ts'

export const openidScope = 'openid'

/**
 * What a realm makes of it: `named` also in the token, as Keycloak does; `answered` in the response only, in the operators' realm, where
 * Keycloak's admin clients get their tokens; `unknown` where it is like any other scope.
 */
export function openidIn({ name, compatibility }: Pick<Realm, 'name' | 'compatibility'>): 'named' | 'answered' | 'unknown' {
  if (!compatibility.openidScope) return 'unknown'
  return name === operatorsRealmName ? 'answered' : 'named'
}
