import assert from 'node:assert/strict'
import { test } from 'node:test'
import { problemFixes, type Fixer, type ProblemCode } from '@countersign/protocol'
import type { Facts } from './facts.ts'
import { findCause } from './find-cause.ts'

test('the page of a problem names the fixer that the explanation of a refused request names', () => {
  const other = Object.entries(problemFixes).flatMap(([code, fixes]) => {
    const facts = { saw: '', request: { code: code as ProblemCode, reason: null, source: 'guard' } } as unknown as Facts
    const fixers: readonly Fixer[] = fixes.map(({ who }) => who)
    return fixers.includes(findCause(facts).who) ? [] : [`${code}: ${findCause(facts).who}`]
  })
  assert.deepEqual(other, [])
})
