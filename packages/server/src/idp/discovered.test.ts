import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createManualClock } from '../../test/test-server.fixture.ts'
import { createDiscovered } from './discovered.ts'
import { SignInRefusal } from './sign-in-refusal.ts'

const hourMs = 3_600_000

test('a thousand starts read the document once, and an hour later once more', async () => {
  const clock = createManualClock()
  let reads = 0
  const discovered = createDiscovered(async () => ++reads, hourMs, clock.now)
  await Promise.all(Array.from({ length: 1000 }, () => discovered.get()))
  assert.equal(reads, 1)
  clock.advance(hourMs)
  assert.equal(await discovered.get(), 2)
  clock.advance(-7_200_000)
  assert.equal(await discovered.get(), 3, 'after a clock that was two hours ahead')
})

test('that this server had too much to do does not count: the next start asks', async () => {
  let reads = 0
  const discover = async () => {
    if (++reads === 1) throw new SignInRefusal('idp-away', 'idp-busy')
    return 'up'
  }
  const discovered = createDiscovered(discover, hourMs, createManualClock().now)
  await assert.rejects(discovered.get())
  assert.equal(await discovered.get(), 'up')
})

test('a failure counts for ten seconds', async () => {
  const clock = createManualClock()
  let reads = 0
  const discovered = createDiscovered(
    async () => {
      if (++reads === 1) throw new Error('down')
      return 'up'
    },
    hourMs,
    clock.now,
  )
  for (let start = 0; start < 1000; start++) await assert.rejects(discovered.get(), /down/)
  assert.equal(reads, 1)
  clock.advance(10_000)
  assert.equal(await discovered.get(), 'up')
})
