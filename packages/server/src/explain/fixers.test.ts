import assert from 'node:assert/strict'
import { test } from 'node:test'
import { problemFixes, problems, type Fixer, type ProblemCode } from '@countersign/protocol'
import type { Facts } from './facts.ts'
import { ofTheRequest, remedyOf } from './cause.ts'
import { findCause } from './find-cause.ts'
import { loginCauses } from './login-causes.ts'

test('the page of a problem names the fixer that the explanation of a refused request names', () => {
  const other = Object.entries(problemFixes).flatMap(([code, fixes]) => {
    const facts = { saw: '', request: { code: code as ProblemCode, reason: null, source: 'guard' } } as unknown as Facts
    const fixers: readonly Fixer[] = fixes.map(({ who }) => who)
    return fixers.includes(findCause(facts).who) ? [] : [`${code}: ${findCause(facts).who}`]
  })
  assert.deepEqual(other, [])
})

/** What checks see of a request that is wrong in itself (guard/src/explain-checks.ts), and what tells nothing. */
const seen = [
  '',
  'sellerId is not a UUID',
  'a is not among b; the client has it, but requested this token without it',
  'not a UUID',
  'revoked',
]
const everyCause = [
  ...Object.keys(problems).flatMap((code) => seen.map((saw) => ({ code, saw, reason: null }))),
  ...Object.keys(loginCauses).map((reason) => ({ code: 'invalid-client', saw: '', reason })),
].map(({ code, saw, reason }) => {
  const request = { code: code as ProblemCode, reason, source: reason === null ? 'guard' : 'token', detail: {} }
  const facts = { saw, request, requires: {}, organization: null, realm: undefined, dpa: {} } as unknown as Facts
  return { name: [code, reason, saw].join(' '), facts, cause: findCause(facts) }
})

test('what was wrong with the request itself is changed by its caller alone', () => {
  const others = everyCause.filter(({ cause, facts }) => {
    const { unchanged, who } = cause
    return (typeof unchanged === 'string' ? unchanged : unchanged(facts)) === ofTheRequest && who !== 'integrator'
  })
  assert.deepEqual(
    others.map(({ name }) => name),
    [],
  )
  for (const saw of ['sellerId is not a UUID', 'a is not among b; the client has it, but requested this token without it'])
    assert.ok(
      everyCause.some(({ facts, cause }) => facts.saw === saw && facts.request.code !== 'invalid-token' && cause.who === 'integrator'),
    )
})

test('a remedy is addressed to the one who can change it: an operator is not sent to an operator', () => {
  const wrong = everyCause.filter(
    ({ cause, facts }) => cause.who !== 'integrator' && /\b[Aa]sk (the provider|an operator)/.test(remedyOf(cause, facts)),
  )
  assert.deepEqual(
    wrong.map(({ name, cause, facts }) => `${name}: ${remedyOf(cause, facts)}`),
    [],
  )
})
