import assert from 'node:assert/strict'
import { closeSync, existsSync, openSync } from 'node:fs'
import { test } from 'node:test'
import { findFreePorts } from '@countersign/server/free-port.fixture'
import { startCommand } from './process.fixture.ts'
import { startServed, type Served } from './served.fixture.ts'

const skip = !existsSync('/dev/full') && 'this system has no /dev/full'

async function startMonitored(stderr?: number) {
  const operations = `127.0.0.1:${await findFreePorts()}`
  const served = await startServed({ settings: `operationsListen: ${operations}`, ...(stderr !== undefined && { stderr }) })
  const read = async (path: string) => (await fetch(`http://${operations}${path}`)).text()
  const dropped = async () => Number(/^countersign_log_lines_dropped (\d+)$/m.exec(await read('/metrics'))?.[1])
  return { ...served, read, dropped }
}

/** Requests until the line of one of them was lost: the access log is written a moment after the response. */
async function requestUntilLost({ requestToken, dropped }: Awaited<ReturnType<typeof startMonitored>>): Promise<void> {
  do for (let i = 0; i < 20; i++) assert.equal(await requestToken(), 200)
  while ((await dropped()) === 0)
}

async function assertStops({ server, auditedTokens }: Pick<Served, 'server' | 'auditedTokens'>): Promise<void> {
  assert.equal((await server.stop()).exitCode, 0)
  assert.ok(auditedTokens() >= 20)
}

test('fault 6.1: with a log on a full device every token request is answered, and the lost lines are counted', { skip }, async (t) => {
  const full = openSync('/dev/full', 'w')
  t.after(() => closeSync(full))
  const served = await startMonitored(full)
  await requestUntilLost(served)
  assert.match(await served.read('/readyz'), /"log":"lines of the log are dropped.*ENOSPC/)
  await assertStops(served)
})

test('fault 6.1: a server whose log pipe is closed goes on, and counts what it could not write', async () => {
  const served = await startMonitored()
  served.server.closePipe('stderr')
  await requestUntilLost(served)
  assert.match(await served.read('/readyz'), /"log":"lines of the log are dropped/)
  await assertStops(served)
})

test('fault 6.1: a server whose output and log are both closed goes on', async () => {
  const served = await startMonitored()
  served.server.closePipe('stdout')
  served.server.closePipe('stderr')
  await requestUntilLost(served)
  await assertStops(served)
})

test('fault 6.1: a server that cannot print where it serves goes on', { skip }, async (t) => {
  const full = openSync('/dev/full', 'w')
  t.after(() => closeSync(full))
  const { server, folder, requestToken } = await startServed()
  await server.stop()
  const again = await startCommand('serve --config countersign.yaml', 'listening on', { cwd: folder, stdout: full }, 'stderr')
  assert.equal(await requestToken(), 200)
  assert.equal((await again.stop()).exitCode, 0)
})
