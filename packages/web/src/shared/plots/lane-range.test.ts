import assert from 'node:assert/strict'
import { test } from 'node:test'
import { laneRange } from './lane-range.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const now = Date.UTC(2026, 10, 28, 9, 12)

test('it begins before the rotation, so that what was usual is seen, but not more than a week ago', () => {
  const { from } = laneRange(now - 3 * dayMs, now, now + dayMs)
  assert.equal(from, Date.UTC(2026, 10, 24, 9))
  assert.equal(laneRange(now - 30 * dayMs, now, now + dayMs).from, Date.UTC(2026, 10, 21, 9))
})

test('the end of a window far away is beyond the edge, so that the past has two thirds', () => {
  const { from, to, isCut } = laneRange(now - 6 * dayMs, now, now + 30 * dayMs)
  assert.ok(isCut)
  const past = (now - from) / (to - from)
  assert.ok(past > 0.64 && past < 0.7, String(past))
})

test('the end of a near window is shown, and now always is', () => {
  for (const left of [-hourMs, 0, 60_000, hourMs, dayMs]) {
    const { from, to, isCut } = laneRange(now - 6 * dayMs, now, now + left)
    assert.equal(isCut, false)
    assert.ok(from < now && now < to && now + left < to)
  }
})

test('a rotation that has just begun shows some hours', () => {
  const { from, to } = laneRange(now, now, now + 7 * dayMs)
  assert.ok(now - from >= 6 * hourMs && to - now >= 2 * hourMs)
})
