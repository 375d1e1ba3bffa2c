// Key rings of several nodes: a new version is used once all of them have it, whatever the order in which they get it.
import assert from 'node:assert/strict'
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { addKeyRingVersion } from '../../src/keys/change-key-ring.ts'
import { newKeyRingLine } from '../../src/keys/key-ring.ts'
import { injectRequest } from '../inject.fixture.ts'
import { skipWithoutPostgres } from '../store/postgres.fixture.ts'
import { startNodes, type Node } from './nodes.fixture.ts'

const skip = skipWithoutPostgres()

async function twoNodes(t: Parameters<typeof startNodes>[0]) {
  const given = await startNodes(t, 2)
  const [one, other] = given.nodes as [Node, Node]
  const file = join(given.folder, 'pepper')
  copyFileSync(file, join(given.folder, 'pepper-1'))
  return {
    ...given,
    one,
    other,
    file,
    rotate: () => addKeyRingVersion({ purpose: 'secret pepper', location: `file:${file}` }),
    stateAt: async ({ admin }: Node) => {
      const { current, versions, nodes } = await admin.call('pepper.get', { params: {} })
      return { current, states: versions.map(({ state }) => state), missing: versions.map(({ missingOn }) => missingOn.length), nodes }
    },
    versionsOf: async (clientId: string) =>
      (
        await given.query<{ digest_version: number }>(
          `select digest_version from credentials where client = (select id from clients where client_id = '${clientId}')`,
        )
      ).map((row) => row.digest_version),
    isReady: async ({ server }: Node) => (await injectRequest(server.app, { url: '/readyz' })).statusCode === 200,
  }
}

test('a new version is not used before the last node has it', { skip }, async (t) => {
  const { one, other, rotate, stateAt, aClient, versionsOf } = await twoNodes(t)
  await rotate()
  await one.server.reload()
  const { current, states, missing } = await stateAt(one)
  assert.deepEqual({ current, states, missing }, { current: 1, states: ['current', 'waiting'], missing: [0, 1] })
  const { client } = await aClient('before')
  assert.deepEqual(await versionsOf(client.clientId), [1])
  await other.server.reload()
  assert.equal((await stateAt(other)).current, 2)
  // The first node learns it at its next comparison, and checks secrets under the new version already.
  const later = await aClient('after', other)
  assert.deepEqual(await versionsOf(later.client.clientId), [2])
  assert.equal((await one.requestToken(later.client)).status, 200)
  await one.server.upkeep.compareKeyRings()
  assert.equal((await one.requestToken(client)).status, 200)
  assert.equal((await other.requestToken(client)).status, 200)
  await Promise.all([one.server.upkeep.writeUsage(), other.server.upkeep.writeUsage()])
  assert.deepEqual(await versionsOf(client.clientId), [2])
  for (const node of [one, other]) assert.equal((await node.requestToken(client)).status, 200)
})

test('nodes with different keys under one number never use them, and the state says which node differs', { skip }, async (t) => {
  const { one, other, file, rotate, stateAt, log } = await twoNodes(t)
  await rotate()
  await one.server.reload()
  writeFileSync(file, readFileSync(file, 'utf8').replace(/v2:.*\n/, newKeyRingLine(2)))
  await other.server.reload()
  await one.server.upkeep.compareKeyRings()
  const { current, nodes } = await stateAt(one)
  assert.deepEqual([current, nodes.map(({ differing }) => differing)], [1, [[], [2]]])
  // The first one takes over the file of the other.
  await one.server.reload()
  assert.deepEqual(
    (await stateAt(one)).nodes.map(({ differing }) => differing),
    [[], []],
  )
  assert.equal((await stateAt(one)).current, 2)
  assert.doesNotMatch(log.join(''), /rejected/)
})

test('a node of an older version, which does not say what it has, counts as lacking it while it lives', { skip }, async (t) => {
  const { one, other, rotate, stateAt, query } = await twoNodes(t)
  await query(`insert into node_clocks values ('older000', 0, floor(extract(epoch from clock_timestamp()) * 1000)::bigint)`)
  await rotate()
  await Promise.all([one.server.reload(), other.server.reload()])
  const { current, nodes } = await stateAt(one)
  assert.equal(current, 1)
  assert.deepEqual(nodes.find(({ node }) => node === 'older000')?.versions, null)
  await query(`delete from node_clocks where node = 'older000'`)
  await one.server.upkeep.compareKeyRings()
  assert.equal((await stateAt(one)).current, 2)
})

test('a node does not start without a version that is used, and starts without one that is not', { skip }, async (t) => {
  const { one, other, file, folder, rotate, addNode } = await twoNodes(t)
  await rotate()
  await one.server.reload()
  const both = readFileSync(file, 'utf8')
  copyFileSync(join(folder, 'pepper-1'), file)
  const third = await addNode()
  writeFileSync(file, both)
  for (const { server } of [other, third]) await server.reload()
  copyFileSync(join(folder, 'pepper-1'), file)
  await assert.rejects(addNode(), /Version 2 of the secret pepper is missing/)
  writeFileSync(file, both)
})

test(
  'a node that was cut off while a version came into use is not ready, and gets no client wrong, until it has it',
  { skip },
  async (t) => {
    const { one, other, file, folder, rotate, stateAt, aClient, query, isReady } = await twoNodes(t)
    other.line.cut()
    await query(`delete from node_clocks; update node_key_rings set seen_at = seen_at - 60000`)
    await rotate()
    await one.server.reload()
    assert.equal((await stateAt(one)).current, 2)
    const { client } = await aClient('acme')
    const both = readFileSync(file, 'utf8')
    copyFileSync(join(folder, 'pepper-1'), file)
    other.line.heal()
    await other.server.upkeep.compareKeyRings()
    assert.equal(await isReady(other), false)
    assert.equal((await other.requestToken(client)).status, 503)
    // It keeps the ring that it has, if the new one lacks a version.
    await other.server.reload()
    assert.equal(await isReady(other), false)
    writeFileSync(file, both)
    await other.server.reload()
    assert.equal(await isReady(other), true)
    assert.equal((await other.requestToken(client)).status, 200)
  },
)

test('a ring without a version that is used is refused at SIGHUP, and the one before goes on', { skip }, async (t) => {
  const { one, other, file, folder, rotate, aClient, log } = await twoNodes(t)
  await rotate()
  for (const { server } of [one, other]) await server.reload()
  const { client } = await aClient('acme', other)
  copyFileSync(join(folder, 'pepper-1'), file)
  await one.server.reload()
  rmSync(file)
  await one.server.reload()
  assert.equal((await one.requestToken(client)).status, 200)
  const rejected = log.filter((line) => line.includes('the new secret pepper was rejected; still using the previous one'))
  assert.deepEqual(
    rejected.map((line) => /Version 2 of the secret pepper is missing|Cannot read the secret pepper/.exec(line)?.[0]),
    ['Version 2 of the secret pepper is missing', 'Cannot read the secret pepper'],
  )
})
