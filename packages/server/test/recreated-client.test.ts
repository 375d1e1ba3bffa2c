// A client is deleted and another one with the same id is created, with clocks that differ or within one second: the new one
// inherits nothing from the deleted one.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createRemoteGuard } from '@countersign/guard'
import { decodeJwt } from 'jose'
import { realmPaths } from '../src/realms/realm-paths.ts'
import { seedRealms, shareTestServer, startTestServer, tokenRequest, type TestServer } from './test-server.fixture.ts'

/** A client and its token, at the start of a second, and both kinds of guards. */
async function given(server: TestServer, realm: string) {
  server.clock.advance(1000 - (server.clock.now() % 1000))
  const { issuer, issuerPath, tokenProfile, audience } = server.realms.get(realm)!
  const acme = await server.aClient(realm)
  const token = await server.tokenOf(realm, acme)
  const params = { realm, client: acme.clientId }
  const credentials = await server.aClient(realm, { scopes: ['entitlements:read'] })
  const remote = createRemoteGuard({
    issuer,
    realm,
    tokenProfile,
    ...(audience !== undefined && { audience }),
    credentials,
    entitlementSeconds: 0,
    clockSkewSeconds: 60, // A guard that tolerates large clock differences.
    clock: server.clock.now,
    fetch: async (input, init) => {
      const { method, url, headers, body } = new Request(input as string, init)
      const payload = body ? { payload: await new Response(body).text() } : {}
      const answer = await server.request({ method: method as 'GET', url, headers: Object.fromEntries(headers), ...payload })
      const { statusCode: status, headers: answered } = answer
      return new Response(status === 304 ? null : answer.body, { status, headers: answered as Record<string, string> })
    },
  })
  return {
    ...server,
    acme,
    token,
    params,
    /** Whether GET /v1/me, a remote guard and introspection accept a token. */
    isGood: async (token: string) => {
      const authorization = `Bearer ${token}`
      const me = await server.request({ url: `${issuerPath}/v1/me`, headers: { authorization } })
      const access = await remote.authorize({ rawHeaders: ['authorization', authorization], params: {} }, { dpa: 'any' })
      const form = { client_id: credentials.clientId, client_secret: credentials.clientSecret, token }
      const introspected = await server.postForm(realmPaths(server.realms.get(realm)!).introspection, form)
      return [me.statusCode === 200, access.allowed, introspected.json().active]
    },
    remove: () => server.admin('clients.delete', { params }),
    /** Creates the client again, in the same organization; with the same id if it can be chosen. */
    create: async () => {
      const clientId = tokenProfile === 'cognito' ? {} : { clientId: acme.clientId }
      const body = { organization: acme.slug, name: 'Again', ...clientId }
      const { client, clientSecret } = await server.admin('clients.create', { params: { realm }, body })
      return { id: client.id, clientId: client.clientId, clientSecret: clientSecret! }
    },
  }
}

const everywhere = [true, true, true]
const nowhere = [false, false, false]

