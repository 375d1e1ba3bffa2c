import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countNewer, hold } from './hold.ts'

const list = (...ids: string[]) => ids.map((id) => ({ id }))

test('what was shown stays while the same question is answered again', () => {
  const first = hold(undefined, 'page 1', 'a')
  assert.equal(hold(first, 'page 2', 'a').shown, 'page 1')
})

test('another question shows its own answer, not the one before it', () => {
  const before = hold(hold(undefined, 'page 1', 'a'), 'page 2', 'a')
  const waiting = hold(before, 'page 2', 'b')
  assert.equal(waiting.shown, 'page 1')
  assert.equal(hold(waiting, 'page 3', 'b').shown, 'page 3')
})

test('newer items are those before the first that is shown', () => {
  assert.equal(countNewer(list('b', 'a'), list('d', 'c', 'b', 'a')), 2)
  assert.equal(countNewer(list('b', 'a'), list('b', 'a')), 0)
  assert.equal(countNewer(list('b', 'a'), list('e', 'd')), 2)
  assert.equal(countNewer([], list('a')), 1)
})
