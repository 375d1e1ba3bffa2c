// What each node says of itself, seen at another one.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serverVersion } from '../../src/monitoring/server-version.ts'
import { skipWithoutPostgres } from '../store/postgres.fixture.ts'
import { startNodes, type Node } from './nodes.fixture.ts'

const skip = skipWithoutPostgres()

test('every node is seen at each, silent ones too, and one that stops in good order is left out', { skip }, async (t) => {
  const { nodes, query } = await startNodes(t, 2)
  const [one, other] = nodes as [Node, Node]
  await Promise.all(nodes.map(({ server }) => server.upkeep.announce()))
  const read = () => one.admin.call('health.get', { params: {} })
  const health = await read()
  assert.deepEqual(
    health.nodes.map(({ answering, version }) => [answering, version]),
    [
      [true, serverVersion],
      [false, serverVersion],
    ],
  )
  assert.equal(health.database.kind, 'postgres')
  // A busy machine that runs tests holds up its event loop for a moment now and then.
  assert.deepEqual(
    health.warnings.filter(({ kind }) => kind !== 'event-loop'),
    [],
  )
  const theirs = health.nodes[1]!
  assert.ok(theirs.clockDifferenceSeconds !== null && theirs.pullAgeSeconds !== null && theirs.audit?.spool !== null)

  await query(`update node_reports set seen_at = seen_at - 60000 where node = '${theirs.node}'`)
  await query(`delete from node_clocks where node = '${theirs.node}'`)
  const silent = (await read()).warnings.find(({ kind }) => kind === 'node-silent')
  assert.equal(silent?.node, theirs.node)

  await query(`update node_reports set report = '{"of": "another version"}' where node = '${theirs.node}'`)
  assert.equal((await read()).nodes.find(({ node }) => node === theirs.node)?.ready, null)

  await other.server.close()
  assert.equal((await read()).nodes.length, 1)
})
