import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openStreams } from './open-streams.fixture.ts'
import { startTestServerOnAnyStore } from './test-server.fixture.ts'
import { usedMemory } from './used-memory.fixture.ts'

test('1,000 guards that follow the changes of a realm cost the server at most 30 KiB each', { timeout: 60_000 }, async (t) => {
  const server = await startTestServerOnAnyStore({ nodes: 1 })
  const { port } = await server.listen()
  const guard = await server.aClient('partner-api', { scopes: ['entitlements:read'] })
  const tokens = await Promise.all(Array.from({ length: 1000 }, () => server.tokenOf('partner-api', guard)))

  const open = (some: readonly string[]) => {
    const headers = some.map((token) => `Authorization: Bearer ${token}`)
    return openStreams(t, { port: Number(port), path: '/partner-api/v1/changes', headers })
  }
  await open(tokens.slice(0, 10)) // The code of the first streams is compiled.
  const before = await usedMemory()
  await open(tokens)
  const after = await usedMemory()
  const each = (name: 'used' | 'rss') => (after[name] - before[name]) / tokens.length / 1024
  t.diagnostic(`${each('used').toFixed(1)} KiB of heap and buffers each, ${each('rss').toFixed(1)} KiB of resident memory`)
  assert.ok(each('used') < 30, `${each('used')} KiB`)
})
