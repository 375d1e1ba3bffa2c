// `npm test`: every test of the workspace, those of the server also on PostgreSQL, and by two servers in turn. Arguments narrow it:
// `npm test -- packages/guard`; what is named runs once, on the store that COUNTERSIGN_TEST_STORE says.
import { availableParallelism } from 'node:os'
import { skipWithoutPostgres } from '@countersign/server/store/postgres-programs.fixture'
import { findTests, runTests } from './run-tests.ts'
import { keepDurations, planTests } from './test-plan.ts'
import { runPool } from './test-pool.ts'
import { describeResults } from './test-report.ts'

const places = process.argv.slice(2)
if (places.length > 0) process.exit(runTests(findTests(places)))

const missing = skipWithoutPostgres()
if (missing !== false) console.log(`The server is not tested on PostgreSQL: ${missing}`)
const batches = planTests({ hasPostgres: missing === false })
// The server under test of conformance/ runs in this process.
const { globalSetup, globalTeardown } = await import('../conformance/set-up-target.ts')
await globalSetup()
// More than there are cores, because many tests wait for a clock, a process or a database; not many more, because a browser and a database are
// several processes by themselves, and a node that is held up answers 503.
const results = await runPool(batches, { concurrency: Math.ceil(1.5 * availableParallelism()), say: console.log })
await globalTeardown()
keepDurations(results)
console.log(describeResults(results))
process.exit(results.some(({ failed }) => failed > 0) ? 1 : 0)
