// The part of an export that the answers to some of its clients depend on, with placeholders for their secrets.
import type {
  Account,
  ClientScope,
  ExportedClient,
  Group,
  Organization,
  ProtocolMapper,
  RealmExport,
  ScopeMapping,
  Settings,
} from './realm-export.ts'
import { createRealmModel } from './realm-model.ts'
import type { Role } from './roles.ts'

/** @param secretOf the placeholder of a secret */
export function trimExport(realm: RealmExport, clientIds: ReadonlySet<string>, secretOf: (secret: string) => string): RealmExport {
  const clients = realm.clients.filter(({ clientId }) => clientIds.has(clientId)).map((client) => trimClient(client, secretOf))
  const scopes = new Set(
    clients.flatMap(({ defaultClientScopes = [], optionalClientScopes = [] }) => [...defaultClientScopes, ...optionalClientScopes]),
  )
  const users = (realm.users ?? []).filter(({ serviceAccountClientId: id }) => id !== undefined && clientIds.has(id)).map(trimAccount)
  const names = new Set(users.map(({ username }) => username))
  const mappingsOf = (list: readonly ScopeMapping[] = []) =>
    list.filter(({ client, clientScope }) => (client === undefined ? scopes.has(clientScope ?? '') : clientIds.has(client)))
  const clientMappings = Object.entries(realm.clientScopeMappings ?? {}).map(([client, list]) => [client, mappingsOf(list)] as const)
  const trimmed: RealmExport = {
    ...pick(realm, [
      'realm',
      'notBefore',
      'defaultSignatureAlgorithm',
      'accessTokenLifespan',
      'ssoSessionMaxLifespan',
      'clientSessionMaxLifespan',
      'organizationsEnabled',
    ]),
    attributes: pick(realm.attributes ?? {}, ['frontendUrl', 'acr.loa.map']),
    organizations: (realm.organizations ?? []).map((one) => trimOrganization(one, names)),
    clients,
    clientScopes: realm.clientScopes.filter(({ name, protocol }) => scopes.has(name) && protocol === 'openid-connect').map(trimScope),
    users,
    groups: (realm.groups ?? []).map(trimGroup),
    roles: realm.roles,
    scopeMappings: mappingsOf(realm.scopeMappings),
    clientScopeMappings: Object.fromEntries(clientMappings.filter(([, list]) => list.length > 0)),
  }
  return { ...trimmed, roles: rolesNeededBy(trimmed) }
}

function pick<Whole extends object, Name extends keyof Whole>(whole: Whole, names: readonly Name[]): Pick<Whole, Name> {
  return Object.fromEntries(names.filter((name) => whole[name] !== undefined).map((name) => [name, whole[name]])) as Pick<Whole, Name>
}

function trimOrganization(organization: Organization, names: ReadonlySet<string>): Organization {
  const members = (organization.members ?? []).filter(({ username }) => names.has(username))
  return { ...pick(organization, ['id', 'alias', 'enabled', 'attributes']), members: members.map(({ username }) => ({ username })) }
}

function trimScope({ name, protocol, attributes = {}, protocolMappers }: ClientScope): ClientScope {
  return { name, protocol, attributes: pick(attributes, ['include.in.token.scope']), protocolMappers: trimMappers(protocolMappers) }
}

/** Attributes of clients that an answer depends on. */
const attributes = [
  'access.token.lifespan',
  'access.token.signed.response.alg',
  'access.token.header.type.rfc9068',
  'acr.loa.map',
  'client.secret.expiration.time',
  'client.secret.rotated.expiration.time',
  'client.session.max.lifespan',
  'client.use.lightweight.access.token.enabled',
  'client_credentials.use_refresh_token',
  'default.acr.values',
  'dpop.bound.access.tokens',
  'tls.client.certificate.bound.access.tokens',
] as const

function trimClient(client: ExportedClient, secretOf: (secret: string) => string): ExportedClient {
  const rotated = client.attributes?.['client.secret.rotated']
  return {
    ...pick(client, [
      'id',
      'clientId',
      'enabled',
      'protocol',
      'clientAuthenticatorType',
      'publicClient',
      'bearerOnly',
      'serviceAccountsEnabled',
      'notBefore',
    ]),
    ...pick(client, ['fullScopeAllowed', 'rootUrl', 'redirectUris', 'webOrigins', 'defaultClientScopes', 'optionalClientScopes']),
    ...(client.secret !== undefined && { secret: secretOf(client.secret) }),
    attributes: {
      ...pick<Settings, string>(client.attributes ?? {}, attributes),
      ...(rotated && { 'client.secret.rotated': secretOf(rotated) }),
    },
    protocolMappers: trimMappers(client.protocolMappers),
  }
}

function trimMappers(mappers: readonly ProtocolMapper[] = []): ProtocolMapper[] {
  return mappers.map((mapper) => pick(mapper, ['id', 'name', 'protocolMapper', 'config']))
}

function trimAccount(account: Account): Account {
  return pick(account, [
    'id',
    'username',
    'enabled',
    'emailVerified',
    'email',
    'firstName',
    'lastName',
    'serviceAccountClientId',
    'notBefore',
    'realmRoles',
    'clientRoles',
    'attributes',
    'groups',
  ])
}

function trimGroup(group: Group): Group {
  return { ...pick(group, ['name', 'path', 'realmRoles', 'clientRoles', 'attributes']), subGroups: (group.subGroups ?? []).map(trimGroup) }
}

/** The roles that an account has, a scope lets through or a chosen client defines. */
function rolesNeededBy(realm: RealmExport): RealmExport['roles'] {
  const { roles, accounts } = createRealmModel(realm)
  const needed = new Set<Role>()
  for (const account of accounts.values()) addAll(roles.ofAccount(account))
  for (const { name } of realm.clientScopes) addAll(roles.mappedTo('clientScope', name))
  for (const { clientId } of realm.clients) addAll(roles.definedBy(clientId).union(roles.mappedTo('client', clientId)))
  function addAll(more: Iterable<Role>): void {
    for (const role of roles.expand(more)) needed.add(role)
  }
  const keep = (client: string, list: RealmExport['roles']['realm']) =>
    list.filter(({ name }) => needed.has(roles.find(client, name))).map((role) => pick(role, ['name', 'composites']))
  const ofClients = Object.entries(realm.roles.client ?? {}).map(([client, list]) => [client, keep(client, list)] as const)
  return { realm: keep('', realm.roles.realm), client: Object.fromEntries(ofClients.filter(([, list]) => list.length > 0)) }
}
