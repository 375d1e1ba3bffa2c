import assert from 'node:assert/strict'
import { test } from 'node:test'
import { realmPaths } from '../realms/realm-paths.ts'
import { startTestServer } from '../../test/test-server.fixture.ts'

const realm = 'nt24-idp'

async function anApiThatAsks() {
  const server = await startTestServer({ nodes: 1 })
  const { introspection, revocation } = realmPaths(server.realms.get(realm)!)
  const aClient = (slug: string) => server.aClient(realm, { slug })
  const [flooded, other, acme] = [await aClient('flooded'), await aClient('other'), await aClient('acme')]
  const clients = { flooded, other }
  const askAt = (path: string) => async (name: keyof typeof clients, token: string) => {
    const { clientId, clientSecret } = clients[name]
    const { statusCode, headers } = await server.postForm(path, { client_id: clientId, client_secret: clientSecret, token })
    return [statusCode, headers['retry-after']]
  }
  return { server, introspect: askAt(introspection), revoke: askAt(revocation), aToken: () => server.tokenOf(realm, acme) }
}

test('introspection and revocation verify 1000 bad tokens of a client at once and 500 a second; tokens that were good, and other clients, do not count', async () => {
  const { server, introspect, revoke, aToken } = await anApiThatAsks()
  const [known, fresh] = [await aToken(), await aToken()]
  const bad = `${known.slice(0, -4)}AAAA`
  assert.deepEqual(await introspect('flooded', known), [200, undefined])
  for (let count = 0; count < 500; count++) {
    assert.deepEqual(await introspect('flooded', bad), [200, undefined])
    assert.deepEqual(await revoke('flooded', bad), [200, undefined])
  }
  assert.deepEqual(await introspect('flooded', bad), [429, '1'])
  assert.deepEqual(await revoke('flooded', bad), [429, '1'])
  assert.deepEqual(await introspect('flooded', fresh), [429, '1'], 'whether a new one is valid is not known before it is verified')
  assert.deepEqual(await introspect('flooded', known), [200, undefined])
  assert.deepEqual(await introspect('other', fresh), [200, undefined])
  server.clock.advance(1000)
  assert.deepEqual(await introspect('flooded', await aToken()), [200, undefined])
})

test('a text that is no token is not active, and does not count', async () => {
  const { introspect, aToken } = await anApiThatAsks()
  for (let count = 0; count < 1100; count++) assert.deepEqual(await introspect('flooded', 'no-token'), [200, undefined])
  assert.deepEqual(await introspect('flooded', await aToken()), [200, undefined])
})
