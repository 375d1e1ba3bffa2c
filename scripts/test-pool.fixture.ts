// A run of files, on PostgreSQL as far as they know, by a process of its own, because node:test does not run files inside of a
// test. The first argument is how many milliseconds a file has, each other one names the files of a batch, with commas.
import { runPool } from './test-pool.ts'
import { describeResults } from './test-report.ts'

const [maxFileMs, ...batches] = process.argv.slice(2)
const jobs = batches.map((files) => files.split(',').map((file) => ({ file, store: 'postgres' })))
const results = await runPool(jobs, { concurrency: 2, maxTestMs: 1000, maxFileMs: Number(maxFileMs), say: console.log })
console.log(describeResults(results))
process.exit(results.some(({ failed }) => failed > 0) ? 1 : 0)
