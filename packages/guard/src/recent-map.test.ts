import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { createRecentMap } from './recent-map.ts'

test('a key in frequent use survives a flood of new keys', () => {
  const map = createRecentMap<number>(100)
  map.set('hot', 1)
  for (let i = 0; i < 10_000; i++) {
    map.set(`flood-${i}`, i)
    if (i % 40 === 0) assert.equal(map.get('hot'), 1)
  }
})

test('it never holds more entries than its limit', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 20 }), fc.array(fc.nat({ max: 60 })), (limit, keys) => {
      const map = createRecentMap<number>(limit)
      for (const key of keys) map.set(String(key), key)
      // A lookup promotes an entry and may evict others, so the number found is at most the number held.
      const found = Array.from({ length: 61 }, (_, key) => map.get(String(key))).filter((value) => value !== undefined)
      assert.ok(found.length <= limit)
    }),
  )
})

test('a key that was set again has its new value', () => {
  const map = createRecentMap<string>(4)
  map.set('a', 'old')
  map.set('b', 'x')
  map.set('c', 'x')
  map.set('a', 'new')
  assert.equal(map.get('a'), 'new')
})
