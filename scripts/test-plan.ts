// Which test files `npm test` runs, on which stores, which of them in one process, and in which order.
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder, findTests } from './run-tests.ts'
import { nameOf, type TestBatch, type TestJob, type TestResult } from './test-pool.ts'

const everything = ['packages', 'examples', 'conformance', 'bench', 'safety', 'scripts']
const durationsFile = join(cacheFolder, 'durations.json')

/** How long the files of a batch may take together: long enough to share much, short enough to spread the work. */
const maxBatchSeconds = 90

/** Batches of files to run, the longest first, so that no core is idle at the end. */
export function planTests({ hasPostgres }: { hasPostgres: boolean }): TestBatch[] {
  const known = readDurations()
  const jobs = findTests(everything).flatMap((file) => {
    const source = readFileSync(file, 'utf8')
    const group = outsideTests.test(source) ? file : groupOf(file)
    return storesOf(file, source, hasPostgres).map((store) => {
      const seconds = known[nameOf({ file, store })] ?? guessSeconds({ file, store })
      return { file, store, group, seconds }
    })
  })
  const groups = Map.groupBy(jobs, ({ store, group }) => `${store} ${group}`)
  const batches = [...groups.values()].flatMap(fillBatches)
  return batches.toSorted((a, b) => totalSeconds(b) - totalSeconds(a))
}

/**
 * Every file once, and again on PostgreSQL each that starts a server whose store may matter: startTestServer() or
 * shareTestServer(). Where it may not, a test says so by startTestServerOnAnyStore() and runs once. On PostgreSQL two servers take turns
 * in front of the tests that let them; one alone would add minutes to a run and no statement that the two do not send.
 */
function storesOf(file: string, source: string, hasPostgres: boolean): string[] {
  const servers = file.startsWith('packages/server/') ? (source.match(/(?:start|share)TestServer\(/g)?.length ?? 0) : 0
  const takesTurns = servers > source.split('nodes: 1').length - 1
  return ['sqlite', ...(hasPostgres && servers > 0 ? [takesTurns ? 'postgres-two-nodes' : 'postgres'] : [])]
}

/**
 * What a file does outside of tests lasts as long as the process, so it has one of its own: a hook, a server, a row that it adds to a
 * table of the product.
 */
const outsideTests = /^(?:before|after|beforeEach|afterEach)\(|^(?:const .* = )?await |^;\(|^Object\.assign\(|\/assertion-method\.fixture/m

/** Files of one package need the same modules. What starts commands and servers as processes of their own gains nothing by sharing one. */
function groupOf(file: string): string {
  return /^(?:safety|packages\/(?!cli\/)\w+)\//.exec(file)?.[0] ?? file
}

interface TimedJob extends TestJob {
  readonly seconds: number
}

function fillBatches(jobs: readonly TimedJob[]): TimedJob[][] {
  const batches: TimedJob[][] = []
  for (const job of jobs.toSorted((a, b) => b.seconds - a.seconds)) {
    const batch = batches.find((some) => totalSeconds(some) + job.seconds <= maxBatchSeconds)
    if (batch) batch.push(job)
    else batches.push([job])
  }
  return batches
}

function totalSeconds(jobs: readonly TimedJob[]): number {
  return jobs.reduce((sum, { seconds }) => sum + seconds, 0)
}

function readDurations(): Record<string, number> {
  return existsSync(durationsFile) ? (JSON.parse(readFileSync(durationsFile, 'utf8')) as Record<string, number>) : {}
}

/** What the first lines say, as "Takes 90 s.", else those that start processes, databases or several servers, then by the store and by how much they test. */
function guessSeconds({ file, store }: TestJob): number {
  const told = /^\/\/ .*\bTakes (\d+) s\./m.exec(readFileSync(file, 'utf8').slice(0, 1000))
  if (told) return Number(told[1])
  const [, rate] = rates.find(([kind]) => kind.test(`${store} ${file}`))!
  return (rate * statSync(file).size) / 1024
}

const rates: readonly (readonly [kind: RegExp, secondsPerKilobyte: number])[] = [
  [/ (?:bench|conformance\/pages)\//, 10],
  [/ (?:examples|scripts|packages\/cli|packages\/server\/(?:test|src\/store))\//, 3],
  [/^postgres-two-nodes /, 0.8],
  [/^postgres /, 0.5],
  [/^/, 0.2],
]

/** For the order of the next run. */
export function keepDurations(results: readonly TestResult[]): void {
  const durations = Object.fromEntries(results.map((result) => [nameOf(result), result.seconds]))
  writeFileSync(durationsFile, JSON.stringify({ ...readDurations(), ...durations }))
}
