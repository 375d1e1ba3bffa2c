// A feed whose server, or something in between, sends what is of no use, on each connection again.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { until } from './feed-server.fixture.ts'
import { createRemoteFeed } from './remote-feed.ts'

const limit = { timeout: 10_000 }
const document = { asOf: { revision: 1, state: 'state-1', ageSeconds: 0 }, changes: [] }
const good = `event: changes\nid: place-1\ndata: ${JSON.stringify(document)}\n\n`

/** Each connection gets an event that can be used, then `text`, until there were five. */
async function pausesAfter(t: TestContext, text: string) {
  const cursors: (string | undefined)[] = []
  const server = createServer(({ headers }, response) => {
    cursors.push(headers['last-event-id'] as string | undefined)
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(good + text)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const pauses: number[] = []
  let now = 0
  const feed = createRemoteFeed({
    issuer: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tokens: { getToken: async () => 'own-token', invalidate: () => {}, ageSeconds: () => 0 },
    mark: () => ({ cursor: 'place-0', epoch: 0 }),
    push: ({ cursor }) => ({ cursor, epoch: 0 }),
    onEnd: () => {},
    clock: () => now,
    startTimer(end, ms) {
      if (ms === 5000 || ms === 8000) return () => {} // Of a connection.
      pauses.push(ms)
      now += ms
      const timer = setImmediate(end)
      return () => clearImmediate(timer)
    },
    random: () => 0.9,
    onError: () => {},
  })
  t.after(async () => {
    await feed.close()
    server.closeAllConnections()
    server.close()
  })
  feed.start()
  const stopped = performance.now() + 5000
  await until(() => pauses.length >= 5 || performance.now() > stopped)
  return { cursors: cursors.slice(0, 5), pauses: pauses.slice(0, 5) }
}

const useless = {
  'no JSON': 'event: changes\nid: place-2\ndata: {\n\n',
  'JSON of another shape': 'event: changes\nid: place-2\ndata: {"asOf":1}\n\n',
  'a cursor that no header can carry': `event: changes\nid: \u2028\ndata: ${JSON.stringify(document)}\n\n`,
  'a cursor that no server would take': `event: changes\nid: ${'x'.repeat(20_000)}\ndata: ${JSON.stringify(document)}\n\n`,
}
for (const [what, text] of Object.entries(useless))
  test(`abuse 132: after ${what} it begins with nothing, and later each time, also if an event came before`, limit, async (t) => {
    const { cursors, pauses } = await pausesAfter(t, text)
    assert.deepEqual(cursors, ['place-0', undefined, undefined, undefined, undefined])
    assert.deepEqual(pauses, [1900, 2800, 4600, 8200, 15_400])
  })
