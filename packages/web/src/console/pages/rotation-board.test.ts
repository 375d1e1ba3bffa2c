import assert from 'node:assert/strict'
import { test } from 'node:test'
import { secondsLonger, standingOf } from './rotation-board.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const now = Date.UTC(2026, 10, 28, 9, 12)
const ahead = (ms: number) => new Date(now + ms).toISOString()
const aRotation = { windowEndsAt: ahead(9 * hourMs), maxWindowEndsAt: ahead(30 * dayMs), cutsOff: null }

test('what can be ended cuts nothing off; what is in use cuts off only if its window ends soon', () => {
  assert.equal(standingOf(aRotation, now), 'can-end')
  assert.equal(standingOf({ ...aRotation, cutsOff: 'old-in-use', windowEndsAt: ahead(9 * dayMs) }, now), 'waiting')
  assert.equal(standingOf({ ...aRotation, cutsOff: 'new-unused' }, now), 'cuts-off')
  assert.equal(standingOf({ ...aRotation, cutsOff: 'old-in-use' }, now), 'cuts-off')
  assert.equal(standingOf({ ...aRotation, cutsOff: 'old-in-use', windowEndsAt: ahead(9 * dayMs) }, now), 'waiting')
})

test('a longer window is a week, later than its present end, and not later than it can be', () => {
  const days = (rotation: Partial<typeof aRotation>) => secondsLonger({ ...aRotation, ...rotation }, now) / 86_400
  assert.equal(days({}), 7)
  assert.equal(days({ windowEndsAt: ahead(10 * dayMs) }), 11)
  assert.equal(days({ maxWindowEndsAt: ahead(4.5 * dayMs) }), 4)
  assert.equal(secondsLonger({ windowEndsAt: ahead(hourMs), maxWindowEndsAt: ahead(5.5 * hourMs) }, now), 5 * 3600)
  assert.equal(secondsLonger({ windowEndsAt: ahead(hourMs), maxWindowEndsAt: ahead(1.5 * hourMs) }, now), 89 * 60)
})
