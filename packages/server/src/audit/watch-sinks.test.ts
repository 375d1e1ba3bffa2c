import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watchSinks } from './watch-sinks.ts'

function aPlace() {
  let now = 0
  const log: string[] = []
  const places = watchSinks({ log: { error: (line) => log.push(line), info: (line) => log.push(line) }, now: () => now })
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

test('that there is no place is said once with the reason, and that there is one again with how long it took', async () => {
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
    'Audit events find no place: database or disk is full. Until they do, there are no tokens.',
    'Audit events find a place again after 12 s.',
  ])
})

test('a place that fails while another one is left is not worth a line', async () => {
  const { places, write, log, fill } = aPlace()
  fill()
  await assert.rejects(places.watch(write, { isLast: false })([]))
  assert.deepEqual([places.failure(), log], [undefined, []])
})
