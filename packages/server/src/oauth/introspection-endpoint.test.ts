import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { decodeJwt } from 'jose'
import { realmPaths } from '../realms/realm-paths.ts'
import { shareTestServer, type TestServer } from '../../test/test-server.fixture.ts'

function withIntrospection(server: TestServer) {
  async function introspect(realm: string, client: { clientId: string; clientSecret: string }, token: string) {
    const form = { client_id: client.clientId, client_secret: client.clientSecret, token }
    return server.postForm(realmPaths(server.realms.get(realm)!).introspection, form)
  }
  return { ...server, introspect }
}

suite('each test introspects tokens of its own clients', () => {
  const shared = shareTestServer()

  test('RFC 7662 §2.2: a client gets the claims of its own token', async () => {
    const { aClient, tokenOf, introspect } = withIntrospection(shared())
    const client = await aClient('nt24-idp')
    const token = await tokenOf('nt24-idp', client)
    const response = await introspect('nt24-idp', client, token)
    const { iat, exp, jti, sub } = decodeJwt(token)
    assert.deepEqual(response.json(), {
      active: true,
      scope: 'profile email',
      client_id: client.clientId,
      token_type: 'Bearer',
      exp,
      iat,
      sub,
      aud: 'nt24-integration-api',
      iss: 'http://localhost:8080/realms/nt24-idp',
      jti,
    })
    assert.equal(response.headers['cache-control'], 'no-store')
  })

  test('fault 7.6: the introspection of a token without a scope has no scope', async () => {
    const { aClient, tokenOf, introspect, admin } = withIntrospection(shared())
    for (const realm of ['prod', 'nt24-idp', 'partner-api']) {
      const client = await aClient(realm)
      await admin('clients.update', { params: { realm, client: client.clientId }, body: { scopes: [] } })
      const claims = (await introspect(realm, client, await tokenOf(realm, client))).json()
      assert.deepEqual([claims.active, 'scope' in claims], [true, false], realm)
    }
  })

  test('fault 7.6: so has that of a token whose scopes were all taken from its client', async () => {
    const { aClient, tokenOf, introspect, admin } = withIntrospection(shared())
    const client = await aClient('partner-api')
    const token = await tokenOf('partner-api', client)
    await admin('clients.update', { params: { realm: 'partner-api', client: client.clientId }, body: { scopes: [] } })
    assert.ok(!('scope' in (await introspect('partner-api', client, token)).json()))
  })

  test('a client learns nothing about the token of another organization', async () => {
    const { aClient, tokenOf, introspect } = withIntrospection(shared())
    const token = await tokenOf('prod', await aClient('prod'))
    assert.deepEqual((await introspect('prod', await aClient('prod'), token)).json(), { active: false })
  })

  test('a resource server with the scope entitlements:read gets the claims of every token of its realm', async () => {
    const { aClient, tokenOf, introspect } = withIntrospection(shared())
    const token = await tokenOf('prod', await aClient('prod'))
    const guard = await aClient('prod', { scopes: ['entitlements:read'] })
    assert.equal((await introspect('prod', guard, token)).json().active, true)
  })

  test('RFC 7662 §2.2: nonsense, an expired token and a token of another realm are not active', async () => {
    const { aClient, tokenOf, introspect, clock } = withIntrospection(shared())
    const [client, other] = [await aClient('prod'), await aClient('partner-api')]
    const [own, foreign] = [await tokenOf('prod', client), await tokenOf('partner-api', other)]
    clock.advance(300_000)
    for (const token of ['x', 'a.b.c', own, foreign, `${own}x`])
      assert.deepEqual((await introspect('prod', client, token)).json(), { active: false })
  })

  test('fault 1.4: introspection does not claim a scope that was taken from the client', async () => {
    const { aClient, tokenOf, introspect, admin } = withIntrospection(shared())
    const client = await aClient('nt24-idp')
    const token = await tokenOf('nt24-idp', client)
    await admin('clients.update', { params: { realm: 'nt24-idp', client: client.clientId }, body: { scopes: ['email'] } })
    const { active, scope } = (await introspect('nt24-idp', client, token)).json()
    assert.deepEqual([active, scope], [true, 'email'])
  })

  test('a token is not active once its client is disabled', async () => {
    const { aClient, tokenOf, introspect, admin } = withIntrospection(shared())
    const [client, guard] = [await aClient('prod'), await aClient('prod', { scopes: ['entitlements:read'] })]
    const token = await tokenOf('prod', client)
    await admin('clients.update', { params: { realm: 'prod', client: client.clientId }, body: { enabled: false } })
    assert.deepEqual((await introspect('prod', guard, token)).json(), { active: false })
  })

  test('RFC 7662 §2.3: without a token, or without authentication, introspection is rejected', async () => {
    const { aClient, introspect } = withIntrospection(shared())
    const client = await aClient('prod')
    assert.equal((await introspect('prod', client, '')).json().error, 'invalid_request')
    const response = await introspect('prod', { ...client, clientSecret: 'x' }, 'x')
    assert.deepEqual([response.statusCode, response.json().error], [401, 'invalid_client'])
  })

  test('a token of a suspended organization is not active, although it has not expired', async () => {
    const { aClient, tokenOf, introspect, admin } = withIntrospection(shared())
    const client = await aClient('prod')
    const other = await aClient('prod', { scopes: ['entitlements:read'] })
    const token = await tokenOf('prod', client)
    assert.equal((await introspect('prod', other, token)).json().active, true)
    await admin('organizations.update', { params: { realm: 'prod', organization: client.slug }, body: { status: 'suspended' } })
    assert.deepEqual((await introspect('prod', other, token)).json(), { active: false })
  })
})
