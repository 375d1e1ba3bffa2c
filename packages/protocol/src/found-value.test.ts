import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeFound, withoutUrls } from './found-value.ts'

const values: [value: unknown, described: string][] = [
  [undefined, 'nothing'],
  [null, 'null'],
  [[], 'an empty list'],
  [['a'], 'a list'],
  [{ a: 1 }, 'a mapping'],
  [7, '7'],
  ['text', '"text"'],
  ['postgres://cs:hunter2@db/cs', '"…@db/cs"'],
  ['a\n:hunter2@db', '"…@db"'],
  ['x'.repeat(100), `"${'x'.repeat(80)}…"`],
]
for (const [value, described] of values) {
  test(`${JSON.stringify(value)?.slice(0, 40)} is ${described.slice(0, 40)} in an error`, () =>
    assert.equal(describeFound(value), described))
}

test('a message keeps no part of a URL that may be a password', () => {
  const message = withoutUrls('Nested mappings at line 2:\n\nstore: postgres://cs:hunter2@db/cs: x\nissuer: https://u:hunter2@host/a b')
  assert.doesNotMatch(message, /hunter2|cs:/)
  assert.match(message, /^Nested mappings at line 2:/)
})
