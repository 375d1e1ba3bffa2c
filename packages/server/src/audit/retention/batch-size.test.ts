import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBatchSize } from './batch-size.ts'

/** Batches of rows that take so long each. */
function run(size: ReturnType<typeof createBatchSize>, millisecondsOf: (rows: number) => number, times = 50): number {
  for (let time = 0; time < times; time++) size.note(millisecondsOf(size.rows()))
  return size.rows()
}

test('fault 5.6: a batch grows while it ends within half of its aim, up to its bound', () => {
  const size = createBatchSize({ maxRows: 250, aimMs: 2 })
  assert.equal(size.rows(), 8)
  assert.equal(
    run(size, () => 0.1),
    250,
  )
})

test('fault 5.6: a batch shrinks to what ends within its aim', () => {
  const size = createBatchSize({ maxRows: 250, aimMs: 2 })
  const rows = run(size, (count) => count * 0.1)
  assert.ok(rows >= 8 && rows <= 20, `${rows} rows`)
})

test('fault 5.6: a batch has rows also where one row takes longer than its aim', () => {
  assert.equal(
    run(createBatchSize({ maxRows: 250, aimMs: 2 }), () => 500),
    8,
  )
  assert.equal(
    run(createBatchSize({ maxRows: 3, aimMs: 2 }), () => 500),
    3,
  )
})

test('a batch without an aim has all rows that it may have', () => {
  assert.equal(
    run(createBatchSize({ maxRows: 250, aimMs: Infinity }), () => 500),
    250,
  )
})
