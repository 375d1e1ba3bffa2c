// Finds test files and runs a few of them for someone who reads along, for the commands that differ only in which. Every test is
// run by test-pool.ts. A file of conformance/ gets its target.
import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, resolve, sep } from 'node:path'

/** A test that hangs fails by itself; the longest one takes a minute, and several on a busy machine. */
const maxTestMs = 300_000

const nodeOptions = ['--conditions=@countersign/source', '--disable-warning=ExperimentalWarning']

/** What is kept from one run to the next: compiled modules, and how long each file took. It may be deleted at any time. */
export const cacheFolder = resolve('node_modules/.cache/countersign-tests')

const help = `npm test                      every test; those of the server also on PostgreSQL, and by two servers in turn
npm test -- packages/guard    the tests below a folder
npm test -- FILE ...          these files

COUNTERSIGN_TEST_STORE        sqlite, postgres or postgres-two-nodes: the store of what is named; sqlite if it is not set
CI=true                       a program that is missing and cannot be installed is a failure, and not a skipped test`

/** The test files in folders; a file is itself. Ends the process where there is none, and for what is no place. */
export function findTests(places: readonly string[]): string[] {
  const option = places.find((place) => place.startsWith('-'))
  if (option !== undefined) {
    if (option === '--help' || option === '-h') {
      console.log(help)
      process.exit()
    }
    console.error(`There is no option ${option}.\n\n${help}`)
    process.exit(2)
  }
  const files = places.flatMap((place) =>
    place.endsWith('.ts') ? [place] : globSync(`${place}/**/*.test.ts`, { exclude: ['**/node_modules/**', '**/dist/**'] }),
  )
  if (files.length > 0) return files
  console.error(`No test file below ${places.join(', ')}. Give a folder or a file, for example: npm test -- packages/guard`)
  process.exit(1)
}

/** The tests that ask the target alone: those below conformance/pages, model and keycloak start servers of their own. */
export function findTargetTests(): string[] {
  return globSync('conformance/*.test.ts').toSorted()
}

/** Runs test files, which report to the terminal. Returns the exit status. */
export function runTests(files: readonly string[]): number {
  // Node leaves one core free by itself, which on two cores leaves half of the machine idle.
  const options = [...testOptions(), '--test', '--test-reporter=spec', `--test-concurrency=${availableParallelism()}`]
  if (files.some((file) => resolve(file).startsWith(resolve('conformance') + sep)))
    options.push('--test-global-setup=conformance/set-up-target.ts')
  return spawnSync(process.execPath, [...options, ...files], { stdio: 'inherit', env: testEnvironment() }).status ?? 1
}

/** Options of Node for the process of a test file. */
export function testOptions(timeoutMs = maxTestMs): string[] {
  return [...nodeOptions, `--test-timeout=${timeoutMs}`]
}

/** Half of the work of a short file is compiling the same modules as all others: Node keeps them for the next process. */
export function testEnvironment(): NodeJS.ProcessEnv {
  mkdirSync(cacheFolder, { recursive: true, mode: 0o700 })
  // What a command under test keeps for its next start is not for the user who runs the tests.
  return { ...process.env, NODE_COMPILE_CACHE: join(cacheFolder, 'compiled'), XDG_CACHE_HOME: cacheFolder }
}
