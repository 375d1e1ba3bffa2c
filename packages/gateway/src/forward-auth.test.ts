import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withProblemHeader } from './forward-auth.ts'

test('the problem document is also in a header, as visible ASCII that says the same', () => {
  const problem = { title: 'Grün ist “nicht” erlaubt 🔒', detail: 'a "quoted"\nline' }
  const denial = { status: 403, headers: { 'x-request-id': 'a' }, body: JSON.stringify(problem) }
  const { status, headers, body } = withProblemHeader(denial)
  assert.deepEqual([status, body, headers['x-request-id']], [403, denial.body, 'a'])
  assert.match(headers['x-countersign-problem']!, /^[\x20-\x7e]+$/)
  assert.deepEqual(JSON.parse(headers['x-countersign-problem']!), problem)
})

test('a request that is let through has no such header', () => {
  const passed = { status: 200, headers: {}, body: '' }
  assert.deepEqual(withProblemHeader(passed), passed)
})
