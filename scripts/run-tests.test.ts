import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { findTargetTests, findTests } from './run-tests.ts'

test('"npm run conformance" runs the tests that ask the target, and no others', () => {
  const asking = findTests(['conformance']).filter((file) => readFileSync(file, 'utf8').includes("'./target.fixture.ts'"))
  assert.deepEqual(findTargetTests(), asking.toSorted())
})
