import assert from 'node:assert/strict'
import { test } from 'node:test'
import { code, pathsWith } from './source-tree.ts'

/** The linter rejects most of these too, but a comment can disable it. */
const refused = {
  'a default export': /^export (?:default\b|\{[^}]*\bas default\b)/m,
  'the type any': /(?::|<|\||\bas) *any\b(?! [a-z])/,
  'a type error that is waved through': /@ts-(?:ignore|nocheck)/,
}
for (const [what, pattern] of Object.entries(refused)) {
  test(`no file has ${what}`, () => {
    assert.deepEqual(pathsWith(pattern, code), [])
  })
}

test('an index.ts is at the root of a package and nowhere below', () => {
  const indexes = code.map(({ path }) => path).filter((path) => /(?:^|\/)index\.m?ts$/.test(path))
  assert.deepEqual(
    indexes.filter((path) => !/^(?:packages\/[^/]+\/src|examples|conformance|bench)\/index\.ts$/.test(path)),
    [],
  )
})

test('the title of an abuse case begins with its three-digit number', () => {
  const titles = code.flatMap(({ path, text }) =>
    [...text.matchAll(/\b(?:test|it|describe)\(\s*['"`]abuse\b ?([^:'"`]*)/gi)].map((match) => ({ path, number: match[1] ?? '' })),
  )
  assert.notEqual(titles.length, 0)
  assert.deepEqual(
    titles.filter(({ number }) => !/^\d{3}$/.test(number)),
    [],
  )
})
