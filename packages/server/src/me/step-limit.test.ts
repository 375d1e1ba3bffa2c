import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ProblemError } from '../errors.ts'
import { createStepLimit } from './step-limit.ts'

const hour = 3_600_000

test('fault 2.7: twenty starts and cancels are allowed in an hour, and the error says when to retry', () => {
  const limit = createStepLimit()
  for (let i = 0; i < 20; i++) for (const step of ['start', 'cancel'] as const) limit.count(step, 'a', 1000 * i)
  const refused = (error: ProblemError) => error.code === 'rate-limited' && error.details.headers?.['retry-after'] === '1800'
  assert.throws(() => limit.count('start', 'a', 1_800_000), refused)
  assert.doesNotThrow(() => limit.count('start', 'b', 1_800_000))
  assert.doesNotThrow(() => limit.count('start', 'a', hour))
})

test('fault 9.5: steps that were counted while the clock was a day ahead do not count for a day', () => {
  const limit = createStepLimit()
  for (let i = 0; i < 20; i++) limit.count('start', 'a', 24 * hour)
  assert.doesNotThrow(() => limit.count('start', 'a', 0))
})

test('fault 2.7: counters of past hours are dropped, so a hundred thousand clients do not exhaust the memory', () => {
  const limit = createStepLimit()
  for (let i = 0; i < 20; i++) limit.count('start', 'a', hour)
  for (let i = 0; i < 100_000; i++) limit.count('start', `early-${i}`, i % 2)
  // The counters of the other clients may have evicted the first client's, but must never block it.
  assert.doesNotThrow(() => limit.count('cancel', 'a', hour))
})

test('fault 2.7: a client may confirm 120 times an hour, apart from its starts', () => {
  const limit = createStepLimit()
  for (let i = 0; i < 120; i++) limit.count('confirm', 'a', 1000 * i)
  limit.count('start', 'a', 1000)
  assert.throws(() => limit.count('confirm', 'a', hour - 1), { code: 'rate-limited' })
  limit.count('confirm', 'b', hour - 1)
  limit.count('confirm', 'a', hour)
})
