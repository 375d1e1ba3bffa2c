import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ProblemError } from '../errors.ts'
import { createStepLimit } from './step-limit.ts'

const hour = 3_600_000

test('fault 2.7: twenty of each step are let through in an hour, and the refusal says when to come back', () => {
  const limit = createStepLimit()
  for (let i = 0; i < 20; i++) for (const step of ['start', 'cancel'] as const) limit.count(step, 'a', 1000 * i)
  const refused = (error: ProblemError) => error.code === 'rate-limited' && error.details.headers?.['retry-after'] === '1800'
  assert.throws(() => limit.count('start', 'a', 1_800_000), refused)
  assert.doesNotThrow(() => limit.count('start', 'b', 1_800_000))
  assert.doesNotThrow(() => limit.count('start', 'a', hour))
})

test('fault 2.7: the counts of ended hours make room, so a hundred thousand clients in turn do not use up the memory', () => {
  const limit = createStepLimit()
  for (let i = 0; i < 20; i++) limit.count('start', 'a', hour)
  for (let i = 0; i < 100_000; i++) limit.count('start', `early-${i}`, i % 2)
  // What the other clients did may have made it forget, never block, the first one.
  assert.doesNotThrow(() => limit.count('cancel', 'a', hour))
})
