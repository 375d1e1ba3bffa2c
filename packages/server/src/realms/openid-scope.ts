// The scope `openid`, which Keycloak's adapters and admin clients send with every token request, also where there is no login. Where it is
// accepted, it grants nothing, is in no token and never leads to an id_token (decisions/058).
import { operatorsRealmName } from './operators-realm.ts'
import type { Realm } from './realm.ts'

export const openidScope = 'openid'

/** Realms that clients of Keycloak use: those with its tokens, and the operators' one, where its admin clients get theirs. */
export function acceptsOpenid({ name, tokenProfile }: Pick<Realm, 'name' | 'tokenProfile'>): boolean {
  return tokenProfile === 'keycloak' || name === operatorsRealmName
}
