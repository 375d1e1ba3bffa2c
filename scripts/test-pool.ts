// Runs many test files, some of them on several stores, as many processes at a time as keep the machine busy. Each process runs a
// batch of files by test-batch.ts, started by `run()` of node:test. A file is a line of the output; one that fails is printed in full.
import { join } from 'node:path'
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

/** Runs in one process: what all of its files need is loaded and compiled once. All of one store. */
export type TestBatch = readonly TestJob[]

export interface TestResult extends TestJob {
  readonly seconds: number
  readonly passed: number
  /** Or cancelled. A file that ends with an error before it reports a failure has one. */
  readonly failed: number
  /** Why each test that did not run did not, and each suite. */
  readonly skipped: readonly string[]
  /** The failures alone, readable. */
  readonly failures: string
}

export interface TestPool {
  /** How many batches at a time. */
  readonly concurrency: number
  readonly maxTestMs?: number
  /** A file can hang where none of its tests does: something that it started keeps its process alive. */
  readonly maxFileMs?: number
  readonly say: (line: string) => void
}

interface Run extends TestPool {
  readonly stopped: AbortSignal
  /** Called when a batch starts a file. */
  readonly onFile: (batch: TestBatch, job: TestJob) => void
  readonly onResult: (result: TestResult, output: string) => void
}

/** Runs batches, the first ones first. */
export async function runPool(batches: readonly TestBatch[], pool: TestPool): Promise<TestResult[]> {
  const start = performance.now()
  const waiting = [...batches]
  const files = batches.flat().length
  const running = new Map<TestBatch, TestJob>()
  const results: TestResult[] = []
  const say = (line: string) => {
    const done = `${results.length}`.padStart(`${files}`.length)
    pool.say(`[${done} of ${files}] ${secondsSince(start).toFixed(0).padStart(4)} s  ${line}`)
  }
  const quiet = setInterval(() => say(`still running: ${[...running.values()].map(nameOf).join(', ')}`), 30_000)
  // The files that run are ended, no further ones are started, and what is known by then is reported.
  const stopped = new AbortController()
  const stop = () => {
    waiting.length = 0
    stopped.abort(new Error('The run was stopped'))
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, stop)
  const onFile = (batch: TestBatch, job: TestJob) => void running.set(batch, job)
  const onResult = (result: TestResult, output: string) => {
    results.push(result)
    say(`${nameOf(result)}  ${result.seconds.toFixed(1)} s${result.failed > 0 ? `, ${result.failed} failed:` : ''}`)
    if (result.failed > 0) pool.say(output)
    quiet.refresh()
  }
  const work = async () => {
    for (let batch = waiting.shift(); batch; batch = waiting.shift()) {
      const left = await runBatch(batch, { ...pool, stopped: stopped.signal, onFile, onResult })
      running.delete(batch)
      if (left.length > 0 && !stopped.signal.aborted) waiting.unshift(left)
    }
  }
  await Promise.all(Array.from({ length: pool.concurrency }, work))
  clearInterval(quiet)
  return results
}

const program = join(import.meta.dirname, 'test-batch.ts')

/** Returns the files that did not run, because one before them ended the process. */
async function runBatch(batch: TestBatch, { maxTestMs, maxFileMs = 600_000, stopped, onFile, onResult }: Run): Promise<TestBatch> {
  const late = new AbortController()
  const deadline = setTimeout(() => late.abort(new Error(`The file did not end within ${maxFileMs / 1000} s`)), maxFileMs)
  const ran: AsyncIterable<TestEvent> = run({
    files: [program],
    argv: batch.map(({ file }) => file),
    env: { ...testEnvironment(), COUNTERSIGN_TEST_STORE: batch[0]!.store },
    execArgv: testOptions(maxTestMs),
    signal: AbortSignal.any([stopped, late.signal]),
  })
  let current = 0
  let start = performance.now()
  let events: TestEvent[] = []
  onFile(batch, batch[0]!)
  for await (const event of ran) {
    events.push(event)
    // The last file ends with the process, which may fail after the tests.
    if (!isEndOf(batch[current]!, event) || current === batch.length - 1) continue
    await report(batch[current]!, events, start, onResult)
    current++
    start = performance.now()
    events = []
    deadline.refresh()
    onFile(batch, batch[current]!)
  }
  clearTimeout(deadline)
  await report(batch[current]!, events, start, onResult)
  return batch.slice(current + 1)
}

function isEndOf({ file }: TestJob, { type, data }: TestEvent): boolean {
  return (type === 'test:pass' || type === 'test:fail') && data.file === program && data.name === file
}

async function report(job: TestJob, events: readonly TestEvent[], start: number, onResult: Run['onResult']): Promise<void> {
  const seconds = secondsSince(start)
  const failed = events.filter(({ type, data }) => type === 'test:fail' && (data as TestData).details?.type !== 'suite')
  const passed = events.filter((event) => event.type === 'test:pass' && isCounted(job, event))
  const skipped = events.flatMap((event) => reasonOfSkip(event) ?? [])
  const failures = failed.length > 0 ? await describe(failed) : ''
  const output = failed.length > 0 ? await describe(events) : ''
  onResult({ file: job.file, store: job.store, seconds, passed: passed.length, failed: failed.length, skipped, failures }, output)
}

/** Skipped tests have not passed, and neither suites nor the end of a file are tests. */
function isCounted(job: TestJob, event: TestEvent): boolean {
  const { skip, todo, details } = event.data as TestData
  return skip === undefined && todo === undefined && details?.type !== 'suite' && !isEndOf(job, event)
}

function reasonOfSkip({ type, data }: TestEvent): string | undefined {
  const { skip } = data as TestData
  if (type !== 'test:pass' || skip === undefined || skip === false) return undefined
  return typeof skip === 'string' && skip !== '' ? skip : 'without a reason'
}

type TestData = Extract<TestEvent, { type: 'test:pass' | 'test:fail' }>['data']

function describe(events: readonly TestEvent[]): Promise<string> {
  return text(Readable.from(events).pipe(new spec()))
}

export function nameOf({ file, store }: TestJob): string {
  return store === 'sqlite' ? file : `${file} (${store})`
}

export function secondsSince(start: number): number {
  return (performance.now() - start) / 1000
}
