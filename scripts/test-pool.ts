// Runs many test files, some of them on several stores, as many at a time as keep the machine busy and the longest first. Each is
// a process of its own, started by `run()` of node:test, and a line of the output; one that fails is printed in full.
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { run } from 'node:test'
import { spec, type TestEvent } from 'node:test/reporters'
import { testEnvironment, testOptions } from './run-tests.ts'

export interface TestJob {
  readonly file: string
  /** Of the servers that it starts. */
  readonly store: string
}

export interface TestResult extends TestJob {
  readonly seconds: number
  readonly passed: number
  /** Or cancelled. A file that ends with an error before it reports a failure has one. */
  readonly failed: number
  /** The failures alone, readable. */
  readonly failures: string
}

export interface TestPool {
  /** How many files at a time. */
  readonly concurrency: number
  readonly maxTestMs?: number
  /** A file can hang where none of its tests does: something that it started keeps its process alive. */
  readonly maxFileMs?: number
  readonly say: (line: string) => void
}

/** Runs jobs, the first ones first. */
export async function runPool(jobs: readonly TestJob[], pool: TestPool): Promise<TestResult[]> {
  const start = performance.now()
  const waiting = [...jobs]
  const running = new Set<TestJob>()
  const results: TestResult[] = []
  const say = (line: string) => {
    const done = `${results.length}`.padStart(`${jobs.length}`.length)
    pool.say(`[${done} of ${jobs.length}] ${secondsSince(start).toFixed(0).padStart(4)} s  ${line}`)
  }
  const quiet = setInterval(() => say(`still running: ${[...running].map(nameOf).join(', ')}`), 30_000)
  // The files that run are ended, no further ones are started, and what is known by then is reported.
  const stopped = new AbortController()
  const stop = () => {
    waiting.length = 0
    stopped.abort(new Error('The run was stopped'))
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, stop)
  const work = async () => {
    for (let job = waiting.shift(); job; job = waiting.shift()) {
      running.add(job)
      const { result, output } = await runFile(job, pool, stopped.signal)
      running.delete(job)
      results.push(result)
      say(`${nameOf(job)}  ${result.seconds.toFixed(1)} s${result.failed > 0 ? `, ${result.failed} failed:` : ''}`)
      if (result.failed > 0) pool.say(output)
      quiet.refresh()
    }
  }
  await Promise.all(Array.from({ length: pool.concurrency }, work))
  clearInterval(quiet)
  return results
}

async function runFile({ file, store }: TestJob, { maxTestMs, maxFileMs = 300_000 }: TestPool, stopped: AbortSignal) {
  const start = performance.now()
  const events: TestEvent[] = []
  const env = { ...testEnvironment(), COUNTERSIGN_TEST_STORE: store }
  const signal = AbortSignal.any([stopped, AbortSignal.timeout(maxFileMs)])
  for await (const event of run({ files: [file], env, execArgv: testOptions(maxTestMs), signal })) {
    events.push(event as TestEvent)
  }
  // The last summary is that of the run; a file that ended too early has none of its own.
  const summary = events.findLast(({ type }) => type === 'test:summary')?.data as TestSummary | undefined
  const { tests = 0, passed = 0, skipped = 0, todo = 0 } = summary?.counts ?? {}
  const failed = Math.max(tests - passed - skipped - todo, summary?.success === true ? 0 : 1)
  const failures = failed > 0 ? await describe(events.filter(({ type }) => type === 'test:fail')) : ''
  return {
    result: { file, store, seconds: secondsSince(start), passed, failed, failures },
    output: failed > 0 ? await describe(events) : '',
  }
}

type TestSummary = Extract<TestEvent, { type: 'test:summary' }>['data']

function describe(events: readonly TestEvent[]): Promise<string> {
  return text(Readable.from(events).pipe(new spec()))
}

export function nameOf({ file, store }: TestJob): string {
  return store === 'sqlite' ? file : `${file} (${store})`
}

export function secondsSince(start: number): number {
  return (performance.now() - start) / 1000
}
