import assert from 'node:assert/strict'
import { test } from 'node:test'
import { csvOf } from '../shared/csv.ts'
import { usageRows } from './usage-rows.ts'

const range = { step: 'hour', from: '2026-01-10T10:00:00Z', to: '2026-01-10T12:00:00Z', countedSince: '2026-01-10T10:00:00Z' } as const

test('each hour is a row, with the reasons of its refusals', () => {
  const tokens = {
    ...range,
    total: 5,
    totals: { tokens: 5, calls: 0 },
    series: [{ key: 'issued', label: 'issued', total: 5, points: [2, 3] }],
  }
  const calls = {
    ...range,
    total: 9,
    totals: { tokens: 0, calls: 9 },
    series: [
      { key: 'allowed', label: 'allowed', total: 8, points: [8, 0] },
      { key: 'rate-limited', label: 'rate-limited', total: 1, points: [0, 1] },
    ],
  }
  assert.deepEqual(csvOf(usageRows(tokens, calls)).trim().split('\r\n'), [
    'from (UTC),tokens issued,token requests refused,calls allowed,calls refused,rate-limited',
    '2026-01-10T10:00:00.000Z,2,0,8,0,0',
    '2026-01-10T11:00:00.000Z,3,0,0,1,1',
  ])
})
