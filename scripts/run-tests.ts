// Finds test files and runs them, for the commands that differ only in which. Whoever runs a file of conformance/ gets its target too.
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { resolve, sep } from 'node:path'

/** A test that hangs fails by itself; the longest one watches real tokens for a quarter of a minute. */
const longestTestMilliseconds = 120_000

/** Runs the test files in folders, or single ones, and exits with what became of them. */
export function runTests(places: readonly string[]): never {
  const files = places.flatMap((place) =>
    place.endsWith('.ts') ? [place] : globSync(`${place}/**/*.test.ts`, { exclude: ['**/node_modules/**', '**/dist/**'] }),
  )
  if (files.length === 0) {
    console.error(`No test file below ${places.join(', ')}. Give a folder or a file, for example: npm test -- packages/guard`)
    process.exit(1)
  }
  const nodeOptions = ['--conditions=@countersign/source', '--disable-warning=ExperimentalWarning', '--test', '--test-reporter=spec']
  nodeOptions.push(`--test-timeout=${longestTestMilliseconds}`)
  if (files.some((file) => resolve(file).startsWith(resolve('conformance') + sep))) {
    nodeOptions.push('--test-global-setup=conformance/set-up-target.ts')
  }
  const { status } = spawnSync(process.execPath, [...nodeOptions, ...files], { stdio: 'inherit' })
  process.exit(status ?? 1)
}
