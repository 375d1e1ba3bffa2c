import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createNodeName, createRequestIds, idFrom, instantOf, nodeOf, numberOf } from './node-ids.ts'

test('request ids sort in the order of their creation, also after the clock was set back', () => {
  const instants = [1000, 1000, 2000, 500, 2001]
  let made = 0
  const nextId = createRequestIds(createNodeName(), () => instants[made++]!)
  const ids = instants.map(() => nextId())
  assert.deepEqual(ids, ids.toSorted())
  assert.deepEqual(ids.map(instantOf), [1000, 1000, 2000, 2000, 2001])
  assert.deepEqual(ids.map(numberOf), [1, 2, 3, 4, 5])
})

test('two servers that start at the same instant generate different request ids', () => {
  const [first, second] = [createNodeName(), createNodeName()]
  assert.notEqual(createRequestIds(first, () => 1)(), createRequestIds(second, () => 1)())
  assert.equal(nodeOf(createRequestIds(first, () => 1)()), first)
})

test('only an id in this format has an instant', () => {
  assert.equal(instantOf(`${idFrom(7)}-0a1b2c3d-00000001`), 7)
  for (const other of ['', 'trace-1', '8d8f6f3a-3f0e-4c53-9f4b-0e3e0a3f2b11', `${idFrom(7)}-0a1b2c3d-00000001 `]) {
    assert.ok(Number.isNaN(instantOf(other)))
  }
})
