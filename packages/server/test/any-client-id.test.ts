// Clients whose ids are URLs, text with spaces, any script: at every place that takes or shows a client id.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createAdminClient, spellOutInvisible } from '@countersign/admin'
import { createTokenProvider } from '@countersign/client'
import { createRemoteGuard, meRequirement } from '@countersign/guard'
import { formatBasic } from '@countersign/protocol'
import { shareTestServer, tokenRequest } from './test-server.fixture.ts'

const realm = 'nt24-idp'
const ids = [
  'Partner With Spaces',
  'client:with:colons/and+plus%25',
  'https://partner.example/x?y#z',
  'klient-žluťoučký-Ünïcode',
  'a/../b',
  '../a',
  'with%2Fescape',
  '"quoted"\'$(id)`;<b>',
  'emoji-🙂',
  '__proto__',
  '/'.repeat(255),
  '𝒳'.repeat(255),
]

suite('any printable client id', () => {
  const shared = shareTestServer()
  const create = (clientId: string) => shared().aClient(realm, { clientId, scopes: ['profile', 'entitlements:read'] })

  for (const clientId of ids) {
    test(`${clientId.slice(0, 40)}: a client is created, found, changed and deleted, and gets tokens in every way`, async () => {
      const { admin, requestAdmin, request, requestToken, tokenOf, operator, auditEvents, log } = shared()
      const client = await create(clientId)
      const params = { realm, client: clientId }
      assert.equal((await admin('clients.get', { params })).clientId, clientId)
      assert.equal((await admin('clients.update', { params, body: { name: 'Renamed' } })).name, 'Renamed')
      const { items } = await admin('clients.list', { params: { realm }, query: { organization: client.slug } })
      assert.deepEqual(
        items.map((item) => item.clientId),
        [clientId],
      )
      const taken = await requestAdmin('clients.create', { params: { realm }, body: { organization: client.slug, clientId, name: 'n' } })
      assert.deepEqual([taken.statusCode, taken.json().detail.includes(clientId)], [409, true])

      for (const [form, headers] of [
        [tokenRequest(client), {}],
        [{ grant_type: 'client_credentials' }, { authorization: formatBasic(client) }],
      ] as const) {
        const response = await requestToken(realm, { ...form }, headers)
        assert.equal(response.statusCode, 200, response.body)
        const claims = JSON.parse(Buffer.from(response.json().access_token.split('.')[1], 'base64url').toString()) as Record<
          string,
          unknown
        >
        assert.equal(claims['client_id'], clientId)
      }
      const headers = { authorization: `Bearer ${await tokenOf(realm, client)}` }
      assert.equal((await request({ url: `/realms/${realm}/v1/me`, headers })).json().client.clientId, clientId)
      const query = new URLSearchParams({ client_id: clientId }).toString()
      const entitlement = await request({ url: `/realms/${realm}/v1/entitlement?${query}`, headers })
      assert.equal(entitlement.json().client?.clientId, clientId, entitlement.body)

      const asOperator = { authorization: `Bearer ${await tokenOf('operators', operator)}` }
      const listed = await request({ url: `/admin/realms/${realm}/clients`, query: { clientId }, headers: asOperator })
      assert.deepEqual(
        listed.json().map((item: { clientId: string }) => item.clientId),
        [clientId],
      )
      const found = await admin('audit.search', { params: {}, query: { client: clientId, kind: 'clients.update' } })
      assert.deepEqual(
        found.items.map((event) => event.clientId),
        [clientId],
      )
      assert.ok((await auditEvents()).some((event) => event.client_id === clientId && event.kind === 'token.request'))
      for (const line of log) assert.ok(line.endsWith('\n') && !line.slice(0, -1).includes('\n'))

      assert.equal((await admin('rotation.start', { params, body: {} })).client, clientId)
      const twice = await requestAdmin('rotation.start', { params, body: {} })
      assert.equal(twice.statusCode, 409)
      await admin('clients.delete', { params })
      assert.equal((await requestAdmin('clients.get', { params })).statusCode, 404)
    })
  }

  test('the command in a remedy is one word for a shell', async () => {
    const { admin, requestAdmin } = shared()
    const { clientId } = await create('Rotating $(id) client')
    const params = { realm, client: clientId }
    await admin('rotation.start', { params, body: {} })
    const { remedy } = (await requestAdmin('rotation.start', { params, body: {} })).json()
    assert.ok(remedy.includes(`"countersign secret cancel 'Rotating $(id) client' --realm ${realm}"`), remedy)
  })

  test('abuse 050: ids that differ in case, in normalization or by a space are different clients', async () => {
    const { tokenOf, requestToken } = shared()
    const different = ['Café', 'café', 'Cafe\u0301', 'Ｃafé', 'Caf é']
    const clients = await Promise.all(different.map((clientId) => create(clientId)))
    for (const client of clients) {
      await tokenOf(realm, client)
      for (const other of clients) {
        if (other !== client)
          assert.equal((await requestToken(realm, tokenRequest({ ...client, clientId: other.clientId }))).statusCode, 401)
      }
    }
  })

  for (const clientId of ['', '.', '..', ' a', 'a ', 'a\nb', 'a\u0000b', 'a\u202Eb', 'a\u200Bb', 'a'.repeat(256), '\uD800']) {
    test(`${JSON.stringify(spellOutInvisible(clientId.slice(0, 10)))} is refused`, async () => {
      const { requestAdmin, aClient } = shared()
      const { slug } = await aClient(realm, { clientId: `beside-${Buffer.from(clientId).toString('hex').slice(0, 20)}x` })
      const response = await requestAdmin('clients.create', { params: { realm }, body: { organization: slug, clientId, name: 'n' } })
      assert.deepEqual([response.statusCode, response.json().errors[0].pointer], [400, '/clientId'])
    })
  }

  test('a realm without anyClientId takes only plain ids, and says what they are', async () => {
    const { requestAdmin, aClient } = shared()
    const { slug } = await aClient('partner-api')
    const attempt = (clientId: string) =>
      requestAdmin('clients.create', { params: { realm: 'partner-api' }, body: { organization: slug, clientId, name: 'n' } })
    const refused = await attempt('Partner With Spaces')
    const { detail, remedy, errors } = refused.json()
    assert.equal(refused.statusCode, 400)
    assert.match(detail, /realm "partner-api" have letters, digits, "\.", "_" and "-", at most 128/)
    assert.match(remedy, /anyClientId: true/)
    assert.deepEqual(
      errors.map(({ pointer }: { pointer: string }) => pointer),
      ['/clientId'],
    )
    assert.equal((await attempt('plain.id-1')).statusCode, 201)
    const odd = { params: { realm: 'partner-api', client: 'https://partner.example/x?y#z' } }
    assert.equal((await requestAdmin('clients.get', odd)).statusCode, 404)
  })

  test('admin client, client library and guard find a client with such an id', async () => {
    const { listen, operator, realms, clock, tokenOf } = shared()
    const { origin } = await listen()
    const toServer = (input: string | URL | Request, init?: RequestInit) => {
      const { pathname, search } = new URL(String(input))
      return fetch(origin + pathname + search, init)
    }
    const clientId = 'https://partner.example/apps/erp?x=1&y=ž#🙂'
    const client = await create(clientId)
    const token = await tokenOf('operators', operator)
    const asOperator: typeof fetch = (input, init) =>
      toServer(input, { ...init, headers: { ...Object.fromEntries(new Headers(init?.headers)), authorization: `Bearer ${token}` } })
    const api = createAdminClient({ serverUrl: 'http://localhost:8080', fetch: asOperator })
    assert.equal((await api.call('clients.get', { params: { realm, client: clientId } })).clientId, clientId)

    const { issuer, audience } = realms.get(realm)!
    const credentials = { clientId, clientSecret: client.clientSecret }
    const provider = createTokenProvider({ issuer, ...credentials, fetch: toServer })
    const guard = createRemoteGuard({
      issuer,
      realm,
      audience: audience!,
      tokenProfile: 'keycloak',
      credentials,
      clock: clock.now,
      fetch: toServer,
    })
    await guard.ready()
    const access = await guard.authorize(
      { rawHeaders: ['Authorization', `Bearer ${await provider.getToken()}`], params: {} },
      meRequirement,
    )
    assert.ok(access.allowed)
    assert.equal(guard.me(access).client.clientId, clientId)
  })
})
