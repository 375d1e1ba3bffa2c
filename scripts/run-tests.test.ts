import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { findTargetTests, findTests } from './run-tests.ts'

test('"npm run conformance" runs the tests that ask the target, and no others', () => {
  const asking = findTests(['conformance']).filter((file) => readFileSync(file, 'utf8').includes("'./target.fixture.ts'"))
  assert.deepEqual(findTargetTests(), asking.toSorted())
})

test('"npm test -- --help" says what can be run, and an option that does not exist is named', () => {
  const run = (option: string) => spawnSync(process.execPath, [...process.execArgv, 'scripts/test.ts', option], { encoding: 'utf8' })
  const asked = run('--help')
  assert.equal(asked.status, 0, asked.stderr)
  assert.match(asked.stdout, /npm test -- packages\/guard/)
  const unknown = run('--only')
  assert.equal(unknown.status, 2)
  assert.match(unknown.stderr, /no option --only/)
})
