// The clock of a node, or of all of them, differs from the database's by more than is corrected.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { skipWithoutPostgres } from '../store/postgres.fixture.ts'
import { eventually } from '../store/processes.fixture.ts'
import { inRealm, startNodes, type Node } from './nodes.fixture.ts'

const skip = skipWithoutPostgres()
const hour = 3_600_000

const isReady = async ({ server }: Node): Promise<boolean> => (await server.app.inject('/readyz')).statusCode === 200

for (const [what, set] of Object.entries({ 'an hour ahead': hour, 'ten seconds back': -10_000 }))
  test(`fault 9.5: a clock that is ${what} for a moment stops its node, and no longer than that`, { skip }, async (t) => {
    const clocks = [0, 0]
    const { nodes, aKnownClient, log } = await startNodes(t, 2, { clockOf: (node) => () => Date.now() + clocks[node]! })
    const [one, other] = nodes as [Node, Node]
    const client = await aKnownClient()
    clocks[1] = set
    for (const isMeasured of [false, true]) {
      if (isMeasured) await other.server.pull()
      const { status, headers } = await other.requestToken(client)
      assert.deepEqual([status, headers['retry-after'], await isReady(other)], [503, '5', false])
      assert.equal((await other.me(client.token)).status, 503)
    }
    assert.deepEqual([(await one.requestToken(client)).status, await isReady(one)], [200, true])
    await eventually('it is logged', () => log.some((line) => line.includes('This node is not ready')), 10)
    clocks[1] = 0
    const { status, json } = await other.requestToken(client)
    assert.deepEqual([status, await isReady(other)], [200, true])
    for (const node of nodes) assert.equal((await node.me(String(json['access_token']))).status, 200)
  })

test('fault 9.6: a node that starts an hour ahead beside a right one issues no token and dates no change', { skip }, async (t) => {
  const { nodes, aKnownClient, addNode, query } = await startNodes(t, 1, { clockOf: (node) => () => Date.now() + node * hour })
  const client = await aKnownClient()
  const late = await addNode()
  assert.deepEqual([(await late.requestToken(client)).status, await isReady(late)], [503, false])
  assert.equal((await late.me(client.token)).status, 503)
  const change = late.admin.call('organizations.cutTokens', {
    params: { ...inRealm, organization: client.slug },
    body: { reason: 'a test' },
  })
  await assert.rejects(change)
  assert.equal(await isReady(nodes[0]!), true)
  const ahead = await query<{ count: string }>(
    `select count(*) from organizations where tokens_not_before > extract(epoch from now()) + 60`,
  )
  assert.equal(Number(ahead[0]!.count), 0)
  // "audit record-failover" compares the instants of seals.
  assert.deepEqual(await query(`select node from audit_seals where sealed_at > extract(epoch from now()) * 1000 + 60000`), [])
  // "countersign serve" asks this before it listens.
  assert.equal(await late.server.hasOwner(), true)
})

test('fault 9.7: a difference of ten seconds that all nodes share is an alarm, and stops none of them', { skip }, async (t) => {
  const { nodes, aKnownClient, log } = await startNodes(t, 2, {
    clockOf: (node) => () => Date.now() - 10_000 - node * 2000,
    settings: 'operationsListen: 127.0.0.1:0',
  })
  const client = await aKnownClient()
  for (const node of nodes) {
    const { status, json } = await node.requestToken(client)
    assert.deepEqual([status, await isReady(node)], [200, true])
    for (const another of nodes) assert.equal((await another.me(String(json['access_token']))).status, 200)
  }
  await nodes[0]!.server.listen()
  const operations = async (path: string) => (await fetch(`http://127.0.0.1:${nodes[0]!.server.operationsPort()}${path}`)).text()
  assert.match(await operations('/readyz'), /"status":"ok","warnings":\{"clock":"the clock of the database is 10 s ahead/)
  assert.match(await operations('/metrics'), /^countersign_clock_difference_seconds (9\.9|10)/m)
  assert.match(log.join(''), /dated by a clock that may be wrong: the clock of the database is 10 s ahead/)
})

for (const [one, other] of [
  [0, 3],
  [-4.9, 4.9],
] as const)
  test(`fault 9.4: fresh tokens of nodes at ${one} and ${other} s are valid at each other, also uncorrected`, { skip }, async (t) => {
    const { nodes, aKnownClient } = await startNodes(t, 2, {
      clockOf: (node) => () => Date.now() + (node === 0 ? one : other) * 1000,
      systemClockOf: () => Date.now,
    })
    const client = await aKnownClient()
    const tokens = await Promise.all(nodes.map(async (node) => String((await node.requestToken(client)).json['access_token'])))
    const operators = nodes.map(({ admin }) => admin)
    for (const node of nodes) for (const token of tokens) assert.equal((await node.me(token)).status, 200)
    for (const admin of operators) await admin.call('organizations.get', { params: { ...inRealm, organization: client.slug } })
  })
