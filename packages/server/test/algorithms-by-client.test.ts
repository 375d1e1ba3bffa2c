// Clients of one realm whose tokens are signed by different algorithms: for each, a verifier that is not ours, our own guard, and our
// endpoints.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify, type JSONWebKeySet } from 'jose'
import { createRemoteGuard } from '@countersign/guard'
import type { SigningAlgorithmName } from '@countersign/protocol'
import { shareTestServer, startTestServer, tokenRequest } from './test-server.fixture.ts'
import { nodes } from './store/test-store.fixture.ts'

const realm = 'many'
const further = ['ES384', 'ES512', 'EdDSA', 'RS256', 'PS256', 'RS384', 'RS512', 'PS384', 'PS512'] as const
const all = ['ES256', ...further]
const realmOne = `
  one: { issuer: /one, tokenEndpoint: /one/token, audience: api, signingAlgorithm: ES256, signingAlgorithms: [EdDSA] }
`
const realms = `${realmOne}
  many:
    issuer: /many
    tokenEndpoint: /many/token
    audience: api
    signingAlgorithm: ES256
    signingAlgorithms: [${further.join(', ')}]
    scopes: [read]
    defaultScopes: [read]
`

suite('clients of a realm with ten algorithms', () => {
  const shared = shareTestServer({ realms })

  const aClientWith = (signingAlgorithm: SigningAlgorithmName | null) => shared().aClient(realm, { signingAlgorithm })
  const read = async <T>(url: string) => (await shared().request({ url })).json<T>()
  const keySet = () => read<JSONWebKeySet>('/many/.well-known/jwks.json')
  const me = async (token: string) =>
    (await shared().request({ url: '/many/v1/me', headers: { authorization: `Bearer ${token}` } })).statusCode
  const isActive = async (client: { clientId: string; clientSecret: string }, token: string) => {
    const form = { token, client_id: client.clientId, client_secret: client.clientSecret }
    return (await shared().postForm('/many/oauth2/introspect', form)).json<{ active: boolean }>().active
  }

  test('the keys of all algorithms are published on every node before a client has one of them', async () => {
    const sets: string[] = []
    for (let node = 0; node < nodes; node++) {
      const { keys } = await keySet()
      assert.deepEqual(keys.map(({ alg }) => alg).toSorted(), all.toSorted())
      sets.push(JSON.stringify(keys.map(({ kid }) => kid).toSorted()))
    }
    assert.equal(new Set(sets).size, 1)
    const metadata = await read<Record<string, string[]>>('/many/.well-known/openid-configuration')
    assert.deepEqual(metadata['access_token_signing_alg_values_supported'], all)
  })

  for (const algorithm of [null, ...further]) {
    test(`a client with ${algorithm ?? 'none of its own'} gets tokens that jose, our guard and introspection accept, until they are revoked`, async () => {
      const client = await aClientWith(algorithm)
      const token = await shared().tokenOf(realm, client)
      const expected = algorithm ?? 'ES256'
      const { issuer } = shared().realms.get(realm)!
      const options = { issuer, audience: 'api', typ: 'at+jwt', algorithms: [expected], currentDate: new Date(shared().clock.now()) }
      const { protectedHeader } = await jwtVerify(token, createLocalJWKSet(await keySet()), options)
      assert.equal(protectedHeader.alg, expected)
      assert.deepEqual([await me(token), await isActive(client, token)], [200, true])
      const form = { token, client_id: client.clientId, client_secret: client.clientSecret }
      assert.equal((await shared().postForm('/many/oauth2/revoke', form)).statusCode, 200)
      assert.deepEqual([await me(token), await isActive(client, token)], [401, false])
    })
  }

  test('abuse 207: the algorithm of a client is changed from the next token on, shown and recorded, and earlier tokens stay valid', async () => {
    const { admin, tokenOf, database, clock } = shared()
    const client = await aClientWith('EdDSA')
    const params = { realm, client: client.clientId }
    const tokens: string[] = []
    for (const signingAlgorithm of [undefined, 'ES384', null] as const) {
      clock.advance(1) // Events of one instant are in the order of the nodes.
      if (signingAlgorithm !== undefined) await admin('clients.update', { params, body: { signingAlgorithm } })
      tokens.push(await tokenOf(realm, client))
    }
    assert.deepEqual(
      tokens.map((token) => decodeProtectedHeader(token).alg),
      ['EdDSA', 'ES384', 'ES256'],
    )
    for (const token of tokens) assert.equal(await me(token), 200)
    assert.equal((await admin('clients.get', { params })).signingAlgorithm, null)
    const events = await database.query<{ detail: string }>(
      `select detail from audit_events where client_id = '${client.clientId}' and kind like 'clients.%' order by id`,
    )
    const recorded = events.map(({ detail }) => (JSON.parse(detail) as { signingAlgorithm?: string | null }).signingAlgorithm)
    assert.deepEqual(recorded, ['EdDSA', 'ES384', null])
  })

  test('a remote guard accepts every algorithm, and one with fewer says which it does not accept', async () => {
    const { request, realms, clock, aClient, tokenOf } = shared()
    const send = async (input: string | URL | Request, { method = 'GET', headers, body }: RequestInit = {}) => {
      const payload = body instanceof URLSearchParams ? body.toString() : (body as string | undefined)
      const sent = Object.fromEntries(new Headers(headers))
      const response = await request({
        method: method as 'GET',
        url: String(input).replace(/^https?:\/\/[^/]+/, ''),
        headers: sent,
        ...(payload !== undefined && { payload }),
      })
      return new Response(response.body, { status: response.statusCode, headers: response.headers as Record<string, string> })
    }
    const credentials = await aClient(realm, { scopes: ['entitlements:read'], signingAlgorithm: 'PS256' })
    const { issuer } = realms.get(realm)!
    const options = { issuer, realm, tokenProfile: 'rfc9068', audience: 'api', clock: clock.now, fetch: send, credentials } as const
    const [any, few] = [createRemoteGuard(options), createRemoteGuard({ ...options, algorithms: ['ES256'] })]
    const decide = (guard: typeof any, token: string) =>
      guard.authorize({ rawHeaders: ['Authorization', `Bearer ${token}`], params: {} }, { dpa: 'any' })
    const [own, other] = [await tokenOf(realm, await aClientWith(null)), await tokenOf(realm, await aClientWith('RS512'))]
    for (const token of [own, other]) assert.ok((await decide(any, token)).allowed)
    assert.ok((await decide(few, own)).allowed)
    const denial = await decide(few, other)
    assert.ok(!denial.allowed)
    assert.deepEqual([denial.code, denial.detail], ['invalid-token', 'This API does not accept tokens signed by RS512.'])
    assert.match(denial.remedy ?? '', /^A new token does not help/)
  })

  test('an algorithm that the realm does not have is refused, with those that it has and the setting', async () => {
    const { requestAdmin, aClient } = shared()
    const { clientId, slug } = await aClient('one')
    const asked = [
      await requestAdmin('clients.create', {
        params: { realm: 'one' },
        body: { organization: slug, clientId: 'other', name: 'Other', signingAlgorithm: 'PS256' },
      }),
      await requestAdmin('clients.update', { params: { realm: 'one', client: clientId }, body: { signingAlgorithm: 'PS256' } }),
    ]
    for (const response of asked) {
      assert.equal(response.statusCode, 400)
      const { detail, remedy, errors } = response.json<{ detail: string; remedy: string; errors: object[] }>()
      assert.match(detail, /^The realm "one" does not have the signing algorithm "PS256"\. The setting "signingAlgorithms"/)
      assert.match(remedy, /^Use one of ES256, EdDSA, or add it to "signingAlgorithms"/)
      assert.deepEqual(errors, [{ pointer: '/signingAlgorithm', detail: 'expected one of ES256, EdDSA' }])
    }
  })

  test('clients are listed by their own algorithm', async () => {
    const { admin, aClient } = shared()
    const { clientId } = await aClient('one', { signingAlgorithm: 'EdDSA' })
    const list = async (signingAlgorithm: SigningAlgorithmName) =>
      (await admin('clients.list', { params: { realm: 'one' }, query: { signingAlgorithm } })).items.map((client) => client.clientId)
    assert.deepEqual([await list('EdDSA'), await list('ES256')], [[clientId], []])
  })
})

