import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OperationOutput } from '@countersign/admin'
import { describeHealth } from './health.ts'

type Health = OperationOutput<'health.get'>

const node: Health['nodes'][number] = {
  node: '0a1b2c3d',
  answering: true,
  host: 'auth-1',
  version: '0.1.0',
  startedAt: '2026-11-28T08:00:00.000Z',
  seenAt: '2026-11-28T09:00:00.000Z',
  seenSecondsAgo: 0,
  ready: true,
  clockDifferenceSeconds: 0.0123,
  pullAgeSeconds: 0.4,
  eventLoopLagSeconds: 0,
  audit: { waiting: 0, sealAgeSeconds: 3.2, spool: { inUse: true, events: 412, bytes: 81_000, damagedFiles: 0 } },
}
const health: Health = {
  at: '2026-11-28T09:00:00.000Z',
  state: 'bad',
  warnings: [
    {
      kind: 'store',
      severity: 'bad',
      node: '0a1b2c3d',
      fact: 'The store has not answered for longer than the lease.',
      remedy: 'Repair the database.',
      command: null,
    },
    {
      kind: 'audit-cut',
      severity: 'bad',
      node: null,
      fact: 'The log was cut.',
      remedy: 'Check the log.',
      command: 'countersign audit verify',
    },
  ],
  nodes: [node, { ...node, node: 'ffffffff', answering: false, version: null, ready: null, clockDifferenceSeconds: null, audit: null }],
  database: { kind: 'postgres', version: '17.2', migration: '024-people', sizeBytes: 12_400_000, revision: 812 },
  signingKeys: [],
  moreSigningKeys: 0,
}

test('each warning has what is so, what to do, and the command if there is one', () => {
  const [state, store, cut] = describeHealth(health).split('\n\n')
  assert.equal(state, '2 things need attention:')
  assert.equal(store, 'BAD  store, node 0a1b2c3d\n  The store has not answered for longer than the lease.\n  Repair the database.')
  assert.equal(cut, 'BAD  audit-cut\n  The log was cut.\n  Check the log.\n  countersign audit verify')
})

test('nodes are listed with what they say, and with less where they say nothing', () => {
  const [, , , table, facts] = describeHealth(health).split('\n\n')
  const [heads, one, other] = table!.split('\n').map((line) => line.split(/ {2,}/))
  assert.deepEqual(heads!.slice(0, 4), ['NODE', 'MACHINE', 'VERSION', 'READY'])
  assert.deepEqual([one![0], one![6], one![7], one![8]], ['0a1b2c3d (this one)', '+0.012 s', '0.4 s ago', '412'])
  assert.deepEqual(other!.slice(0, 4), ['ffffffff', 'auth-1', 'earlier', 'not known'])
  assert.match(facts!, /^database +PostgreSQL 17\.2, 12\.4 MB\nschema +024-people, at change 812\n/)
})
