import assert from 'node:assert/strict'
import { test } from 'node:test'
import { operations, type Operation } from '@countersign/admin'
import { z } from 'zod'
import type { ProblemError } from '../errors.ts'
import { checkParts } from './check-parts.ts'

function errorsOf(check: () => unknown): readonly { readonly pointer: string; readonly detail: string }[] {
  try {
    check()
    return []
  } catch (error) {
    return (error as ProblemError).details.errors ?? []
  }
}

const all = Object.entries<Operation>(operations)

test('fault 8.5: a query parameter that is repeated is named, for every operation, and was to be given once', () => {
  for (const [operation, { query }] of all)
    for (const name of Object.keys(query?.shape ?? {})) {
      const errors = errorsOf(() => checkParts({ query: [query, { [name]: ['1', '2'] }] }))
      assert.deepEqual(errors, [{ pointer: `/query/${name}`, detail: `"${name}" must be given once` }], `${operation} ${name}`)
    }
  assert.deepEqual(
    errorsOf(() => checkParts({ query: [undefined, { limit: ['1', '2'] }] })),
    [{ pointer: '/query/limit', detail: 'expected no such member' }],
  )
})

test('fault 8.5: no error of a body or a query has the text of the library that finds it', () => {
  for (const [operation, { body, query }] of all)
    for (const wrong of [['a'], 7.5, true, null, {}, '', 'x'.repeat(3000), undefined]) {
      const filled = (schema: Operation['query']) => schema && Object.fromEntries(Object.keys(schema.shape).map((name) => [name, wrong]))
      const errors = [
        ...errorsOf(() => checkParts({ body: [body, filled(body)] })),
        ...errorsOf(() => checkParts({ body: [body, wrong] })),
        ...errorsOf(() => checkParts({ query: [query, filled(query)] })),
      ]
      for (const { pointer, detail } of errors)
        assert.doesNotMatch(detail, /Invalid|Too |received|NaN/, `${operation} ${pointer}: ${JSON.stringify(wrong)?.slice(0, 20)}`)
    }
})

const schema = z.strictObject({
  text: z.string().max(2).optional(),
  count: z.coerce.number().int().min(1).optional(),
  kind: z.enum(['a', 'b']).optional(),
  list: z.array(z.int()).min(1).optional(),
})

for (const [body, detail] of [
  [[], 'Expected an object, not an array'],
  [{ text: ['a'] }, 'Expected a string, not an array'],
  [{ text: null }, 'Expected a string, not null'],
  [{ text: 'abc' }, 'Expected at most 2 characters'],
  [{ count: 'many' }, 'Expected a number'],
  [{ count: 0 }, 'Expected at least 1'],
  [{ count: 1.5 }, 'Expected a whole number'],
  [{ kind: 'c' }, 'Expected one of "a", "b"'],
  [{ list: [] }, 'Expected at least 1 item'],
  [{ list: [true] }, 'Expected a number, not true'],
] as const) {
  test(`the error for ${JSON.stringify(body)} says: ${detail}`, () => {
    const [error] = errorsOf(() => checkParts({ body: [schema, body] }))
    assert.equal(error?.detail, detail)
  })
}
