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

test('a replaced or deleted entry takes nothing of the limit', () => {
  const map = createRecentMap<{ bytes: number }>(100, { weigh: ({ bytes }) => bytes })
  map.set('a', { bytes: 20 })
  for (let i = 0; i < 100; i++) {
    map.set('b', { bytes: 20 })
    map.set('c', { bytes: 10 })
    map.delete('c')
  }
  assert.ok(map.get('a') && map.get('b'))
  assert.equal(map.get('c'), undefined)
  map.clear()
  assert.equal(map.size, 0)
})

test('entries count by their weight, and one that is heavier than the limit is held alone', () => {
  const map = createRecentMap<number>(100, { weigh: (weight) => weight })
  for (let i = 0; i < 1000; i++) {
    map.set(String(i), i === 500 ? 1000 : 10)
    assert.ok(map.size <= 10)
  }
})

test('each entry that is evicted is told once, unless it is still held', () => {
  const evicted: number[] = []
  const map = createRecentMap<number>(4, { onEvict: (value) => evicted.push(value) })
  for (let i = 0; i < 100; i++) {
    map.set(String(i), i)
    map.get('0')
  }
  assert.deepEqual(new Set(evicted).size, evicted.length)
  assert.ok(!evicted.includes(0))
  assert.equal(evicted.length + map.size, 101) // 0 is in both generations.
})
