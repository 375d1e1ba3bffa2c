import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { ClockSteppedBackError, forwardOnly } from './clock.ts'

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
