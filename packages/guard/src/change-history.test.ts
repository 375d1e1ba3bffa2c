import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createChangeHistory } from './change-history.ts'

const asOf = (revision: number, state = 'a') => ({ revision, state, ageSeconds: 0 })
const change = (name: string) => ({ what: 'client', organizationId: null, clientId: name })
const document = (revision: number, changes: string[] | null, state = 'a') => ({
  asOf: asOf(revision, state),
  cursor: `${revision} ${state}`,
  changes: changes && changes.map(change),
})

/** At revision 5. */
function given() {
  const history = createChangeHistory()
  assert.equal(history.follow(document(5, null), history.mark), null)
  return history
}

test('changes that follow each other are forgotten one after the other', () => {
  const history = given()
  assert.deepEqual(history.follow(document(6, ['x']), history.mark), [change('x')])
  assert.deepEqual([history.place?.revision, history.mark.cursor], [6, '6 a'])
})

test('an answer that a newer event overtook is forgotten again, and does not take the guard back', () => {
  const history = given()
  const before = history.mark
  history.follow(document(7, ['x', 'y']), before)
  assert.deepEqual(history.follow(document(6, ['x']), before), [change('x')])
  assert.deepEqual(history.follow(document(5, null), { ...before, cursor: undefined }), [])
  assert.deepEqual([history.place?.revision, history.mark.cursor], [7, '7 a'])
})

test('what was asked for before everything was forgotten says nothing, whatever its revision', () => {
  const history = given()
  const before = history.mark
  assert.equal(history.follow(document(2, null, 'b'), before), null)
  for (const late of [document(9, ['x']), document(9, null)]) assert.equal(history.follow(late, before), undefined)
  assert.equal(history.admits(asOf(2, 'b'), before), false)
  assert.equal(history.admits(asOf(2, 'b'), history.mark), true)
  assert.deepEqual(history.place, asOf(2, 'b'))
})

test('another state, or an earlier revision in answer to the last cursor, means that everything may have changed', () => {
  for (const reset of [document(9, ['x'], 'b'), document(9, [], 'b'), document(3, null), document(3, ['x'])]) {
    const history = given()
    assert.equal(history.follow(reset, history.mark), null)
    assert.deepEqual([history.place, history.mark.epoch], [reset.asOf, 1])
  }
})

test('the first document begins the history of what was asked for at the same time', () => {
  const history = createChangeHistory()
  const { mark } = history
  assert.equal(history.admits(asOf(5), mark), false)
  history.follow(document(5, null), mark)
  assert.equal(history.admits(asOf(5), mark), true)
  assert.equal(history.admits(asOf(4), mark), false)
})
