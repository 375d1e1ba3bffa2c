import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isProblemCode } from '@countersign/protocol'
import { pathsWith, productCode, tree } from './source-tree.ts'

const catalogue = 'packages/protocol/src/problems.ts'

test('every problem page that a file refers to is in the catalogue', () => {
  const references = tree
    .filter(({ path }) => !path.endsWith('.test.ts')) // A test may request a page that does not exist.
    .flatMap(({ path, text }) =>
      [...text.matchAll(/\/problems\/([a-z][a-z-]*)(?!\.\w|[\w/-])/g)].map((match) => ({ path, code: match[1] ?? '' })),
    )
  assert.deepEqual(
    references.filter(({ code }) => !isProblemCode(code)),
    [],
  )
})

/** The compiler knows every problem code, unless code builds one or asserts that a string is one. */
const madeByHand = {
  'the address of a problem page': /\/problems\/\$\{/,
  'a problem code out of a string': /\bas (?:OAuth)?ProblemCode\b(?!\[)/,
  'the media type of a problem': /['"`]application\/problem\+json/,
}
for (const [what, pattern] of Object.entries(madeByHand)) {
  test(`only the catalogue makes ${what}`, () => {
    assert.deepEqual(
      pathsWith(pattern, productCode).filter((path) => path !== catalogue),
      [],
    )
  })
}
