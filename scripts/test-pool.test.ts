import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'

/** The command line and the options to run batches of test-pool-fixtures/ as `npm test` runs every test. */
function describeRun(batches: string[], maxFileMs: number) {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const fileOf = (name: string) => join('scripts', 'test-pool-fixtures', `${name}.ts`)
  const files = batches.map((names) => names.split(',').map(fileOf).join(','))
  const args = ['--conditions=@countersign/source', join('scripts', 'test-pool.fixture.ts'), String(maxFileMs), ...files]
  return { args, env }
}

function runFiles(batches: string[], maxFileMs = 300_000) {
  const { args, env } = describeRun(batches, maxFileMs)
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', env })
  return { status, stdout, lines: stdout.trimEnd().split('\n') }
}

test('a file that passes is one line of progress, and the last line counts its tests', () => {
  const { status, lines } = runFiles(['passes'])
  assert.equal(status, 0)
  assert.match(lines[0]!, /^\[1 of 1\] +\d+ s {2}scripts\/test-pool-fixtures\/passes\.ts \(postgres\) {2}[\d.]+ s$/)
  assert.equal(lines.at(-1), '2 passed, 0 failed')
})

test('what is skipped is counted by its reason, before the last line', () => {
  const { status, stdout, lines } = runFiles(['skips'])
  assert.equal(status, 0)
  assert.match(stdout, /^3 skipped:\n {6}2 × {2}needs a program\n {6}1 × {2}without a reason\n\n/m)
  assert.equal(lines.at(-1), '1 passed, 0 failed')
})

test('a failure is printed when it happens and again at the end, with what was expected', () => {
  const { status, stdout, lines } = runFiles(['fails', 'passes'])
  assert.equal(status, 1)
  assert.equal(stdout.match(/^ *expected: 'postgres',$/gm)?.length, 2)
  assert.match(stdout, /fails\.ts \(postgres\) {2}[\d.]+ s, 1 failed:/)
  assert.match(stdout, /^scripts\/test-pool-fixtures\/fails\.ts \(postgres\) failed:/m)
  assert.equal(lines.at(-1), '3 passed, 1 failed')
})

test('a file that ends before it reports is named, with what it printed', () => {
  const { status, stdout, lines } = runFiles(['crashes'])
  assert.equal(status, 1)
  assert.match(stdout, /crashes\.ts \(postgres\) {2}[\d.]+ s, 1 failed:/)
  assert.match(stdout, /the last words of a file/)
  assert.equal(lines.at(-1), '0 passed, 1 failed')
})

test('a test that hangs, and a file that does not end, are failures, and the other files are run', () => {
  const { status, stdout, lines } = runFiles(['hangs', 'stays', 'passes'], 8000)
  assert.equal(status, 1)
  assert.match(stdout, /one that hangs/)
  assert.match(stdout, /test timed out after 1000ms/)
  assert.match(stdout, /^scripts\/test-pool-fixtures\/stays\.ts \(postgres\) failed:/m)
  assert.equal(lines.at(-1), '3 passed, 3 failed')
})

test('files of one process are a line each, with their own tests and failures', () => {
  const { status, stdout, lines } = runFiles(['passes,fails,passes-too'])
  assert.equal(status, 1)
  assert.match(stdout, /^\[1 of 3\] .*passes\.ts \(postgres\) {2}[\d.]+ s$/m)
  assert.match(stdout, /^\[2 of 3\] .*fails\.ts \(postgres\) {2}[\d.]+ s, 1 failed:$/m)
  assert.match(stdout, /^\[3 of 3\] .*passes-too\.ts \(postgres\) {2}[\d.]+ s$/m)
  assert.equal(lines.at(-1), '4 passed, 1 failed')
})

test('a file that ends its process or cannot be loaded fails alone: the others of its process are run', () => {
  const { status, stdout, lines } = runFiles(['passes,crashes,missing,passes-too'])
  assert.equal(status, 1)
  assert.match(stdout, /crashes\.ts \(postgres\) {2}[\d.]+ s, 1 failed:/)
  assert.match(stdout, /missing\.ts \(postgres\) {2}[\d.]+ s, 1 failed:/)
  assert.match(stdout, /Cannot find module/)
  assert.equal(lines.at(-1), '3 passed, 2 failed')
})

test('a test that hangs in one process with other files fails alone', () => {
  const { status, stdout, lines } = runFiles(['hangs,passes'], 8000)
  assert.equal(status, 1)
  assert.match(stdout, /hangs\.ts \(postgres\) {2}[\d.]+ s, 1 failed:/)
  assert.match(stdout, /passes\.ts \(postgres\) {2}[\d.]+ s, 1 failed:/)
  assert.equal(lines.at(-1), '2 passed, 2 failed')
})

test('a run that is stopped ends the files that run, starts no other, and reports', async () => {
  const { args, env } = describeRun(['stays', 'passes', 'stays', 'fails'], 300_000)
  const pool = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(pool, 'close')
  let stdout = ''
  pool.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    if (!pool.killed && stdout.includes('passes.ts')) pool.kill('SIGTERM')
  })
  assert.deepEqual(await ended, [1, null])
  assert.match(stdout, /stays\.ts \(postgres\) failed:/)
  assert.doesNotMatch(stdout, /fails\.ts/)
})
