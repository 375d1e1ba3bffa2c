import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { BoundedMap } from './bounded-map.ts'

test('what was used last stays, what was not used for the longest time goes', () => {
  const map = new BoundedMap<number>(3)
  for (const key of ['a', 'b', 'c']) map.set(key, 1)
  map.set('d', 1) // From here on "a" is gone, and the others are the older half.
  map.get('b')
  map.set('e', 1)
  assert.deepEqual(
    ['a', 'b', 'c', 'd', 'e'].map((key) => map.get(key)),
    [undefined, 1, undefined, 1, 1],
  )
})

test('the weight of all entries stays within the limit, and the last entry stays whatever its weight', () => {
  const action = fc.record({ key: fc.constantFrom(...'abcdefgh'), weight: fc.integer({ min: 1, max: 7 }), what: fc.nat(3) })
  fc.assert(
    fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
      const map = new BoundedMap<number>(10, (weight) => weight)
      const model = new Map<string, number>()
      for (const { key, weight, what } of actions) {
        if (what === 0) assert.ok([undefined, model.get(key)].includes(map.get(key)))
        else if (what === 1) map.delete(key)
        else map.set(key, weight)
        if (what === 1) model.delete(key)
        else if (what > 1) model.set(key, weight)
        if (what > 1) assert.equal(map.get(key), weight)
        const left = [...'abcdefgh'].map((each) => map.get(each) ?? 0).filter((each) => each > 0)
        assert.equal(left.length, map.size)
        assert.ok(left.reduce((sum, each) => sum + each, 0) <= 10 || left.length === 1)
      }
    }),
  )
})

test('a loop over as many entries as the limit evicts none', () => {
  const map = new BoundedMap<number>(100)
  for (let i = 0; i < 100; i++) map.set(`${i}`, i)
  for (let round = 0; round < 3; round++) for (let i = 0; i < 100; i++) assert.equal(map.get(`${i}`), i)
})
