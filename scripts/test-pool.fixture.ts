// A run of files, on PostgreSQL as far as they know, by a process of its own, because node:test does not run files inside of a
// test. The first argument is how many milliseconds a file has, the others name files.
import { runPool } from './test-pool.ts'
import { describeResults } from './test-report.ts'

const [maxFileMs, ...files] = process.argv.slice(2)
const jobs = files.map((file) => ({ file, store: 'postgres' }))
const results = await runPool(jobs, { concurrency: 2, maxTestMs: 1000, maxFileMs: Number(maxFileMs), say: console.log })
console.log(describeResults(results))
process.exit(results.some(({ failed }) => failed > 0) ? 1 : 0)
