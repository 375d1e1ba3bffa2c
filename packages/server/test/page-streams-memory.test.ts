import assert from 'node:assert/strict'
import { test } from 'node:test'
import { signIn } from './console.fixture.ts'
import { openStreams } from './open-streams.fixture.ts'
import { withPortal, realm } from './portal.fixture.ts'
import { startTestServerOnAnyStore } from './test-server.fixture.ts'
import { usedMemory } from './used-memory.fixture.ts'

const maxKiBEach = 30
/** Of a session. */
const maxStreams = 4

test(
  '200 pages that follow changes, half of them of peers that do not read, cost at most 30 KiB each, also after 100 changes',
  {
    timeout: 60_000,
  },
  async (t) => {
    const server = await startTestServerOnAnyStore({ ...withPortal, nodes: 1 })
    const { port } = await server.listen()
    const cookies: string[] = []
    // A client has at most 20 sessions.
    for (let operator = 0; operator < 5; operator++) {
      const credentials = await server.createOperator()
      for (let session = 0; session < 10; session++) cookies.push((await signIn(server, credentials)).cookie)
    }
    const headers = cookies.map((cookie) => `Cookie: ${cookie}`).flatMap((header) => Array.from({ length: maxStreams }, () => header))
    const client = await server.aClient(realm)
    const change = async (count: number) => {
      for (let number = 0; number < count; number++)
        await server.admin('clients.update', { params: { realm, client: client.clientId }, body: { name: `Renamed ${number}` } })
    }

    const open = (some: readonly string[], isReading = true) =>
      openStreams(t, { port: Number(port), path: '/console/events', headers: some, isReading })
    await open(headers.slice(0, 4)) // The code of the first streams is compiled.
    await change(10)
    const before = await usedMemory()
    await open(headers.slice(4, 100))
    await open(headers.slice(100), false)
    const opened = await usedMemory()
    await change(100)
    const after = await usedMemory()
    const each = (now: typeof before) => (now.used - before.used) / (headers.length - 4) / 1024
    t.diagnostic(`${each(opened).toFixed(1)} KiB of heap and buffers each, ${each(after).toFixed(1)} KiB after 100 changes`)
    assert.ok(each(opened) < maxKiBEach, `${each(opened)} KiB`)
    assert.ok(each(after) < maxKiBEach, `${each(after)} KiB after changes`)
  },
)
