import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { ClockSteppedBackError, forwardOnly, WrongClockError } from './clock.ts'
import { describeFailure } from './store/store-errors.ts'

function aClock(...readings: number[]) {
  let wall = 0
  const clock = forwardOnly(() => wall)
  return readings.map((reading) => {
    wall = reading
    try {
      return clock()
    } catch (error) {
      assert.ok(error instanceof ClockSteppedBackError)
      return 'stepped back'
    }
  })
}

test('time passes', () => assert.deepEqual(aClock(1, 2, 2, 10), [1, 2, 2, 10]))

test('abuse 031: during a step back of up to five seconds the clock stands still', () => {
  assert.deepEqual(aClock(10_000, 5_000, 9_999, 10_001), [10_000, 10_000, 10_000, 10_001])
})

test('abuse 031: a larger step back is reported until the clock has caught up', () => {
  assert.deepEqual(aClock(600_000, 1, 594_999, 595_000, 600_001), [600_000, 'stepped back', 'stepped back', 600_000, 600_001])
})

test('abuse 031: no reading is earlier than the one before, whatever the wall clock does', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20_000)), (wall) => {
      const readings = aClock(...wall).filter((reading) => typeof reading === 'number')
      assert.deepEqual(
        readings,
        readings.toSorted((a, b) => a - b),
      )
    }),
  )
})

/** Readings of a clock beside a monotonic one: [wall clock, seconds that have passed]. */
function withMonotonic(...readings: [number, number][]) {
  let [wall, monotonic] = [0, 0]
  const clock = forwardOnly(
    () => wall,
    () => monotonic,
  )
  return readings.map(([reading, passed]) => {
    ;[wall, monotonic] = [reading, passed * 1000]
    try {
      return clock()
    } catch (error) {
      assert.ok(error instanceof ClockSteppedBackError)
      return 'stepped back'
    }
  })
}

test('fault 9.5: a clock that was an hour ahead for three seconds and is right again is used at once', () => {
  const start = 1_000_000
  const hour = 3_600_000
  assert.deepEqual(withMonotonic([start, 1], [start + hour + 1000, 2], [start + hour + 3000, 4], [start + 4000, 5], [start + 5000, 6]), [
    start,
    start + hour + 1000,
    start + hour + 3000,
    start + 4000,
    start + 5000,
  ])
})

test('fault 9.5: a clock that goes back elsewhere than to where it would be is still reported', () => {
  const hour = 3_600_000
  assert.deepEqual(withMonotonic([2 * hour, 1], [3 * hour, 2], [hour, 3], [2 * hour + 3000, 4]), [
    2 * hour,
    3 * hour,
    'stepped back',
    2 * hour + 3000,
  ])
  assert.deepEqual(withMonotonic([hour, 1], [0, 2]), [hour, 'stepped back'])
})

test('fault 9.6: periodic work that a wrong clock stops is logged with the reason, not as a defect', () => {
  for (const error of [new WrongClockError('an hour ahead'), new ClockSteppedBackError('set back')])
    assert.deepEqual(describeFailure(error), { reason: error.message })
})
