import assert from 'node:assert/strict'
import { test } from 'node:test'
import { maxScopeLength } from '@countersign/admin'
import { OAuthError } from '../errors.ts'
import { startTestServer, tokenRequest } from '../../test/test-server.fixture.ts'
import type { ClientRecord } from '../cache/records.ts'
import { parseConfiguration } from '../configuration/configuration.ts'
import type { Realm } from '../realms/realm.ts'
import { grantScope as decide } from './grant-scope.ts'

const has = ['profile', 'email']
const noClaimSets = { get: () => assert.fail('no client here has a claim set') }
const realmWith = (settings: string): Realm =>
  parseConfiguration(`realms: { one: { issuer: /one, tokenEndpoint: /one/token, audience: orders-api${settings} } }`, '/').realms.get(
    'one',
  )!
const strict = realmWith('')
const clientWith = (scopes: readonly string[], defaultScopes: readonly string[] | null = null) =>
  ({ scopes, defaultScopes }) as ClientRecord
const grantScope = (allowed: readonly string[], scope: string | undefined) =>
  decide(strict, clientWith(allowed), noClaimSets, { scope }).scope

const tolerant = realmWith(', compatibility: { openidScope: true }')
function grant(allowed: readonly string[], scope: string, tolerates: boolean) {
  const granted = decide(tolerates ? tolerant : strict, clientWith(allowed), noClaimSets, { scope })
  return { scope: granted.scope, answered: granted.answered }
}

test('a client that requests no scope gets all that it has', () => {
  assert.equal(grantScope(has, undefined), 'profile email')
})

test('a client that requests some of its scopes gets these, in the requested order', () => {
  assert.equal(grantScope(['a', 'b', 'c'], 'c a'), 'c a')
})

test('a scope that is requested twice is granted once', () => {
  assert.equal(grantScope(has, 'email email'), 'email')
})

test('the error for a scope that the client does not have lists those that it has', () => {
  assert.throws(
    () => grantScope(has, 'profile orders:read'),
    (error: OAuthError) => error.reason === 'scope-not-granted' && error.details.description!.includes('only profile email'),
  )
})

for (const [requested, scope] of [
  ['openid', 'profile email'],
  ['openid email', 'email'],
  ['email openid', 'email'],
  ['openid openid', 'profile email'],
] as const) {
  test(`fault 7.2: where "openid" is tolerated, "${requested}" is granted as if it were not there, and token and response name it`, () => {
    assert.deepEqual(grant(has, requested, true), { scope: `openid ${scope}`, answered: `openid ${scope}` })
    assert.throws(
      () => grant(has, requested, false),
      (error: OAuthError) => error.reason === 'scope-not-granted',
    )
  })
}

test('fault 7.2: "openid" adds nothing for a client without scopes, and to no request without it', () => {
  assert.deepEqual(grant([], 'openid', true), { scope: 'openid', answered: 'openid' })
  assert.deepEqual(grant(has, 'email', true), { scope: 'email', answered: 'email' })
  assert.throws(
    () => grant(has, 'openid offline_access', true),
    (error: OAuthError) => error.reason === 'scope-not-granted',
  )
  assert.throws(
    () => grant(has, 'OpenID', true),
    (error: OAuthError) => error.reason === 'scope-not-granted',
  )
})

test('fault 7.2: a scope "openid" that a realm declares itself and a client has is a scope like others', () => {
  assert.deepEqual(grant(['openid', 'email'], 'openid', true), { scope: 'openid', answered: 'openid' })
})

test('fault 7.2: "openid" beside the longest scope that a client can have is not too long', () => {
  const longest = 'x'.repeat(maxScopeLength)
  assert.equal(grant([longest], `openid ${longest}`, true).scope, `openid ${longest}`)
})

const alwaysDefaults = realmWith(', compatibility: keycloak')
for (const [what, realm, requested, scope] of [
  ['a client with default scopes gets these if it requests none', strict, undefined, 'profile email'],
  ['a client with default scopes gets exactly what it requests', strict, 'orders', 'orders'],
  [
    "in a realm with Keycloak's rule a client gets its default scopes and what it requests",
    alwaysDefaults,
    'orders',
    'profile email orders',
  ],
  ["in a realm with Keycloak's rule a client gets its default scopes once", alwaysDefaults, 'email orders', 'profile email orders'],
] as const) {
  test(what, () => {
    assert.equal(decide(realm, clientWith(['profile', 'email', 'orders'], has), noClaimSets, { scope: requested }).scope, scope)
  })
}

test('a scope that the realm or the client does not show acts without being named', () => {
  const realm = realmWith(', scopes: [profile, { name: acts, shown: false }]')
  const client = {
    ...clientWith(['profile', 'acts', 'own']),
    grants: { claimSet: null, own: null, ofScopes: new Map([['own', { shown: false }]]) },
  }
  const { scope, answered, scopes } = decide(realm, client, noClaimSets, {})
  assert.deepEqual({ scope, answered, scopes }, { scope: 'profile', answered: 'profile', scopes: ['profile', 'acts', 'own'] })
})

