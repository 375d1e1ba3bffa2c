// Scopes of a resolved client, and what stays behind.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { attribute, clientId, hardcoded, mapper, realmRoles, resolveWith, scope } from './exported-realm.fixture.ts'
import { mergedToken } from './merged-token.fixture.ts'

test('default scopes are always granted, optional ones on request, and some are not named', () => {
  const scopes = [scope('hidden', [hardcoded('h', '1')], false), scope('profile'), scope('more', [hardcoded('m', '2')])]
  const resolved = resolveWith({ client: { defaultClientScopes: ['hidden', 'profile'], optionalClientScopes: ['more'] }, scopes })
  const [none, more] = [mergedToken(resolved, clientId), mergedToken(resolved, clientId, ['more'])]
  assert.deepEqual([none.scope, none.claims['h'], none.claims['m']], [['profile'], '1', undefined])
  assert.deepEqual([more.scope, more.claims['h'], more.claims['m']], [['profile', 'more'], '1', '2'])
})

test('a scope that maps roles is accepted from every client, but acts only for accounts that have one of them', () => {
  const parts = {
    client: { optionalClientScopes: ['kyc'] },
    scopes: [scope('kyc', [hardcoded('kyc', 'yes')])],
    realm: { scopeMappings: [{ clientScope: 'kyc', roles: ['led'] }] },
  }
  const without = resolveWith(parts)
  assert.deepEqual(without.clients[0]?.scopeGrants, { kyc: { shown: false } })
  assert.deepEqual(without.clients[0]?.scopes, ['kyc'])
  const held = mergedToken(resolveWith({ ...parts, account: { realmRoles: ['led'] } }), clientId, ['kyc'])
  assert.deepEqual([held.scope, held.claims['kyc']], [['kyc'], 'yes'])
})

test('a scope whose claims depend on another scope stays behind', () => {
  const flatRoles = mapper('usermodel-realm-role', { 'claim.name': 'groups', multivalued: 'true' })
  const resolved = resolveWith({
    client: { fullScopeAllowed: false, defaultClientScopes: ['roles'], optionalClientScopes: ['flat', 'orders', 'kyc'] },
    account: { realmRoles: ['led', 'trade'] },
    scopes: [scope('roles', [realmRoles]), scope('flat', [flatRoles, hardcoded('upn', 'x')]), scope('orders'), scope('kyc')],
    realm: {
      scopeMappings: [
        { clientScope: 'orders', roles: ['trade'] },
        { clientScope: 'kyc', roles: ['led'] },
      ],
    },
  })
  assert.deepEqual(
    resolved.leftBehind.map((one) => one.scope),
    ['flat'],
  )
  assert.deepEqual(mergedToken(resolved, clientId, ['orders', 'kyc']).claims['realm_access'], { roles: ['trade', 'led'] })
})

for (const [what, client, kind] of [
  ['a public client', { publicClient: true }, 'no-machine-client'],
  ['a client without a service account', { serviceAccountsEnabled: false }, 'no-machine-client'],
  ['a client with lightweight tokens', { attributes: { 'client.use.lightweight.access.token.enabled': 'true' } }, 'lightweight'],
  ['a client with refresh tokens', { attributes: { 'client_credentials.use_refresh_token': 'true' } }, 'refresh-token'],
  ['a client whose tokens are bound to a key', { attributes: { 'dpop.bound.access.tokens': 'true' } }, 'bound-token'],
  ['a client that authenticates by a certificate', { clientAuthenticatorType: 'client-x509' }, 'method'],
  ['a client whose tokens have a MAC', { attributes: { 'access.token.signed.response.alg': 'HS512' } }, 'not-reproducible'],
  ['a client with an unknown mapper', { protocolMappers: [mapper('script-based', {})] }, 'not-reproducible'],
  [
    'a client with a claim in the response',
    { protocolMappers: [mapper('hardcoded-claim', { 'access.tokenResponse.claim': 'true' })] },
    'not-reproducible',
  ],
  ['a client with the text of a variable', { protocolMappers: [hardcoded('template', 'Dear ${client_id}')] }, 'not-reproducible'],
] as const) {
  test(`${what} stays behind`, () => {
    const resolved = resolveWith({ client })
    assert.deepEqual(resolved.clients, [])
    assert.deepEqual(
      resolved.leftBehind.map((one) => [one.clientId, one.kind]),
      [[clientId, kind]],
    )
  })
}

test('a client that calls itself another does so by its own grant, and a scope cannot', () => {
  const [client] = resolveWith({ client: { protocolMappers: [hardcoded('azp', 'other')] } }).clients
  assert.equal(client?.grant?.claims['azp'], 'other')
})

test('a client comes in disabled if its account is disabled or deleted', () => {
  assert.deepEqual(
    resolveWith({ account: { enabled: false } }).clients.map(({ enabled, subject }) => [enabled, subject]),
    [[false, 'account-1']],
  )
  assert.deepEqual(
    resolveWith({ realm: { users: [] } }).clients.map(({ enabled, subject }) => [enabled, subject]),
    [[false, undefined]],
  )
})

test('a lifetime is cut by the longest session', () => {
  const lifetime = (attributes: Record<string, string>) => resolveWith({ client: { attributes } }).clients[0]?.accessTokenLifetime
  assert.equal(lifetime({}), null)
  assert.equal(lifetime({ 'access.token.lifespan': '60' }), 60)
  assert.equal(lifetime({ 'access.token.lifespan': '172800' }), 36_000)
  assert.equal(lifetime({ 'access.token.lifespan': '-1' }), 36_000)
  assert.equal(lifetime({ 'client.session.max.lifespan': '120' }), 120)
})

test('a realm has "client_id" in its tokens as long as every client has', () => {
  const named = mapper('usersessionmodel-note', { 'user.session.note': 'client_id', 'claim.name': 'client_id' })
  assert.deepEqual(resolveWith({ client: { protocolMappers: [named] } }).settings.omitClaims, ['organization_id'])
  assert.deepEqual(resolveWith({ client: { protocolMappers: [attribute('x')] } }).settings.omitClaims, ['organization_id', 'client_id'])
})

test('a realm that a proxy has below a path is also at its own', () => {
  const { issuer, tokenEndpoint, aliases } = resolveWith({
    realm: { attributes: { frontendUrl: 'https://sso.example.com/auth' } },
  }).settings
  assert.equal(issuer, 'https://sso.example.com/auth/realms/partners')
  assert.equal(tokenEndpoint, '/auth/realms/partners/protocol/openid-connect/token')
  assert.deepEqual(aliases, ['/realms/partners'])
  assert.deepEqual(resolveWith({}).settings.aliases, [])
})
