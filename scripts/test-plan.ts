// Which test files `npm test` runs, on which stores, and in which order.
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder, findTests } from './run-tests.ts'
import { nameOf, type TestJob, type TestResult } from './test-pool.ts'

const everything = ['packages', 'examples', 'conformance', 'bench', 'safety', 'scripts']
const durationsFile = join(cacheFolder, 'durations.json')

/**
 * Every file once, and again on PostgreSQL each that starts a server whose store may matter: startTestServer(). Where it may
 * not, a test says so by startTestServerOnAnyStore() and runs once. Two servers take turns only in front of tests that let them.
 */
export function planTests({ hasPostgres }: { hasPostgres: boolean }): TestJob[] {
  const jobs = findTests(everything).flatMap((file) => {
    const source = readFileSync(file, 'utf8')
    const servers = file.startsWith('packages/server/') ? source.split('startTestServer(').length - 1 : 0
    const takesTurns = servers > source.split('nodes: 1').length - 1
    const stores = ['sqlite', ...(hasPostgres && servers > 0 ? ['postgres', ...(takesTurns ? ['postgres-two-nodes'] : [])] : [])]
    return stores.map((store) => ({ file, store }))
  })
  return longestFirst(jobs)
}

/** So that no core is idle at the end. A file that did not run here before is as long as its kind usually is. */
function longestFirst(jobs: readonly TestJob[]): TestJob[] {
  const known = readDurations()
  const seconds = new Map(jobs.map((job) => [job, known[nameOf(job)] ?? guessSeconds(job)]))
  return jobs.toSorted((a, b) => seconds.get(b)! - seconds.get(a)!)
}

function readDurations(): Record<string, number> {
  return existsSync(durationsFile) ? (JSON.parse(readFileSync(durationsFile, 'utf8')) as Record<string, number>) : {}
}

/** Those that start processes, databases or several servers, then by the store and by how much they test. */
function guessSeconds({ file, store }: TestJob): number {
  const [, rate] = rates.find(([kind]) => kind.test(`${store} ${file}`))!
  return (rate * statSync(file).size) / 1024
}

const rates: readonly (readonly [kind: RegExp, secondsPerKilobyte: number])[] = [
  [/ bench\//, 10],
  [/ (?:examples|packages\/cli|packages\/server\/(?:test|src\/store))\//, 3],
  [/^postgres-two-nodes /, 0.8],
  [/^postgres /, 0.5],
  [/^/, 0.2],
]

/** For the order of the next run. */
export function keepDurations(results: readonly TestResult[]): void {
  const durations = Object.fromEntries(results.map((result) => [nameOf(result), result.seconds]))
  writeFileSync(durationsFile, JSON.stringify({ ...readDurations(), ...durations }))
}
