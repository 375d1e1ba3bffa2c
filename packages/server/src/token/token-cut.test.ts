import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cutTokensBefore, issuedAtAfterCut } from './token-cut.ts'

for (const now of [1000, 1001, 1999]) {
  test(`a cut at ${now} ms parts the tokens from before it from those after it`, () => {
    const before = issuedAtAfterCut(now, 0)
    const cut = cutTokensBefore(now)
    assert.ok(before < cut && issuedAtAfterCut(now, cut) >= cut)
  })
}

test('fault 9.3: a cut takes what a clock dates that is half a second ahead', () => {
  for (const now of [1000, 1499, 1500, 1999]) {
    const cut = cutTokensBefore(now)
    assert.ok(issuedAtAfterCut(now + 500, 0) < cut)
    assert.ok(cut * 1000 - now <= 1500)
  }
})

test('a token is dated into the future no further than to the cut', () => {
  assert.deepEqual([issuedAtAfterCut(1999, 2), issuedAtAfterCut(2000, 2), issuedAtAfterCut(2999, 2)], [2, 2, 2])
})

test('a cut of a clock that ran far ahead is not followed', () => {
  assert.deepEqual([issuedAtAfterCut(1000, 6), issuedAtAfterCut(1000, 7)], [6, 1])
})
