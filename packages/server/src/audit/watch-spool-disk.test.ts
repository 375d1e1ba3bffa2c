import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createTestLog } from '../../test/log.fixture.ts'
import { watchSinks } from './watch-sinks.ts'
import { watchSpoolDisk } from './watch-spool-disk.ts'

function aDisk(t: TestContext) {
  const state = { isAway: false, isFull: false }
  const { log, lines } = createTestLog()
  const sinks = watchSinks({ log, now: () => 0 })
  const probe = async () => {
    if (state.isFull) throw new Error('ENOSPC: no space left on device')
  }
  const disk = watchSpoolDisk({ probe, sinks, isStoreAway: () => state.isAway })
  t.after(disk.close)
  const failure = async () => (await disk.check(), sinks.failure())
  return { state, sinks, failure, lines }
}

test('fault 9.14: a full disk is noticed without a request while the store is away, and its end, too', async (t) => {
  const { state, failure, lines } = aDisk(t)
  state.isFull = true
  assert.equal(await failure(), undefined, 'the store takes the events')
  state.isAway = true
  for (let i = 0; i < 3; i++) assert.equal(await failure(), 'ENOSPC: no space left on device')
  state.isFull = false
  assert.equal(await failure(), undefined)
  assert.deepEqual(lines, [
    'Audit events cannot be written: ENOSPC: no space left on device. Token requests get 503 until they can.',
    'Audit events can be written again after 0 s.',
  ])
})

test('fault 9.14: a disk that stays full does not matter once the store answers', async (t) => {
  const { state, failure } = aDisk(t)
  state.isFull = state.isAway = true
  assert.notEqual(await failure(), undefined)
  state.isAway = false
  assert.equal(await failure(), undefined)
})

test('fault 9.14: events that failed leave the node not ready until the disk or the store takes some', async (t) => {
  const { state, sinks, failure } = aDisk(t)
  state.isFull = true
  const write = sinks.watch(async () => {
    if (state.isFull) throw new Error('ENOSPC: no space left on device')
  })
  await assert.rejects(write([]))
  assert.notEqual(await failure(), undefined, 'the store answers, but refuses events')
  state.isFull = false
  assert.equal(await failure(), undefined, 'without a request')
})
