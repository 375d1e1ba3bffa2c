import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { OperationInput } from '@countersign/admin'
import { shareTestServer, startTestServer, tokenRequest } from '../../test/test-server.fixture.ts'

const realm = 'nt24-idp'
const me = '/realms/nt24-idp/v1/me'

test('clients are listed by id and by age, filtered, searched, in pages, and without a secret', async () => {
  const { admin, aClient, clock } = await startTestServer()
  const { clientSecret } = await aClient(realm, { clientId: 'zulu', name: 'Order backend' })
  clock.advance(1000)
  await aClient(realm, { slug: 'borealis', clientId: 'alpha', name: 'Old', enabled: false })
  clock.advance(1000)
  await admin('clients.create', { params: { realm }, body: { organization: 'acme', clientId: 'Mike_1', name: 'Order reader' } })
  await aClient('prod', { slug: 'elsewhere', clientId: 'foreign' })
  const ids = async (query: OperationInput<'clients.list'>['query']) =>
    (await admin('clients.list', { params: { realm }, query })).items.map(({ clientId }) => clientId).join(' ')
  assert.deepEqual(
    [await ids({}), await ids({ sort: '-clientId' }), await ids({ sort: 'createdAt' }), await ids({ sort: '-createdAt' })],
    ['Mike_1 alpha zulu', 'zulu alpha Mike_1', 'zulu alpha Mike_1', 'Mike_1 alpha zulu'],
  )
  assert.deepEqual(
    [await ids({ organization: 'acme' }), await ids({ enabled: 'false' }), await ids({ search: 'ORDER' }), await ids({ search: 'e_1' })],
    ['Mike_1 zulu', 'alpha', 'Mike_1 zulu', 'Mike_1'],
  )
  const first = await admin('clients.list', { params: { realm }, query: { limit: 2, sort: '-createdAt' } })
  const second = await admin('clients.list', { params: { realm }, query: { limit: 2, sort: '-createdAt', after: first.next! } })
  assert.deepEqual([second.items.map(({ clientId }) => clientId), second.next], [['zulu'], null])
  assert.deepEqual(second.items[0], await admin('clients.get', { params: { realm, client: 'zulu' } }))
  assert.ok(!JSON.stringify([first, second]).includes(clientSecret.slice(4, 40)))
})

