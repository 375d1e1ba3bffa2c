// The wrapper behind "npm start" and "npm run countersign": signals, exit codes, and the end of the processes above and below it.
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { findFreePorts } from '@countersign/server/free-port.fixture'
import { runCommand } from '@countersign/cli/process.fixture'
import { refuseStoreInUse } from '@countersign/server'
import { counter, startBelow, wrapper } from './wrapper.fixture.ts'

const startCounter = (t: TestContext, ...args: string[]) => startBelow(t, process.execPath, [wrapper, counter, ...args])

/** As the scripts of package.json do. */
function startCounterByNpm(t: TestContext) {
  const folder = aFolder(t)
  const script = `exec '${process.execPath}' ${wrapper} ${counter}`
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ scripts: { counter: script } }))
  return startBelow(t, 'npm', ['run', '--silent', 'counter'], folder)
}

function aFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-run-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

for (const to of ['send', 'sendToGroup'] as const) {
  const receiver = to === 'send' ? 'the wrapper' : 'all processes of a terminal'
  test(`fault 6.6: each signal to ${receiver} reaches the child once, and the wrapper ends with its exit code`, async (t) => {
    const run = await startCounter(t)
    for (const signal of ['SIGINT', 'SIGHUP'] as const) {
      run[to](signal)
      assert.equal(await run.nextLine(), signal)
    }
    run[to]('SIGTERM')
    assert.deepEqual([await run.exit, await run.rest()], [[7, null], ['SIGTERM']])
  })
}

test('fault 6.6: the wrapper ends by the signal that ended the child', async (t) => {
  const run = await startCounter(t, 'killed')
  run.send('SIGTERM')
  assert.deepEqual(await run.exit, [null, 'SIGKILL'])
})

test('fault 6.6: the child ends when the wrapper is killed', async (t) => {
  const run = await startCounter(t)
  run.send('SIGKILL')
  assert.deepEqual(await run.rest(), ['SIGTERM'])
})

test('fault 6.6: a child that stops already is left to it when the wrapper is killed', async (t) => {
  const run = await startCounter(t, 'slow')
  run.send('SIGTERM')
  assert.equal(await run.nextLine(), 'SIGTERM')
  run.send('SIGKILL')
  assert.equal(await run.nextLine(), 'disconnected')
  process.kill(run.pid, 'SIGHUP')
  assert.deepEqual(await run.rest(), ['SIGHUP'])
})

test('fault 6.6: below npm, a Ctrl-C reaches the child once, and npm waits for the end of the child', async (t) => {
  const run = await startCounterByNpm(t)
  run.sendToGroup('SIGINT')
  assert.equal(await run.nextLine(), 'SIGINT')
  run.send('SIGTERM')
  assert.deepEqual([await run.exit, await run.rest()], [[7, null], ['SIGTERM']])
})

test('fault 6.6: the child ends when npm is killed', async (t) => {
  const run = await startCounterByNpm(t)
  run.send('SIGKILL')
  assert.deepEqual(await run.rest(), ['SIGTERM'])
})

test('fault 6.6: a wrapper that was not started by npm outlives its parent, as with "nohup"', async (t) => {
  const run = await startBelow(t, 'bash', ['-c', `'${process.execPath}' ${wrapper} ${counter}; exit`])
  run.send('SIGKILL')
  await run.exit
  for (const signal of ['SIGINT', 'SIGHUP', 'SIGTERM']) {
    process.kill(run.wrapperPid, signal)
    assert.equal(await run.nextLine(), signal)
  }
})

test('fault 6.6: the scripts of npm replace the shell, which would pass no signal on', () => {
  const { scripts } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as { scripts: Record<string, string> }
  for (const [name, script] of Object.entries(scripts))
    if (script.includes('run.mjs')) assert.match(script, /^exec node scripts\/run\.mjs /, name)
})

test('fault 6.6: when the wrapper is killed, a server frees its port, its store and its spool', async (t) => {
  const folder = aFolder(t)
  await runCommand('init', { cwd: folder })
  const port = await findFreePorts()
  const file = join(folder, 'countersign.yaml')
  writeFileSync(file, `shutdownDelay: 0s\n${readFileSync(file, 'utf8').replaceAll('8080', String(port))}`)
  const main = join(import.meta.dirname, '../packages/cli/src/main.ts')
  const run = await startBelow(t, process.execPath, [wrapper, main, 'serve', '--config', file])
  assert.match((await run.nextLine())!, /^Serving/)
  run.send('SIGKILL')
  await run.rest()
  const home = join(folder, '.countersign')
  refuseStoreInUse(join(home, 'countersign.db'))
  // Only an orderly end removes the write-ahead log.
  assert.deepEqual(
    readdirSync(home).filter((name) => name.endsWith('-wal')),
    [],
  )
  await new Promise<void>((resolve, reject) => {
    const other = createServer().once('error', reject)
    other.listen({ host: '127.0.0.1', port }, () => other.close(() => resolve()))
  })
})
