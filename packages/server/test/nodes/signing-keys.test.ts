// Signing keys that one server changed, at a server that was not told of it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeProtectedHeader } from 'jose'
import { changeSigningKey, keyIdOf } from '../signing-key-change.fixture.ts'
import { skipWithoutPostgres } from '../store/postgres.fixture.ts'
import { startNodes, type Node } from './nodes.fixture.ts'

const skip = skipWithoutPostgres()

test('once a change of the signing key is made no server signs with the one before, whether it was told or not', { skip }, async (t) => {
  const { nodes, folder, aKnownClient, tokenAt } = await startNodes(t, 2)
  const [one, other] = nodes as [Node, Node]
  const client = await aKnownClient()
  const keyId = await changeSigningKey(one.server, 'prod', folder)
  const tokens = [await tokenAt(other, client), await tokenAt(one, client)]
  assert.deepEqual(tokens.map(keyIdOf), [keyId, keyId])
  for (const node of nodes) for (const token of [client.token, ...tokens]) assert.equal((await node.me(token)).status, 200)
})

test('a server that heard nothing for longer than its lease reads the keys again', { skip }, async (t) => {
  const { nodes, folder, query, publishedKeys, aKnownClient } = await startNodes(t, 2)
  const [one, other] = nodes as [Node, Node]
  const { token } = await aKnownClient()
  const keyId = await changeSigningKey(one.server, 'prod', folder)
  // As after a long silence: the rows that the other server has not read yet are gone.
  await query('delete from changes where number < (select value from epoch)')
  await other.server.pull()
  assert.deepEqual((await publishedKeys(other)).toSorted(), [keyId, keyIdOf(token)].toSorted())
})

test(
  'an algorithm that one server was given is published by one that was not, which issues no tokens to its clients',
  { skip },
  async (t) => {
    const ofRealm = (node: number) => (node === 0 ? '' : ', signingAlgorithm: ES256, signingAlgorithms: [PS256]')
    const { nodes, aClient, tokenAt, publishedKeys } = await startNodes(t, 2, { ofRealm })
    const [before, after] = nodes as [Node, Node]
    assert.equal((await publishedKeys(before)).length, 1)
    const { client } = await aClient('acme', after, { signingAlgorithm: 'PS256' })
    const token = await tokenAt(after, client)
    for (const node of nodes) {
      await node.server.pull()
      assert.ok((await publishedKeys(node)).includes(keyIdOf(token)))
      assert.equal((await node.me(token)).status, 200)
    }
    assert.equal((await before.requestToken(client)).status, 503)
  },
)

test('of servers that create the keys of several algorithms at once, all use the same ones', { skip }, async (t) => {
  const ofRealm = () => ', signingAlgorithm: RS256, signingAlgorithms: [EdDSA, PS256]'
  const { nodes, publishedKeys, query } = await startNodes(t, 3, { ofRealm })
  const published = await Promise.all(nodes.map(publishedKeys))
  const rows = await query<{ kid: string }>(`select kid from signing_keys where realm = 'prod'`)
  const kids = rows.map(({ kid }) => kid).toSorted()
  assert.equal(kids.length, 3)
  for (const keys of published) assert.deepEqual(keys.toSorted(), kids)
})

test('a token whose client was given another algorithm elsewhere meanwhile is signed by that one', { skip }, async (t) => {
  const ofRealm = () => ', signingAlgorithm: ES256, signingAlgorithms: [EdDSA]'
  const { nodes, aKnownClient, tokenAt } = await startNodes(t, 2, { ofRealm })
  const [one, other] = nodes as [Node, Node]
  const client = await aKnownClient()
  const params = { realm: 'prod', client: client.clientId }
  await one.admin.call('clients.update', { params, body: { signingAlgorithm: 'EdDSA' } }, { ifMatch: '*' })
  // The other server was not told, and learns of it from the audit row of the token.
  const token = await tokenAt(other, client)
  assert.equal(decodeProtectedHeader(token).alg, 'EdDSA')
  for (const node of nodes) for (const each of [client.token, token]) assert.equal((await node.me(each)).status, 200)
})
