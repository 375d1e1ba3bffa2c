import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { backUpSqlite } from '../recovery/sqlite-files.ts'
import { createServer } from '../server.ts'
import { startTestServer, tokenRequest } from '../../test/test-server.fixture.ts'
import { createDamageAlarm, parseChoices, parseTexts } from './damage.ts'

const realm = 'nt24-idp'
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

async function startWithTwo(slug = 'acme') {
  const server = await startTestServer({ nodes: 1, settings: 'operationsListen: 127.0.0.1:0' })
  const [acme, other] = [await server.aClient(realm, { slug }), await server.aClient(realm, { slug: 'other' })]
  server.expectErrors()
  const me = async (token: string) => server.request({ url: '/v1/me', headers: bearer(token) })
  /** The alarms in the log. */
  const alarms = () =>
    server.log
      .map((line) => JSON.parse(line) as { level: number; damage?: { table: string; row: string; column: string } })
      .flatMap(({ level, damage }) => (level >= 50 && damage ? [damage] : []))
  return { ...server, acme, other, me, alarms, params: { realm, client: acme.clientId } }
}

const damages = [
  ['scopes', `'["profile"'`],
  ['scopes', `'{}'`],
  ['scopes', `''`],
  ['signing_algorithm', `'HS256'`],
  ['authentication_methods', `'[1]'`],
  ['access_token_lifetime', '0'],
] as const
for (const [column, value] of damages) {
  test(`abuse 156: a client whose ${column} are ${value} gets 503, others are unaffected, an operator repairs it`, async () => {
    const { database, requestToken, admin, acme, other, alarms, params } = await startWithTwo()
    await database.query(`update clients set ${column} = ${value} where client_id = ?`, acme.clientId)

    const refused = await requestToken(realm, tokenRequest(acme))
    assert.deepEqual([refused.statusCode, refused.json().error], [503, 'temporarily_unavailable'])
    assert.equal((await requestToken(realm, tokenRequest({ ...acme, clientSecret: other.clientSecret }))).statusCode, 401)
    assert.equal((await requestToken(realm, tokenRequest(other))).statusCode, 200)
    const [row] = await database.query<{ id: string }>('select id from clients where client_id = ?', acme.clientId)
    assert.deepEqual(alarms()[0], { table: 'clients', row: row!.id, column })
    assert.equal(alarms().length, 1, 'a row is told of once a minute')

    assert.equal((await admin('clients.list', { params: { realm } })).items.length, 2)
    await admin('clients.update', {
      params,
      body: { scopes: ['email'], authenticationMethods: ['client_secret_post'], accessTokenLifetime: null, signingAlgorithm: null },
    })
    assert.equal((await requestToken(realm, tokenRequest(acme))).json().scope, 'email')
  })
}

test('a token of a client with damaged scopes gets 503, neither 200 nor a missing scope', async () => {
  const { database, tokenOf, acme, other, me, admin, params } = await startWithTwo()
  const [token, othersToken] = [await tokenOf(realm, acme), await tokenOf(realm, other)]
  await database.query(`update clients set scopes = '["profile"' where client_id = ?`, acme.clientId)
  await admin('clients.update', { params, body: { name: 'not cached any more' } })
  assert.deepEqual([(await me(token)).statusCode, (await me(othersToken)).statusCode], [503, 200])
})

test('abuse 156: damaged capabilities give an organization 503, keep its tokens, and are repaired by setting one', async () => {
  const { database, admin, tokenOf, acme, other, me, alarms, listenEverywhere } = await startWithTwo()
  const [token, othersToken] = [await tokenOf(realm, acme), await tokenOf(realm, other)]
  await database.query(`update organizations set capabilities = '{"a":' where slug = 'acme'`)

  const refused = await me(token)
  assert.deepEqual([refused.statusCode, refused.json().type], [503, 'http://localhost:8080/problems/temporarily-unavailable'])
  assert.equal((await me(othersToken)).statusCode, 200)
  assert.deepEqual(alarms(), [{ table: 'organizations', row: acme.organizationId, column: 'capabilities' }])
  const { operations } = await listenEverywhere()
  assert.match(await (await fetch(new URL('/metrics', operations))).text(), /countersign_damaged_rows_total\{table="organizations"\} [1-9]/)

  const params = { realm, organization: 'acme', capability: 'allowMarketplaceLedKyc' }
  assert.deepEqual((await admin('capabilities.set', { params, body: { value: true } })).capabilities, { allowMarketplaceLedKyc: true })
  assert.equal((await me(token)).statusCode, 200)
})

test('abuse 156: renaming an organization with damaged capabilities does not silently remove them', async () => {
  const { database, admin } = await startWithTwo()
  await database.query(`update organizations set capabilities = 'x' where slug = 'acme'`)
  await admin('organizations.update', { params: { realm, organization: 'acme' }, body: { name: 'Acme' } })
  const [row] = await database.query<{ capabilities: string }>(`select capabilities from organizations where slug = 'acme'`)
  assert.equal(row!.capabilities, 'x')
})