const twoApis = realmWith(', scopes: [orders], apis: { stock-api: { scopes: [stock, bins] }, kyc-api: {} }')
const ofBoth = clientWith(['orders', 'stock', 'bins', 'entitlements:read', 'decisions:write'])
for (const [what, client, form, scope, api] of [
  ['a token for which no API is chosen is for the API of the realm', ofBoth, {}, 'orders entitlements:read decisions:write', undefined],
  [
    '"resource" chooses an API, with the scopes of that one',
    ofBoth,
    { resource: 'stock-api' },
    'stock bins entitlements:read decisions:write',
    'stock-api',
  ],
  ['"audience" does so too', ofBoth, { audience: 'stock-api' }, 'stock bins entitlements:read decisions:write', 'stock-api'],
  ['a requested scope chooses its API', ofBoth, { scope: 'bins' }, 'bins', 'stock-api'],
  ['"resource" can name the API of the realm', ofBoth, { resource: 'orders-api', scope: 'orders' }, 'orders', 'orders-api'],
  ['the default of a client of one other API is that one', clientWith(['stock']), {}, 'stock', 'stock-api'],
  ['a client without scopes gets a token for the API of the realm', clientWith([]), {}, '', undefined],
] as const) {
  test(what, () => {
    const granted = decide(twoApis, client, noClaimSets, form)
    assert.deepEqual([granted.scope, granted.api], [scope, api])
  })
}

for (const [what, form, code] of [
  ['scopes of two APIs', { scope: 'orders stock' }, 'invalid-scope'],
  ['a scope of another API than "resource" names', { scope: 'orders', resource: 'stock-api' }, 'invalid-scope'],
  ['an API of which the client has no scope', { resource: 'kyc-api' }, 'invalid-target'],
  ['an API that the realm does not have', { resource: 'https://elsewhere.example.com' }, 'invalid-target'],
  ['"resource" and "audience" that differ', { resource: 'stock-api', audience: 'orders-api' }, 'invalid-target'],
] as const) {
  test(`a request for ${what} is denied`, () => {
    assert.throws(
      () => decide(twoApis, ofBoth, noClaimSets, form),
      (error: OAuthError) => error.code === code,
    )
  })
}

const oversized = {
  '100 kB in one token': 'x'.repeat(100_000),
  '10,000 tokens': Array.from({ length: 10_000 }, (_, i) => `t${i}`).join(' '),
  'one token 10,000 times': Array.from({ length: 10_000 }, () => 'profile').join(' '),
}
for (const [what, scope] of Object.entries(oversized)) {
  test(`abuse 014: ${what} is rejected before it is parsed`, (t) => {
    const split = t.mock.method(String.prototype, 'split')
    assert.throws(
      () => grantScope(has, scope),
      (error: OAuthError) => error.code === 'invalid-scope',
    )
    assert.equal(split.mock.callCount(), 0)
  })
}

const malformed = {
  'a tab': 'profile\temail',
  'a newline': 'profile\nemail',
  'a double quote': '"profile"',
  'a backslash': 'pro\\file',
  'a letter outside ASCII': 'prófile',
  'a double space': 'profile  email',
  'a leading space': ' profile',
  'a trailing space': 'profile ',
}
for (const [what, scope] of Object.entries(malformed)) {
  test(`abuse 015: a scope with ${what} is rejected as malformed`, () => {
    assert.throws(
      () => grantScope(has, scope),
      (error: OAuthError) => error.code === 'invalid-scope' && error.reason === 'scope-malformed',
    )
  })
}

test('abuse 016: an empty scope counts as absent', async () => {
  const { aClient, requestToken } = await startTestServer()
  const response = await requestToken('nt24-idp', { ...tokenRequest(await aClient('nt24-idp')), scope: '' })
  assert.equal(response.json().scope, 'profile email')
})

test('abuse 016: a requested scope is never narrowed silently', async () => {
  const { aClient, requestToken } = await startTestServer()
  const response = await requestToken('nt24-idp', { ...tokenRequest(await aClient('nt24-idp')), scope: 'profile orders:read' })
  assert.equal(response.json().error, 'invalid_scope')
})

test('abuse 017: a scope is granted from the change that adds it to the change that removes it', async () => {
  const { aClient, requestToken, admin } = await startTestServer()
  const client = await aClient('nt24-idp')
  const params = { realm: 'nt24-idp', client: client.clientId }
  const scopeNow = async () => (await requestToken('nt24-idp', tokenRequest(client))).json().scope
  await admin('clients.update', { params, body: { scopes: ['orders:read'] } })
  assert.equal(await scopeNow(), 'orders:read')
  await admin('clients.update', { params, body: { scopes: [] } })
  assert.equal(await scopeNow(), '')
})
