import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { StreamsToOpen } from './open-streams.fixture.ts'
import { startTestServerOnAnyStore } from './test-server.fixture.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

async function memory() {
  // What is freed by one collection may be what another one has to wait for.
  for (let round = 0; round < 5; round++) {
    collectGarbage()
    await new Promise<void>((resolve) => void setImmediate(resolve))
  }
  const { heapUsed, external, rss } = process.memoryUsage()
  return { used: heapUsed + external, rss }
}

test('1,000 guards that follow the changes of a realm cost the server at most 30 KiB each', { timeout: 60_000 }, async (t) => {
  const server = await startTestServerOnAnyStore({ nodes: 1 })
  const { port } = await server.listen()
  const guard = await server.aClient('partner-api', { scopes: ['entitlements:read'] })
  const tokens = await Promise.all(Array.from({ length: 1000 }, () => server.tokenOf('partner-api', guard)))

  async function open(some: readonly string[]): Promise<void> {
    const guards = fork(join(import.meta.dirname, 'open-streams.fixture.ts'))
    t.after(() => guards.kill())
    guards.send({ port: Number(port), path: '/partner-api/v1/changes', tokens: some } satisfies StreamsToOpen)
    await once(guards, 'message')
  }
  await open(tokens.slice(0, 10)) // The code of the first streams is compiled.
  const before = await memory()
  await open(tokens)
  const after = await memory()
  const each = (name: 'used' | 'rss') => (after[name] - before[name]) / tokens.length / 1024
  t.diagnostic(`${each('used').toFixed(1)} KiB of heap and buffers each, ${each('rss').toFixed(1)} KiB of resident memory`)
  assert.ok(each('used') < 30, `${each('used')} KiB`)
})