suite('clients, organizations and partners that are created again', () => {
  const shared = shareTestServer({ realms: seedRealms })

  for (const realm of ['nt24-idp', 'partner-api', 'nxtsoft']) {
    for (const milliseconds of [0, 900, 60_000]) {
      test(`fault 1.5: tokens of a deleted client of ${realm} are not valid for one created ${milliseconds} ms later`, async () => {
        const { token, isGood, remove, create, tokenOf, clock, acme } = await given(shared(), realm)
        assert.deepEqual(await isGood(token), everywhere)
        await remove()
        assert.deepEqual(await isGood(token), nowhere)
        clock.advance(milliseconds)
        const again = await create()
        assert.equal(again.clientId === acme.clientId, realm !== 'nxtsoft')
        assert.deepEqual(await isGood(token), nowhere)
        assert.deepEqual(await isGood(await tokenOf(realm, again)), everywhere)
        clock.advance(60_000)
        assert.deepEqual(await isGood(token), nowhere)
      })
    }
  }

  for (const realm of ['nt24-idp', 'partner-api']) {
    test(`fault 1.5: a token of ${realm} from a node whose clock is 5 s ahead is rejected once its client is deleted`, async () => {
      const { database, token, isGood, remove, create, acme } = await given(shared(), realm)
      await remove()
      await create()
      // Simulates that the new client was created by a clock that is 5 s behind that of the token.
      await database.query('update clients set tokens_not_before = tokens_not_before - 6 where client_id = ?', acme.clientId)
      assert.deepEqual(await isGood(token), nowhere)
    })
  }

  test('a first token is dated into the next second only if a client with the same id was deleted in this one', async () => {
    const { remove, create, aClient, tokenOf, clock } = await given(shared(), 'nt24-idp')
    const second = Math.floor(clock.now() / 1000)
    const dated = async (client: { clientId: string; clientSecret: string }) => decodeJwt(await tokenOf('nt24-idp', client)).iat! - second
    assert.equal(await dated(await aClient('nt24-idp')), 0)
    await remove()
    assert.equal(await dated(await create()), 1)
  })

  test('an organization that is created again with the same slug inherits nothing from the deleted one', async () => {
    const { admin, aClient, token, isGood, tokenOf, acme } = await given(shared(), 'nt24-idp')
    const organization = { realm: 'nt24-idp', organization: acme.slug }
    const partner = '7d0d47e2-3f14-4f6a-9d2e-5f4b1a1c0a01'
    await admin('partners.authorize', { params: { ...organization, partner }, body: { name: 'Seller' } })
    await admin('organizations.delete', { params: organization })
    const again = await aClient('nt24-idp', { slug: acme.slug, clientId: acme.clientId })
    assert.deepEqual(await isGood(token), nowhere)
    assert.deepEqual(await isGood(await tokenOf('nt24-idp', again)), everywhere)
    assert.deepEqual((await admin('organizations.get', { params: organization })).partners.list, [])
  })

  test('a revoked token stays revoked when its organization is deleted and created again', async () => {
    for (const realm of ['nt24-idp', 'nxtsoft']) {
      const { admin, aClient, acme, token, isGood, postForm, realms } = await given(shared(), realm)
      const form = { client_id: acme.clientId, client_secret: acme.clientSecret, token }
      assert.equal((await postForm(realmPaths(realms.get(realm)!).revocation, form)).statusCode, 200)
      await admin('organizations.delete', { params: { realm, organization: acme.slug } })
      await aClient(realm, { slug: acme.slug, ...(realm !== 'nxtsoft' && { clientId: acme.clientId }) })
      assert.deepEqual(await isGood(token), nowhere)
    }
  })

  test('a partner that is deleted and registered again is authorized for no organization', async () => {
    const { admin, acme } = await given(shared(), 'nt24-idp')
    const params = { realm: 'nt24-idp', partner: '7d0d47e2-3f14-4f6a-9d2e-5f4b1a1c0a01' }
    await admin('partners.authorize', { params: { ...params, organization: acme.slug }, body: { name: 'Seller' } })
    await admin('partners.delete', { params, query: { force: 'true' } } as never)
    await admin('partners.register', { params, body: { name: 'Seller' } } as never)
    assert.deepEqual((await admin('organizations.get', { params: { realm: 'nt24-idp', organization: acme.slug } })).partners.list, [])
  })

  test('secrets of a deleted client are rejected for the new one', async () => {
    const { acme, remove, create, requestToken } = await given(shared(), 'nt24-idp')
    await remove()
    await create()
    assert.equal((await requestToken('nt24-idp', tokenRequest(acme))).statusCode, 401)
  })
})

test('fault 1.5: an operator that is created again gets no stored responses of the deleted one', async () => {
  const { admin, request, tokenOf } = await startTestServer()
  const scopes = ['organizations:read', 'organizations:write']
  const params = { realm: 'operators', client: 'clerk' }
  const aClerk = async () => {
    const body = { organization: 'operators', clientId: 'clerk', name: 'Clerk', scopes }
    const { clientSecret } = await admin('clients.create', { params: { realm: 'operators' }, body })
    return { clientId: 'clerk', clientSecret: clientSecret! }
  }
  const create = async (clerk: { clientId: string; clientSecret: string }) =>
    request({
      method: 'POST',
      url: '/admin/v1/realms/nt24-idp/organizations',
      headers: { authorization: `Bearer ${await tokenOf('operators', clerk)}`, 'idempotency-key': 'first' },
      payload: { slug: 'one', name: 'One' },
    })
  assert.equal((await create(await aClerk())).statusCode, 201)
  await admin('clients.delete', { params })
  assert.equal((await create(await aClerk())).statusCode, 409) // Applied anew: the organization exists.
})