suite('clients of organizations that each test creates', () => {
  const shared = shareTestServer()

  test('listing clients of an unknown organization gets 404, not an empty list', async () => {
    const { requestAdmin, aClient } = shared()
    const { slug } = await aClient('prod')
    assert.equal((await requestAdmin('clients.list', { params: { realm }, query: { organization: slug } })).statusCode, 404)
  })

  test('a change of authentication method or token lifetime applies from the next token on', async () => {
    const { admin, aClient, requestToken, tokenOf } = shared()
    const client = await aClient(realm)
    const params = { realm, client: client.clientId }
    const lifetime = async () => {
      const [, payload = ''] = (await tokenOf(realm, client)).split('.')
      const { iat, exp } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { iat: number; exp: number }
      return exp - iat
    }
    assert.equal(await lifetime(), 300)
    await admin('clients.update', { params, body: { accessTokenLifetime: 60 } })
    assert.equal(await lifetime(), 60)
    await admin('clients.update', { params, body: { authenticationMethods: ['client_secret_basic', 'client_secret_basic'] } })
    assert.equal((await requestToken(realm, tokenRequest(client))).statusCode, 401)
    assert.deepEqual((await admin('clients.get', { params })).authenticationMethods, ['client_secret_basic'])
  })

  /** Changes, and the client after each; omitted members stay as they are. */
  const changes = [
    [{}, {}],
    [{ name: 'New' }, { name: 'New' }],
    [{ accessTokenLifetime: null }, { accessTokenLifetime: null }],
    [{ scopes: [] }, { scopes: [] }],
    [{ scopes: ['profile', 'profile'] }, { scopes: ['profile'] }],
    [{ enabled: false }, { enabled: false }],
  ] as const
  for (const [body, expected] of changes) {
    test(`abuse 144: ${JSON.stringify(body)} changes only the members that it names`, async () => {
      const { admin, aClient } = shared()
      const { clientId: client } = await aClient(realm, { accessTokenLifetime: 60, scopes: ['orders:read'] })
      const before = await admin('clients.get', { params: { realm, client } })
      const after = await admin('clients.update', { params: { realm, client }, body: body as never })
      assert.deepEqual(after, { ...before, ...expected, version: before.version + 1 })
    })
  }

  const nulls: [object, string][] = [
    [{ name: null }, '/name'],
    [{ name: '' }, '/name'],
    [{ enabled: null }, '/enabled'],
    [{ enabled: 'false' }, '/enabled'],
    [{ scopes: null }, '/scopes'],
    [{ authenticationMethods: [] }, '/authenticationMethods'],
    [{ accessTokenLifetime: '60' }, '/accessTokenLifetime'],
  ]
  for (const [body, pointer] of nulls) {
    test(`abuse 144: ${JSON.stringify(body)} is rejected, naming ${pointer}`, async () => {
      const { requestAdmin, aClient } = shared()
      const { clientId: client } = await aClient(realm)
      const response = await requestAdmin('clients.update', { params: { realm, client }, body })
      assert.deepEqual([response.statusCode, response.json().errors[0].pointer], [400, pointer])
    })
  }

  test('abuse 144: omitted scopes are the defaults of the realm, and an empty list grants none', async () => {
    const { aClient, admin } = shared()
    const clients = [await aClient(realm), await aClient(realm, { scopes: [] })]
    const scopesOf = async (client: string) => (await admin('clients.get', { params: { realm, client } })).scopes
    assert.deepEqual(await Promise.all(clients.map(({ clientId }) => scopesOf(clientId))), [['profile', 'email'], []])
  })

  test('creating or deleting a client changes the ETag of its organization, which lists its clients', async () => {
    const { admin, aClient } = shared()
    const { clientId, slug } = await aClient(realm)
    const params = { realm, organization: slug }
    const before = await admin('organizations.get', { params })
    await admin('clients.create', { params: { realm }, body: { organization: slug, clientId: 'second', name: 'Second' } })
    await admin('clients.delete', { params: { realm, client: 'second' } })
    const after = await admin('organizations.get', { params })
    assert.deepEqual([after.version, after.clients.list], [before.version + 2, [clientId]])
  })

  test('abuse 152: no token requested while its client is being deleted is valid afterwards', async () => {
    const { admin, aClient, requestToken, request, clock } = shared()
    const client = await aClient(realm)
    await requestToken(realm, tokenRequest(client))
    const ask = () => Array.from({ length: 20 }, () => requestToken(realm, tokenRequest(client)))
    const early = ask()
    const deletion = admin('clients.delete', { params: { realm, client: client.clientId } })
    const late = ask()
    await deletion
    const answers = await Promise.all([...early, ...late])
    const tokens = answers.flatMap((answer) => (answer.statusCode === 200 ? [answer.json<{ access_token: string }>().access_token] : []))
    const useAll = async () =>
      (await Promise.all(tokens.map((token) => request({ url: me, headers: { authorization: `Bearer ${token}` } })))).map(
        ({ statusCode }) => statusCode,
      )
    assert.ok(tokens.length > 0)
    assert.deepEqual(new Set(await useAll()), new Set([401]))
    assert.deepEqual(new Set((await Promise.all(ask())).map(({ statusCode }) => statusCode)), new Set([401]))
    clock.advance(1000)
    const again = { organization: client.slug, clientId: client.clientId, name: 'Of the same name' }
    await admin('clients.create', { params: { realm }, body: again })
    assert.deepEqual(new Set(await useAll()), new Set([401]))
  })

  test('fault 4.5: the end of a first secret is read with an offset', async () => {
    const { admin, aClient } = shared()
    const { clientId } = await aClient(realm, { secretExpiresAt: '2037-01-31T14:00:00+02:00' })
    const { secrets } = await admin('clients.get', { params: { realm, client: clientId } })
    assert.equal(secrets[0]?.expiresAt, '2037-01-31T12:00:00.000Z')
  })

  test('a first secret with an end in the past is rejected', async () => {
    const { admin, requestAdmin } = shared()
    await admin('organizations.create', { params: { realm: 'prod' }, body: { slug: 'acme', name: 'Acme' } })
    const body = { organization: 'acme', name: 'Backend', secretExpiresAt: '2020-01-01T00:00:00Z' }
    const response = await requestAdmin('clients.create', { params: { realm: 'prod' }, body })
    assert.deepEqual([response.statusCode, response.json().errors[0].pointer], [400, '/secretExpiresAt'])
  })

  const bricks = [
    [{ accessTokenLifetime: 0 }, '/accessTokenLifetime'],
    [{ accessTokenLifetime: 315_360_000 }, '/accessTokenLifetime'],
    [{ authenticationMethods: [] }, '/authenticationMethods'],
    [{ scopes: [''] }, '/scopes/0'],
    [{ name: '' }, '/name'],
  ] as const
  for (const [body, pointer] of bricks) {
    test(`abuse 156: ${JSON.stringify(body)} cannot make a client unusable`, async () => {
      const { aClient, requestAdmin } = shared()
      const { clientId } = await aClient('nt24-idp')
      const response = await requestAdmin('clients.update', { params: { realm: 'nt24-idp', client: clientId }, body: body as object })
      assert.deepEqual([response.statusCode, response.json().errors[0].pointer], [400, pointer])
    })
  }
})