test('a client whose algorithm was taken from the realm gets 503 and no other algorithm, and the log of the start says how to mend it', async () => {
  const server = await startTestServer({ realms: realmOne })
  const { admin, aClient, database, requestToken, tokenOf, auditEvents } = server
  server.expectErrors() // Each 503 is logged.
  const client = await aClient('one')
  const params = { realm: 'one', client: client.clientId }
  // As a configuration leaves it that had PS256.
  await database.query(`update clients set signing_algorithm = 'PS256' where client_id = '${client.clientId}' and realm = 'one'`)
  await server.listenEverywhere()
  const line = server.log.find((one) => one.includes('of 1 of its clients'))
  assert.match(line ?? '', /"level":50.*client update CLIENT --realm one --signing-algorithm realm/)
  const response = await requestToken('one', tokenRequest(client))
  assert.deepEqual([response.statusCode, response.json<{ error: string }>().error], [503, 'temporarily_unavailable'])
  assert.match(response.json<{ error_description: string }>().error_description, /signed by PS256, which the realm no longer has/)
  const denied = (await auditEvents()).findLast(({ client_id, kind }) => client_id === client.clientId && kind === 'token.request')
  assert.equal(denied?.reason, 'signing-algorithm-missing')
  await admin('clients.update', { params, body: { name: 'Renamed' } })
  assert.equal((await requestToken('one', tokenRequest(client))).statusCode, 503)
  await admin('clients.update', { params, body: { signingAlgorithm: null } })
  assert.equal(decodeProtectedHeader(await tokenOf('one', client)).alg, 'ES256')
})
