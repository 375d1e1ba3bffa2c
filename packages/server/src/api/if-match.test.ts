import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { ProblemError } from '../errors.ts'
import { parseIfMatch, refuseOutdated } from './if-match.ts'

const matching = ['*', '"4"', '"3", "4"', '"3","4" , "5"', 'W/"4", "4"', '"of-another-API", "4"', ', "4",,', '"a,b", "4"', '"3",\t"4"']
for (const header of matching) {
  test(`fault 7.7: If-Match ${header} matches version 4`, () => refuseOutdated(parseIfMatch(header), 4))
}

for (const header of ['"3"', '"3", "5"', 'W/"4"', 'W/"4", W/"5"', '"04"', '"4,5"', '""', '"4a"', '"abc"', `"${'4'.repeat(16)}"`]) {
  test(`fault 7.7: If-Match ${header} does not match version 4, and the condition fails`, () => {
    assert.throws(() => refuseOutdated(parseIfMatch(header), 4), { code: 'precondition-failed' })
  })
}

test('fault 7.7: the error for a weak ETag says what to send', () => {
  assert.throws(
    () => refuseOutdated(parseIfMatch('W/"4"'), 4),
    ({ details }: ProblemError) => details.remedy?.includes('W/ never matches') ?? false,
  )
})

for (const header of [
  '',
  ' ',
  ',',
  '4',
  'w/"4"',
  'W/4',
  '"4',
  '4"',
  '"4" "5"',
  '"4 5"',
  '*, "4"',
  '"4", *',
  '"4";',
  `"4"${' '.repeat(16_000)}x`,
]) {
  test(`If-Match ${JSON.stringify(header.slice(0, 20))} is not a list of ETags`, () => {
    assert.throws(() => parseIfMatch(header), { code: 'invalid-request' })
  })
}

test('any list of versions is read as it was written', () => {
  const versions = fc.array(fc.integer({ min: 1, max: 999_999_999_999_999 }), { minLength: 1 })
  fc.assert(fc.property(versions, (list) => assert.deepEqual(parseIfMatch(list.map((version) => `"${version}"`).join(', ')), list)))
})

test('arbitrary text is read or refused with a problem', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        parseIfMatch(text)
      } catch (error) {
        assert.ok(error instanceof ProblemError)
      }
    }),
  )
})
