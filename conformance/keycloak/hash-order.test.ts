import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHashOrder } from './hash-order.ts'

test('ids are in the buckets of a java.util.HashSet', () => {
  // As `new HashSet<>(…)` of Java iterates: "b" has the hash 98, "Aa" and "BB" both 2112.
  const bucketOf = createHashOrder(['b', 'Aa', 'BB'])
  assert.deepEqual(['b', 'Aa', 'BB'].map(bucketOf), [2, 0, 0])
  const many = createHashOrder(Array.from({ length: 13 }, String))
  assert.equal(many('Aa'), 2112 & 31)
})
