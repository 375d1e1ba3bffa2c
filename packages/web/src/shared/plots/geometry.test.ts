import assert from 'node:assert/strict'
import { test } from 'node:test'
import { barAt, groupPoints, groupSize, largestStack, maxBars, moveCursor, scaleOf, stackParts } from './geometry.ts'

test('a scale begins at zero, ends at a round number, and has at most three lines', () => {
  assert.deepEqual(scaleOf(0), { top: 1, lines: [0] })
  assert.deepEqual(scaleOf(1), { top: 1, lines: [0, 1] })
  assert.deepEqual(scaleOf(3), { top: 4, lines: [0, 2, 4] })
  assert.deepEqual(scaleOf(212), { top: 400, lines: [0, 200, 400] })
  assert.deepEqual(scaleOf(1000), { top: 1000, lines: [0, 500, 1000] })
  for (let max = 1; max < 5000; max += 7) {
    const { top, lines } = scaleOf(max)
    assert.ok(top >= max && top <= 2.5 * max, `${max}: ${top}`)
    assert.ok(lines.length <= 3 && lines.every(Number.isInteger))
  }
})

test('bars are neither thinner than they can be seen, nor more than 720', () => {
  assert.equal(groupSize(168, 900), 1)
  assert.equal(groupSize(168, 292), 3)
  assert.equal(groupSize(48, 292), 1)
  assert.equal(groupSize(9600, 100_000), 24)
  for (const width of [1, 30, 292, 1000, 9000])
    for (const steps of [1, 24, 168, 401, 9600])
      assert.ok(Math.ceil(steps / groupSize(steps, width)) <= Math.min(maxBars, Math.max(1, width / 4)))
})

test('a group is the sum of what is known, and unknown only if nothing is', () => {
  assert.deepEqual(groupPoints([1, 2, 3, 4, 5], 2), [3, 7, 5])
  assert.deepEqual(groupPoints([null, null, null, 4], 2), [null, 4])
  assert.deepEqual(groupPoints([null, 0], 1), [null, 0])
})

test('parts are stacked from the base; zero and the unknown are not drawn, and something is a pixel at least', () => {
  assert.deepEqual(stackParts([50, 25], { top: 100 }, 120, 100), [
    { y: 70, height: 50 },
    { y: 45, height: 25 },
  ])
  assert.deepEqual(stackParts([0, null, 1], { top: 10_000 }, 120, 100), [undefined, undefined, { y: 119, height: 1 }])
})

test('the largest stack is what all series have in one bar', () => {
  assert.equal(
    largestStack([
      [1, 5, null],
      [9, 4, 2],
    ]),
    10,
  )
  assert.equal(largestStack([]), 0)
})

test('a pointer is over a bar only between the first and the last', () => {
  assert.equal(barAt(40, 40, 100, 10), 0)
  assert.equal(barAt(139, 40, 100, 10), 9)
  assert.equal(barAt(39, 40, 100, 10), undefined)
  assert.equal(barAt(140, 40, 100, 10), undefined)
})

test('keys move the cursor and stop at the ends', () => {
  assert.equal(moveCursor('ArrowLeft', 0, 10), 0)
  assert.equal(moveCursor('ArrowRight', 3, 10), 4)
  assert.equal(moveCursor('Home', 5, 10), 0)
  assert.equal(moveCursor('End', 5, 10), 9)
  assert.equal(moveCursor('PageUp', 0, 24), 3)
  assert.equal(moveCursor('a', 5, 10), undefined)
})
