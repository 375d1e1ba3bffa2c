// Finds test files and runs them, for the commands that differ only in which. Whoever runs a file of conformance/ gets its target too.
import { spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join, resolve, sep } from 'node:path'

/** A test that hangs fails by itself; the longest one watches real tokens for a quarter of a minute. */
const longestTestMilliseconds = 120_000

/** The test files in folders; a file is itself. Ends the process where there is none. */
export function findTests(places: readonly string[]): string[] {
  const files = places.flatMap((place) =>
    place.endsWith('.ts') ? [place] : globSync(`${place}/**/*.test.ts`, { exclude: ['**/node_modules/**', '**/dist/**'] }),
  )
  if (files.length > 0) return files
  console.error(`No test file below ${places.join(', ')}. Give a folder or a file, for example: npm test -- packages/guard`)
  process.exit(1)
}

export interface TestRun {
  /** The exit status. */
  readonly status: number
  readonly passed: number
  readonly failed: number
}

/** Runs test files, which report to the terminal. */
export function runTests(files: readonly string[], env: Readonly<Record<string, string>> = {}): TestRun {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-tests-'))
  const report = join(folder, 'report.tap')
  const nodeOptions = ['--conditions=@countersign/source', '--disable-warning=ExperimentalWarning', '--test']
  nodeOptions.push('--test-reporter=spec', '--test-reporter-destination=stdout')
  nodeOptions.push('--test-reporter=tap', `--test-reporter-destination=${report}`)
  // Node leaves one core free by itself, which on two cores leaves half of the machine idle.
  nodeOptions.push(`--test-concurrency=${availableParallelism()}`)
  nodeOptions.push(`--test-timeout=${longestTestMilliseconds}`)
  if (files.some((file) => resolve(file).startsWith(resolve('conformance') + sep))) {
    nodeOptions.push('--test-global-setup=conformance/set-up-target.ts')
  }
  // What a command under test keeps for its next start is not for the user who runs the tests.
  const environment = { ...process.env, XDG_CACHE_HOME: join(folder, 'cache'), ...env }
  const { status } = spawnSync(process.execPath, [...nodeOptions, ...files], { stdio: 'inherit', env: environment })
  const text = readFileSync(report, 'utf8')
  rmSync(folder, { recursive: true })
  const count = (what: string) => Number(new RegExp(`^# ${what} (\\d+)$`, 'm').exec(text)?.[1] ?? 0)
  return { status: status ?? 1, passed: count('pass'), failed: count('fail') + count('cancelled') }
}
