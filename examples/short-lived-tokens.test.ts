// Renewal in real time: a demo whose tokens live five seconds, and a consumer that calls through three lifetimes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startTestDemo } from '@countersign/cli/demo.fixture'
import { createWatchedConsumer } from './calls.fixture.ts'

const { systems } = await startTestDemo({ tokenLifetime: '5s' })

test('three lifetimes of 5 seconds: no failed call, and one token request per renewal', async () => {
  const { call, issued, answers } = createWatchedConsumer(systems['ptv']!)

  const end = Date.now() + 15_500
  while (Date.now() < end) {
    assert.equal(await call('/routes'), 200)
    await sleep(100)
  }

  assert.deepEqual(
    answers.filter(({ status }) => status !== 200),
    [],
  )
  // A token is renewed after half of its lifetime at the latest, the first one earlier, so that a fleet spreads out.
  assert.ok(issued.length >= 6 && issued.length <= 9, `${issued.length} token requests`)
  assert.equal(new Set(issued).size, issued.length)
  const used = [...new Set(answers.map(({ token }) => token))]
  assert.deepEqual(used, issued.slice(0, used.length), 'tokens are used in the order in which they were issued')
  assert.ok(issued.length - used.length <= 1, 'every token that was requested was used, but for one that came at the very end')
})
