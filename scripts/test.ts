// `npm test`: every test of the workspace, then those of the server again on PostgreSQL, and by two servers in turn. Arguments narrow it:
// `npm test -- packages/guard`; what is named runs once, on the store that COUNTERSIGN_TEST_STORE says.
import { readFileSync } from 'node:fs'
import { skipWithoutPostgres } from '@countersign/server/store/postgres.fixture'
import { findTests, runTests } from './run-tests.ts'

const places = process.argv.slice(2)
if (places.length > 0) process.exit(runTests(findTests(places)).status)

const everything = ['packages', 'examples', 'conformance', 'bench', 'safety', 'scripts']
/** The tests that start a server; the others would only do the same again. */
const ofTheServer = findTests(['packages/server']).filter((file) => readFileSync(file, 'utf8').includes('startTestServer('))
const missing = skipWithoutPostgres()

const runs = [
  { name: 'every test, the server on SQLite', files: findTests(everything), store: 'sqlite' },
  { name: 'the server on PostgreSQL', files: ofTheServer, store: 'postgres' },
  { name: 'two servers on one PostgreSQL, taking turns', files: ofTheServer, store: 'postgres-two-nodes' },
].map(({ name, files, store }) => {
  if (store !== 'sqlite' && missing !== false) return { outcome: `${name}: skipped, ${missing}`, status: 0, passed: 0, failed: 0 }
  console.log(`\n${name}: ${files.length} files`)
  const start = performance.now()
  const run = runTests(files, { COUNTERSIGN_TEST_STORE: store })
  return {
    status: run.status,
    passed: run.passed,
    failed: run.failed,
    outcome: `${name}: ${run.passed} passed, ${run.failed} failed in ${Math.round((performance.now() - start) / 1000)} s`,
  }
})

const total = (count: 'passed' | 'failed') => runs.reduce((sum, run) => sum + run[count], 0)
console.log(`\n${runs.map(({ outcome }) => outcome).join('\n')}\n${total('passed')} passed, ${total('failed')} failed`)
process.exit(runs.some(({ status }) => status !== 0) ? 1 : 0)
