import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRefusalQueue } from './refusal-queue.ts'
import { aRefusal } from './report-server.fixture.ts'

function aQueue(limits: object = {}) {
  let now = 0
  const queue = createRefusalQueue(() => now, { queued: 2000, perSecond: 100, burst: 3, kinds: 3, ...limits })
  return { queue, advance: (ms: number) => (now += ms) }
}

test('within the rate every refusal is kept; above it one of each kind a minute, the others are counted', () => {
  const { queue, advance } = aQueue({ burst: 2 })
  for (let index = 0; index < 5; index++) queue.add(aRefusal())
  queue.add(aRefusal({ outcome: 'dpa-missing' }))
  assert.deepEqual([queue.size, queue.takeLost()], [3, 3])
  advance(59_999)
  for (let index = 0; index < 3; index++) queue.add(aRefusal())
  assert.deepEqual([queue.size, queue.takeLost()], [5, 1])
  advance(1)
  queue.add(aRefusal())
  assert.deepEqual([queue.size, queue.takeLost()], [6, 0])
})

test('a kind is a client or an address, the code and the route', () => {
  const { queue } = aQueue({ burst: 0, kinds: 100 })
  const kinds = [{}, { clientId: 'b' }, { outcome: 'dpa-missing' }, { route: '/v1/stock' }, { method: 'POST' }] as const
  const addresses = [{ clientId: null }, { clientId: null, address: '192.0.2.1' }]
  for (const kind of [...kinds, ...addresses, { address: '192.0.2.1' }]) queue.add(aRefusal(kind))
  assert.deepEqual([queue.size, queue.takeLost()], [7, 1])
})

test('abuse 186: beyond the limit of kinds all others are one, until a minute is over', () => {
  const { queue, advance } = aQueue({ burst: 0 })
  for (let index = 0; index < 10; index++) queue.add(aRefusal({ clientId: null, address: `192.0.2.${index}` }))
  assert.deepEqual([queue.size, queue.takeLost()], [4, 6])
  advance(60_000)
  for (let index = 10; index < 20; index++) queue.add(aRefusal({ clientId: null, address: `192.0.2.${index}` }))
  assert.deepEqual([queue.size, queue.takeLost()], [8, 6])
})

test('a full queue drops the oldest, but samples last, and a kind whose sample was dropped gets another', () => {
  const { queue } = aQueue({ queued: 3, burst: 100, kinds: 100 })
  for (const route of ['/a', '/a', '/b', '/a', '/c', '/d']) queue.add(aRefusal({ route }))
  assert.deepEqual([queue.size, queue.takeLost()], [3, 3])
  queue.add(aRefusal({ route: '/a' }))
  assert.deepEqual(
    queue.take(200).map(({ route }) => route),
    ['/c', '/d', '/a'],
  )
})

test('ids that are too long for a report are left out', () => {
  const { queue } = aQueue()
  queue.add(aRefusal({ clientId: 'a'.repeat(300), tokenId: 'a'.repeat(256) }))
  const [refusal] = queue.take(1)
  assert.deepEqual([refusal?.clientId, refusal?.tokenId], [null, null])
})
