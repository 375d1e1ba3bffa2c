// What the mappers of Keycloak put into a token, and what the grants of a resolved client must therefore have.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { attribute, claimsWith, clientId, clientRoles, hardcoded, mapper, realmRoles, resolveWith } from './exported-realm.fixture.ts'

const groups = [
  { name: 'all', path: '/all', realmRoles: ['seen'], attributes: { tier: ['one'] }, subGroups: [{ name: 'in', path: '/all/in' }] },
]

test('a token has the subject of the account, and no audience without a mapper', () => {
  assert.deepEqual(claimsWith({}), { sub: 'account-1', azp: clientId })
})

test('composite roles and the roles of groups are expanded', () => {
  const roles = {
    realm: [{ name: 'led', composites: { realm: ['member'], client: { api: ['read'] } } }, { name: 'member' }],
    client: { api: [{ name: 'read' }] },
  }
  const {
    realm_access: realm,
    resource_access: clients,
    aud,
  } = claimsWith({
    client: { protocolMappers: [realmRoles, clientRoles, mapper('audience-resolve', {})] },
    account: { realmRoles: ['led'], groups: ['/all/in'] },
    realm: { roles, groups },
  })
  assert.deepEqual(realm, { roles: ['led', 'seen', 'member'] })
  assert.deepEqual(clients, { api: { roles: ['read'] } })
  assert.equal(aud, 'api')
})

test('a client without full scope passes on its own roles and those that are mapped to it', () => {
  const claims = claimsWith({
    client: { fullScopeAllowed: false, protocolMappers: [realmRoles, clientRoles] },
    account: { realmRoles: ['one', 'two'], clientRoles: { [clientId]: ['own'], api: ['read'] } },
    realm: {
      roles: { realm: [{ name: 'one' }, { name: 'two' }], client: { [clientId]: [{ name: 'own' }], api: [{ name: 'read' }] } },
      scopeMappings: [{ client: clientId, roles: ['two'] }],
    },
  })
  assert.deepEqual(claims['realm_access'], { roles: ['two'] })
  assert.deepEqual(claims['resource_access'], { [clientId]: { roles: ['own'] } })
})

test('a role is renamed before another one is added', () => {
  const protocolMappers = [
    mapper('hardcoded-role', { role: 'api.extra' }),
    mapper('role-name', { role: 'api.extra', 'new.role.name': 'other' }),
    mapper('role-name', { role: 'plain', 'new.role.name': 'api.v2.renamed' }),
    realmRoles,
    clientRoles,
  ]
  const { realm_access: realm, resource_access: clients } = claimsWith({ client: { protocolMappers }, account: { realmRoles: ['plain'] } })
  assert.equal(realm, undefined)
  assert.deepEqual(clients, { 'api.v2': { roles: ['renamed'] }, api: { roles: ['extra'] } })
})

test('an attribute is inherited from the nearest group, or from all of them', () => {
  const account = { attributes: { level: ['7', '8'] }, groups: ['/all/in'] }
  const protocolMappers = [
    attribute('level', { 'jsonType.label': 'int' }),
    attribute('levels', { 'user.attribute': 'level', multivalued: 'true' }),
    attribute('tier', { 'aggregate.attrs': 'true', multivalued: 'true' }),
    attribute('missing'),
  ]
  const claims = claimsWith({ client: { protocolMappers }, account, realm: { groups } })
  assert.deepEqual(claims, { sub: 'account-1', azp: clientId, level: 7, levels: ['7', '8'], tier: ['one'] })
})

test('a claim has the type and the place that its mapper names', () => {
  const protocolMappers = [
    hardcoded('a.b', 'true', 'boolean'),
    hardcoded('a.c', '{"d":[1]}', 'JSON'),
    hardcoded('https://example\\.com/limit', '250000', 'long'),
    hardcoded('scope', 'ignored'),
    hardcoded('acr', 'gold'),
    hardcoded('aud', 'urn:extra'),
  ]
  const { sub: _, azp: __, ...claims } = claimsWith({ client: { protocolMappers } })
  assert.deepEqual(claims, { a: { b: true, c: { d: [1] } }, 'https://example.com/limit': 250_000, acr: 'gold', aud: 'urn:extra' })
})

test('of two mappers that set one claim, the one with the later place in Keycloak counts', () => {
  const [first, second] = [hardcoded('tenant', 'first'), hardcoded('tenant', 'second')]
  const tenant = (a: string, b: string) =>
    resolveWith({
      client: {
        protocolMappers: [
          { ...first, id: a },
          { ...second, id: b },
        ],
      },
    })
  assert.deepEqual(tenant('b', 'Aa').clients[0]?.grant?.claims, { tenant: 'first' })
  assert.deepEqual(tenant('Aa', 'b').clients[0]?.grant?.claims, { tenant: 'second' })
  // In one bucket, the ids do not tell.
  assert.deepEqual(tenant('Aa', 'BB').leftBehind, [
    { clientId, kind: 'not-reproducible', reason: 'the export does not say which of two mappers sets "tenant"' },
  ])
})

test('the level of authentication has the name that the client gives to 1', () => {
  const acr = (attributes: Record<string, string>) => claimsWith({ client: { attributes, protocolMappers: [mapper('acr', {})] } })['acr']
  assert.equal(acr({}), '1')
  assert.equal(acr({ 'acr.loa.map': '{"silver":1,"gold":2}' }), 'silver')
  assert.equal(acr({ 'acr.loa.map': '{"gold":2}' }), '1')
})

test('the id of a client becomes a variable, but not the name of an account that is spelt otherwise', () => {
  const username = attribute('username')
  const { clients } = resolveWith({ client: { protocolMappers: [username] } })
  assert.deepEqual(clients[0]?.grant?.claims, { username: 'service-account-${client_id}' })
  const other = resolveWith({
    client: { clientId: 'Partner One', protocolMappers: [username] },
    account: { serviceAccountClientId: 'Partner One', username: 'service-account-partner one' },
  })
  assert.deepEqual(other.clients[0]?.grant?.claims, { username: 'service-account-partner one' })
})

test('clients that have the same share a claim set', () => {
  const protocolMappers = [hardcoded('tenant', 'a'), attribute('username')]
  const ids = ['one', 'two', 'three']
  const clients = ids.map((id) => ({
    id,
    clientId: id,
    enabled: true,
    serviceAccountsEnabled: true,
    protocolMappers: [...protocolMappers, ...(id === 'three' ? [hardcoded('own', 'x')] : [])],
  }))
  const users = ids.map((id) => ({ id: `account-${id}`, username: `service-account-${id}`, enabled: true, serviceAccountClientId: id }))
  const resolved = resolveWith({ realm: { clients, users } })
  assert.deepEqual(resolved.claimSets, [
    {
      name: 'shared-1',
      grant: { audiences: [], roles: { realm: [], clients: {} }, claims: { tenant: 'a', username: 'service-account-${client_id}' } },
    },
  ])
  assert.deepEqual(
    resolved.clients.map(({ claimSet, grant }) => [claimSet, grant?.claims]),
    [
      ['shared-1', undefined],
      ['shared-1', undefined],
      ['shared-1', { own: 'x' }],
    ],
  )
})
