import assert from 'node:assert/strict'
import { test } from 'node:test'
import { perHour } from './per-hour.ts'

const now = Date.parse('2026-11-29T09:30:00Z')

test('a count since the hour before is a number an hour, and never none if there was one', () => {
  assert.equal(perHour(378, '2026-11-29T08:00:00Z', now), 252)
  assert.equal(perHour(1, '2026-11-28T09:00:00Z', now), 1)
  assert.equal(perHour(0, '2026-11-29T08:00:00Z', now), 0)
  assert.equal(perHour(5, '2026-11-29T09:20:00Z', now), 5)
})
