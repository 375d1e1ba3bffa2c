// A change of a realm's signing keys is in force on every node: what it publishes, what it signs with and what its guards accept.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestServer, tokenRequest } from './test-server.fixture.ts'
import { changeSigningKey, keyIdOf, markCompromised } from './signing-key-change.fixture.ts'
import { nodes } from './store/test-store.fixture.ts'

const realm = 'nt24-idp'
const ofRealm = `/realms/${realm}`

async function startWithToken() {
  const server = await startTestServer()
  const client = await server.aClient(realm)
  const token = await server.tokenOf(realm, client)
  const onEveryNode = async <T>(ask: () => Promise<T>) => {
    const answers: T[] = []
    for (let node = 0; node < nodes; node++) answers.push(await ask())
    return answers
  }
  const publishedKeys = async () => {
    const { json } = await server.request({ url: `${ofRealm}/protocol/openid-connect/certs` })
    return json<{ keys: { kid: string }[] }>()
      .keys.map(({ kid }) => kid)
      .toSorted()
  }
  const me = async (bearer: string) =>
    (await server.request({ url: `${ofRealm}/v1/me`, headers: { authorization: `Bearer ${bearer}` } })).statusCode
  return { ...server, client, token, onEveryNode, publishedKeys, me }
}

test('a new signing key is published and signs the next token, and tokens of both keys are accepted', async () => {
  const server = await startWithToken()
  const { client, token, onEveryNode, publishedKeys, me } = server
  const keyId = await changeSigningKey(server, realm, server.folder)
  const everywhere = <T>(value: T) => Array.from({ length: nodes }, () => value)
  assert.deepEqual(await onEveryNode(publishedKeys), everywhere([keyId, keyIdOf(token)].toSorted()))
  const next = await onEveryNode(() => server.tokenOf(realm, client))
  assert.deepEqual(next.map(keyIdOf), everywhere(keyId))
  for (const one of [token, ...next]) assert.deepEqual(await onEveryNode(() => me(one)), everywhere(200))
})

test('a key that is taken away is gone from the JWKS, and its tokens are refused', async () => {
  const server = await startWithToken()
  const { token, onEveryNode, publishedKeys, me } = server
  assert.equal(await me(token), 200)
  const keyId = await changeSigningKey(server, realm, server.folder)
  await markCompromised(server, realm, server.folder, keyIdOf(token))
  assert.deepEqual(
    await onEveryNode(publishedKeys),
    Array.from({ length: nodes }, () => [keyId]),
  )
  assert.deepEqual(
    await onEveryNode(() => me(token)),
    Array.from({ length: nodes }, () => 401),
  )
})

test('token requests go on while the key changes, and the next one is signed by the new key', async () => {
  const server = await startWithToken()
  const requests = Array.from({ length: 20 }, () => server.requestToken(realm, tokenRequest(server.client)))
  const keyId = await changeSigningKey(server, realm, server.folder)
  const after = await server.requestToken(realm, tokenRequest(server.client))
  for (const { statusCode } of await Promise.all(requests)) assert.equal(statusCode, 200)
  assert.equal(keyIdOf(after.json<{ access_token: string }>().access_token), keyId)
})
