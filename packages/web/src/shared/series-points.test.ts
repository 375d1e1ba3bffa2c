import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hoursAgo, pointsOf } from './series-points.ts'

const usage = {
  step: 'hour' as const,
  from: '2026-11-28T00:00:00.000Z',
  to: '2026-11-28T04:00:00.000Z',
  countedSince: '2026-11-28T01:00:00.000Z',
  total: 6,
  totals: { tokens: 6, calls: 0 },
  series: [
    { key: 'issued', label: 'issued', total: 4, points: [null, 1, 0, 3] },
    { key: 'invalid-client', label: 'invalid-client', total: 1, points: [null, 0, 1, 0] },
    { key: null, label: 'others', total: 1, points: [null, 0, 1, 0] },
  ],
}

test('series are added, and what was before counting began stays unknown', () => {
  assert.deepEqual(
    pointsOf(usage, (key) => key === 'issued'),
    [null, 1, 0, 3],
  )
  assert.deepEqual(
    pointsOf(usage, (key) => key !== 'issued'),
    [null, 0, 2, 0],
  )
})

test('a series without counts is zeros, not unknown', () => {
  assert.deepEqual(
    pointsOf(usage, (key) => key === 'a secret'),
    [null, 0, 0, 0],
  )
  assert.deepEqual(
    pointsOf({ ...usage, countedSince: null, series: [] }, () => true),
    [null, null, null, null],
  )
})

test('the beginning is the same text for an hour, and the running hour is the last step', () => {
  const at = Date.UTC(2026, 10, 28, 9, 12)
  assert.equal(hoursAgo(48, at), '2026-11-26T10:00:00.000Z')
  assert.equal(hoursAgo(48, at + 40 * 60_000), hoursAgo(48, at))
})
