import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { assertionBy, createClientKey, tokenRequestBy } from '../../test/client-key.fixture.ts'
import { shareTestServer, tokenRequest } from '../../test/test-server.fixture.ts'
import { realmPaths } from './realm-paths.ts'

const realms = `
  strict: { issuer: /strict, tokenEndpoint: /strict/token, audience: api, clientAuthentication: [private_key_jwt] }
  basic: { issuer: /basic, tokenEndpoint: /basic/token, audience: api, clientAuthentication: [client_secret_basic] }
`

suite('the authentication methods that a realm accepts', () => {
  const shared = shareTestServer({ realms })
  const organization = async (realm: string, slug: string) => {
    await shared().admin('organizations.create', { params: { realm }, body: { slug, name: slug } })
    return slug
  }

  test('a realm that demands keys creates no secrets, and says so in its metadata', async () => {
    const { admin, request, realms: known, requestToken, clock } = shared()
    const body = { organization: await organization('strict', 'acme'), name: 'Acme' }
    const { client, clientSecret } = await admin('clients.create', { params: { realm: 'strict' }, body })
    assert.deepEqual([clientSecret, client.authenticationMethods], [null, ['private_key_jwt']])
    const realm = known.get('strict')!
    const metadata = (await request({ method: 'GET', url: realmPaths(realm).openidConfiguration })).json()
    for (const endpoint of ['token', 'introspection', 'revocation']) {
      assert.deepEqual(metadata[`${endpoint}_endpoint_auth_methods_supported`], ['private_key_jwt'])
      assert.ok(metadata[`${endpoint}_endpoint_auth_signing_alg_values_supported`].includes('PS256'))
    }
    const key = createClientKey()
    await admin('keys.add', { params: { realm: 'strict', client: client.clientId }, body: { key: key.jwk } })
    const assertion = assertionBy(key, { clientId: client.clientId, issuer: realm.issuer, now: clock.now() })
    const response = await requestToken('strict', tokenRequestBy(assertion))
    assert.equal(response.statusCode, 200, response.body)
    const me = await request({ method: 'GET', url: '/strict/v1/me', headers: { authorization: `Bearer ${response.json().access_token}` } })
    assert.deepEqual([me.statusCode, me.json().client.secret], [200, null])
  })

  test('a right secret is denied like a wrong one at every endpoint, also that of a client from before the demand', async () => {
    const { admin, database, requestToken, postForm, realms: known, auditEvents, clock } = shared()
    const slug = await organization('basic', 'old')
    const created = await admin('clients.create', { params: { realm: 'basic' }, body: { organization: slug, name: 'Old' } })
    assert.deepEqual(created.client.authenticationMethods, ['client_secret_basic'])
    // As if the realm had not demanded keys when the client was created: its secret is bound to its id, which stays.
    for (const table of ['organizations', 'clients']) await database.query(`update ${table} set realm = 'strict' where realm = 'basic'`)
    const { clientId, clientSecret } = { clientId: created.client.clientId, clientSecret: created.clientSecret! }
    const paths = realmPaths(known.get('strict')!)
    const headers = { authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}` }
    const wrong = await requestToken('strict', tokenRequest({ clientId: 'unknown', clientSecret }))
    for (const answer of [
      await requestToken('strict', { grant_type: 'client_credentials' }, headers),
      await requestToken('strict', tokenRequest({ clientId, clientSecret })),
      await postForm(paths.introspection, { token: 'a' }, headers),
      await postForm(paths.revocation, { token: 'a' }, headers),
    ]) {
      clock.advance(1)
      assert.deepEqual([answer.statusCode, answer.body], [401, wrong.body])
    }
    assert.ok((await auditEvents()).some(({ reason }) => reason === 'method-not-registered'))
  })

  test('a method that the realm does not accept cannot be registered, nor can a key', async () => {
    const { requestAdmin, admin } = shared()
    const body = { organization: await organization('basic', 'other'), name: 'Other' }
    const params = { realm: 'basic', client: (await admin('clients.create', { params: { realm: 'basic' }, body })).client.clientId }
    for (const attempt of [
      () => requestAdmin('clients.create', { params: { realm: 'basic' }, body: { ...body, clientId: 'a', key: createClientKey().jwk } }),
      () => requestAdmin('clients.update', { params, body: { authenticationMethods: ['client_secret_post'] } }),
      () => requestAdmin('keys.add', { params, body: { key: createClientKey().jwk } }),
    ]) {
      const response = await attempt()
      assert.deepEqual([response.statusCode, response.json().type.split('/').at(-1)], [400, 'invalid-request'], response.body)
    }
  })

  test('a client without a secret can have no expiry of it, and starts no rotation', async () => {
    const { requestAdmin, admin } = shared()
    const body = { organization: await organization('strict', 'third'), name: 'Third', clientId: 'third' }
    const withExpiry = { ...body, secretExpiresAt: '2030-01-01T00:00:00Z' }
    assert.equal((await requestAdmin('clients.create', { params: { realm: 'strict' }, body: withExpiry })).statusCode, 400)
    await admin('clients.create', { params: { realm: 'strict' }, body })
    const response = await requestAdmin('rotation.start', { params: { realm: 'strict', client: 'third' }, body: {} })
    assert.deepEqual([response.statusCode, response.json().type.split('/').at(-1)], [409, 'conflict'])
    const { secrets, state } = await admin('rotation.get', { params: { realm: 'strict', client: 'third' } })
    assert.deepEqual([secrets, state], [[], 'stable'])
  })
})