test('abuse 156: a requestor with damaged permissions is left out, the others of the organization stay', async () => {
  const { database, admin, acme, tokenOf, me, request, aClient, alarms } = await startWithTwo()
  const params = { realm, organization: 'acme' }
  const [ada, bob] = [
    await admin('requestors.create', { params, body: { permissions: ['payments:create'] } }),
    await admin('requestors.create', { params, body: { permissions: ['payments:create'] } }),
  ]
  await database.query(`update requestors set permissions = '["payments:create",' where id = ?`, ada.id)
  assert.equal((await me(await tokenOf(realm, acme))).statusCode, 200)
  const guard = await aClient(realm, { slug: 'guard', scopes: ['entitlements:read'] })
  const url = `/realms/nt24-idp/v1/organizations/${acme.organizationId}/entitlement`
  const { requestors } = (await request({ url, headers: bearer(await tokenOf(realm, guard)) })).json()
  assert.deepEqual(requestors, [{ id: bob.id, permissions: ['payments:create'] }])
  assert.deepEqual(alarms()[0], { table: 'requestors', row: ada.id, column: 'permissions' })
  assert.equal((await admin('requestors.list', { params })).items.length, 2)
})

test('abuse 156: a secret with a damaged digest is rejected, and the other one of the client still works', async () => {
  const { database, admin, acme, requestToken, alarms, params } = await startWithTwo()
  const { clientSecret, secrets } = await admin('rotation.start', { params, body: {} })
  await database.query(`update credentials set material = substr(material, 1, 16) where id = ?`, secrets[1]!.id)
  assert.equal((await requestToken(realm, tokenRequest(acme))).statusCode, 401)
  assert.equal((await requestToken(realm, tokenRequest({ ...acme, clientSecret: clientSecret! }))).statusCode, 200)
  assert.deepEqual(alarms()[0], { table: 'credentials', row: secrets[1]!.id, column: 'material' })
})

test('abuse 156: a damaged event does not hide the others', async () => {
  const { database, admin } = await startWithTwo()
  await database.query(`update audit_events set detail = '{' where kind = 'organizations.create'`)
  const { items } = await admin('audit.search', { params: {}, query: { kind: 'organizations.create' } })
  assert.deepEqual(items[0]!.detail, { unreadable: '{' })
})

test('abuse 203: a realm with an undecryptable signing key answers 503, other realms work, no key is created', async (t) => {
  const { database, configuration, folder, clock, acme, aClient, tokenOf } = await startWithTwo()
  const prod = await aClient('prod')
  const token = await tokenOf(realm, acme)
  await database.query(`update signing_keys set wrapped_private_key = substr(wrapped_private_key, 1, 40) where realm = 'nt24-idp'`)
  const log: string[] = []
  // A SQLite file belongs to one server, so the other one gets a copy.
  const isFile = configuration.store.startsWith('sqlite:')
  if (isFile) backUpSqlite(configuration.store, join(folder, 'copy.db'))
  const store = isFile ? `sqlite:${join(folder, 'copy.db')}` : configuration.store
  const restarted = { ...configuration, operationsListen: null, store }
  const server = await createServer({ configuration: restarted, clock: clock.now, logStream: { write: (line) => void log.push(line) } })
  t.after(() => server.close())

  const post = (url: string, client: { clientId: string; clientSecret: string }) =>
    server.app.inject({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams(tokenRequest(client)).toString(),
    })
  const refused = await post('/realms/nt24-idp/protocol/openid-connect/token', acme)
  assert.deepEqual([refused.statusCode, refused.json().error], [503, 'temporarily_unavailable'])
  assert.equal((await server.app.inject({ url: '/v1/me', headers: bearer(token) })).statusCode, 503)
  assert.equal((await server.app.inject({ url: '/realms/nt24-idp/protocol/openid-connect/certs' })).statusCode, 503)
  assert.equal((await post('/auth/realms/prod/protocol/openid-connect/token', prod)).statusCode, 200)
  assert.match(log.join(''), /"level":50.*"table":"signing_keys"/)
  const keys = await database.query<{ count: number }>(`select count(*) as count from signing_keys where realm = 'nt24-idp'`)
  assert.equal(Number(keys[0]!.count), 1)
})

test('lists contain texts, choices contain flags and texts, and anything else is damage', () => {
  assert.deepEqual([parseTexts('["a"]'), parseTexts('[]')], [['a'], []])
  for (const json of ['', '{', 'null', '{}', '[1]', '"a"']) assert.equal(parseTexts(json), undefined, json)
  assert.deepEqual(parseChoices('{"a":true,"b":"c"}'), { a: true, b: 'c' })
  for (const json of ['', '[', 'null', '[]', '{"a":1}', '{"a":null}']) assert.equal(parseChoices(json), undefined, json)
})

test('a damaged row is counted at every read, and logged once a minute', () => {
  let now = 0
  const logged: unknown[] = []
  const alarm = createDamageAlarm({ error: (what: unknown) => void logged.push(what) }, () => now)
  const damage = { table: 'clients', row: '1', column: 'scopes' } as const
  alarm.raise(damage)
  alarm.raise(damage)
  now = 60_000
  alarm.raise(damage)
  assert.deepEqual([logged.length, alarm.counts().get('clients')], [2, 3])
})
