// Small exports for tests of single rules.
import { mergedToken } from './merged-token.fixture.ts'
import type { Account, ClientScope, ExportedClient, ProtocolMapper, RealmExport } from './realm-export.ts'
import { resolveRealm } from './resolve-realm.ts'

export const clientId = 'partner-one'
const publicUrl = 'https://sso.example.com'

interface Parts {
  readonly client?: Partial<ExportedClient>
  readonly account?: Partial<Account>
  readonly scopes?: readonly ClientScope[]
  readonly realm?: Partial<RealmExport>
}

/** A realm with one machine client and its account. */
export function exportWith({ client, account, scopes = [], realm }: Parts): RealmExport {
  return {
    realm: 'partners',
    accessTokenLifespan: 300,
    ssoSessionMaxLifespan: 36_000,
    clients: [{ id: 'uuid-1', clientId, enabled: true, serviceAccountsEnabled: true, secret: 'x', ...client }],
    clientScopes: scopes,
    users: [{ id: 'account-1', username: `service-account-${clientId}`, enabled: true, serviceAccountClientId: clientId, ...account }],
    roles: { realm: [], client: {} },
    ...realm,
  }
}

export function resolveWith(parts: Parts) {
  return resolveRealm(exportWith(parts), publicUrl)
}

/** The claims of the token that the resolved client gets. */
export function claimsWith(parts: Parts, asked: readonly string[] = []) {
  return mergedToken(resolveWith(parts), clientId, asked).claims
}

let mappers = 0

export function mapper(protocolMapper: string, config: ProtocolMapper['config'], name = protocolMapper): ProtocolMapper {
  return {
    id: `mapper-${++mappers}`,
    name,
    protocolMapper: `oidc-${protocolMapper}-mapper`,
    config: { 'access.token.claim': 'true', ...config },
  }
}

export function hardcoded(claim: string, value: string, type = 'String'): ProtocolMapper {
  return mapper('hardcoded-claim', { 'claim.name': claim, 'claim.value': value, 'jsonType.label': type })
}

export function attribute(claim: string, config: ProtocolMapper['config'] = {}): ProtocolMapper {
  return mapper('usermodel-attribute', { 'claim.name': claim, 'user.attribute': claim, 'jsonType.label': 'String', ...config })
}

export const realmRoles = mapper('usermodel-realm-role', { 'claim.name': 'realm_access.roles', multivalued: 'true' })
export const clientRoles = mapper('usermodel-client-role', { 'claim.name': 'resource_access.${client_id}.roles', multivalued: 'true' })

export function scope(name: string, protocolMappers: readonly ProtocolMapper[] = [], isShown = true): ClientScope {
  return { name, protocol: 'openid-connect', attributes: { 'include.in.token.scope': String(isShown) }, protocolMappers }
}
