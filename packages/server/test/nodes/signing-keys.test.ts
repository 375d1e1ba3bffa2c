// Signing keys that one server changed, at a server that was not told of it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
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
  assert.deepEqual(await publishedKeys(other), [keyId, keyIdOf(token)])
})
