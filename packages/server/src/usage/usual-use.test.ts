import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeUse } from './usual-use.ts'
import { dayMs, hourMs } from './usage-steps.ts'

const minuteMs = 60_000
const midnight = Date.UTC(2026, 0, 10)
/** Of the day that ends with the last use. */
const hours = (counts: Readonly<Record<number, number>>) =>
  Object.entries(counts).map(([hour, count]) => ({ start: midnight + Number(hour) * hourMs, count }))
const always = (count: number) => hours(Object.fromEntries(Array.from({ length: 24 }, (_, hour) => [hour, count])))
const lastAt = midnight + dayMs - minuteMs
const longAgo = midnight - 100 * dayMs

test('three uses in each hour are one every 20 minutes, without a pause', () => {
  assert.deepEqual(describeUse(always(3), longAgo, lastAt), { gap: 20 * minuteMs, longestPause: 0 })
})

test('what comes once a night is waited for until after the next one, however often it comes then', () => {
  assert.deepEqual(describeUse(hours({ 2: 1 }), longAgo, midnight + 2.5 * hourMs), { gap: dayMs, longestPause: 25 * hourMs })
  assert.deepEqual(describeUse(hours({ 2: 96 }), longAgo, midnight + 2.5 * hourMs), { gap: 15 * minuteMs, longestPause: 25 * hourMs })
})

test('hours of work leave a pause over the night', () => {
  const work = hours({ 8: 12, 9: 12, 10: 12, 11: 12, 12: 12, 13: 12, 14: 12, 15: 12 })
  assert.equal(describeUse(work, longAgo, midnight + 15.9 * hourMs)?.longestPause, 18 * hourMs)
})

test('a secret of today has no night yet, and one that was used once has no gap', () => {
  assert.deepEqual(describeUse(hours({ 22: 3, 23: 4 }), lastAt - hourMs, lastAt), { gap: 10 * minuteMs, longestPause: 0 })
  assert.equal(describeUse(hours({ 23: 1 }), lastAt, lastAt), undefined)
  assert.equal(describeUse([], longAgo, lastAt), undefined)
})
