import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestLog } from '../../test/log.fixture.ts'
import { watchSinks } from './watch-sinks.ts'

function aPlace() {
  let now = 0
  const { log: sayTo, lines: log } = createTestLog()
  const places = watchSinks({ log: sayTo, now: () => now })
  let isFull = false
  const write = async () => {
    if (isFull) throw new Error('database or disk is full')
  }
  return {
    places,
    write,
    log,
    fill: () => void (isFull = true),
    empty: () => void (isFull = false),
    pass: (ms: number) => void (now += ms),
  }
}

test('the loss of the last sink is logged once with the reason, and its return once with the duration', async () => {
  const { places, write, log, fill, empty, pass } = aPlace()
  const watched = places.watch(write)
  await watched([])
  fill()
  for (let i = 0; i < 3; i++) await assert.rejects(watched([]), /disk is full/)
  assert.equal(places.failure(), 'database or disk is full')
  pass(12_300)
  empty()
  for (let i = 0; i < 3; i++) await watched([])
  assert.equal(places.failure(), undefined)
  assert.deepEqual(log, [
    'Audit events cannot be written: database or disk is full. Token requests get 503 until they can.',
    'Audit events can be written again after 12 s.',
  ])
})

test('the failure of a sink is not logged while another one takes events', async () => {
  const { places, write, log, fill } = aPlace()
  fill()
  await assert.rejects(places.watch(write, { isLast: false })([]))
  assert.deepEqual([places.failure(), log], [undefined, []])
})
