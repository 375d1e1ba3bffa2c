import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cutAtCreation, cutTokensBefore, issuedAtAfterCut } from './token-cut.ts'

for (const now of [1000, 1001, 1999]) {
  test(`a cut at ${now} ms rejects all earlier tokens and no later one`, () => {
    const before = issuedAtAfterCut(now, 0)
    const cut = cutTokensBefore(now)
    assert.ok(before < cut && issuedAtAfterCut(now, cut) >= cut)
  })
}

test('fault 9.3: a cut includes tokens dated by a clock that is half a second ahead', () => {
  for (const now of [1000, 1499, 1500, 1999]) {
    const cut = cutTokensBefore(now)
    assert.ok(issuedAtAfterCut(now + 500, 0) < cut)
    assert.ok(cut * 1000 - now <= 1500)
  }
})

test('a token is dated no further into the future than the cut', () => {
  assert.deepEqual([issuedAtAfterCut(1999, 2), issuedAtAfterCut(2000, 2), issuedAtAfterCut(2999, 2)], [2, 2, 2])
})

test('a cut made by a clock that ran far ahead does not change the date of tokens', () => {
  assert.deepEqual([issuedAtAfterCut(1000, 6), issuedAtAfterCut(1000, 7)], [6, 1])
})

const creations = [
  ['nothing was deleted', undefined, 10],
  ['another was deleted more than half a second before', 9499, 10],
  ['another was deleted in this second', 10_000, 11],
  ['another was deleted by a clock that is 3 s ahead', 13_400, 14],
  ['another was deleted by a clock that is wrong', 99_000, 15],
] as const
for (const [name, deletedAt, cut] of creations) {
  test(`if ${name}, a client created in second 10 has tokens from second ${cut} on`, () => {
    assert.equal(cutAtCreation(10_400, deletedAt), cut)
    assert.equal(issuedAtAfterCut(10_400, cut), cut)
  })
}
