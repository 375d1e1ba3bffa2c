import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { createCellHash, createDeadlineSketch, createWindowSketch } from './sketch.ts'

const cellsOf = createCellHash(Buffer.alloc(8, 7))
const second = 1000
const start = 1_767_225_600_000

test('keys are counted separately', () => {
  const sketch = createWindowSketch(second)
  for (let i = 0; i < 7; i++) sketch.add(cellsOf('a'), start)
  assert.deepEqual([sketch.count(cellsOf('a'), start), sketch.count(cellsOf('b'), start)], [7, 0])
})

test('a count decays over the next window and is zero after it', () => {
  const sketch = createWindowSketch(second)
  for (let i = 0; i < 10; i++) sketch.add(cellsOf('a'), start)
  const counts = [0, 999, 1000, 1500, 1999, 2000, 60_000].map((later) => Math.round(sketch.count(cellsOf('a'), start + later)))
  assert.deepEqual(counts, [10, 10, 10, 5, 0, 0, 0])
})

test('abuse 179: the decaying count is added to the new one', () => {
  const sketch = createWindowSketch(second)
  for (let i = 0; i < 10; i++) sketch.add(cellsOf('a'), start + 999)
  sketch.add(cellsOf('a'), start + 1500)
  assert.equal(sketch.count(cellsOf('a'), start + 1500), 6)
})

test('abuse 179: at any spacing, no window exceeds the limit plus the decaying rest of the one before', () => {
  const spacing = fc.array(fc.nat(400), { minLength: 50, maxLength: 200 })
  fc.assert(
    fc.property(spacing, (gaps) => {
      const sketch = createWindowSketch(second)
      const admitted: number[] = []
      let now = start
      for (const gap of gaps) {
        now += gap % 50
        if (sketch.count(cellsOf('a'), now) + 1 > 10) continue
        sketch.add(cellsOf('a'), now)
        admitted.push(now)
      }
      for (const at of admitted) assert.ok(admitted.filter((other) => other > at - second && other <= at).length <= 20)
    }),
  )
})

test('the count of a key is never too low, whatever other keys arrive', () => {
  const sketch = createWindowSketch(second)
  for (let i = 0; i < 5; i++) sketch.add(cellsOf('hot'), start)
  for (let i = 0; i < 100_000; i++) sketch.add(cellsOf(`other-${i}`), start)
  assert.ok(sketch.count(cellsOf('hot'), start) >= 5)
})

test('abuse 174: 100,000 keys take no additional memory and hardly affect a new one', () => {
  const sketch = createWindowSketch(second)
  const before = process.memoryUsage().arrayBuffers
  for (let i = 0; i < 100_000; i++) sketch.add(cellsOf(`198.51.100.${i}`), start)
  assert.ok(process.memoryUsage().arrayBuffers <= before)
  assert.ok(sketch.count(cellsOf('203.0.113.1'), start) <= 5)
})

test('a mark lasts until its deadline, the later one of two', () => {
  const sketch = createDeadlineSketch()
  sketch.mark(cellsOf('a'), start + 10)
  sketch.mark(cellsOf('a'), start + 5)
  assert.deepEqual([sketch.deadline(cellsOf('a')), sketch.deadline(cellsOf('b'))], [start + 10, 0])
})

test('the cells of a key depend on the seed, so that an attacker cannot choose them', () => {
  assert.notDeepEqual(createCellHash(Buffer.alloc(8, 1))('a'), createCellHash(Buffer.alloc(8, 2))('a'))
})

test('every key has one cell in each of four rows', () => {
  fc.assert(
    fc.property(fc.string(), (key) => {
      assert.deepEqual(
        cellsOf(key).map((cell) => Math.floor(cell / 65_536)),
        [0, 1, 2, 3],
      )
    }),
  )
})
