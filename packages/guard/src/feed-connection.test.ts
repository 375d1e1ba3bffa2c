// One connection to a feed: what it accepts as one, and when it ends.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { connectFeed, type FeedConnectionOptions } from './feed-connection.ts'
import { FeedSyntaxError, type FeedEvent } from './feed-events.ts'
import { until } from './feed-server.fixture.ts'

const limit = { timeout: 10_000 }
const head = { 'content-type': 'text/event-stream; charset=utf-8' }

/** A connection whose timers the test ends. */
async function aConnection(t: TestContext, listener: RequestListener, options: Partial<FeedConnectionOptions> = {}) {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const events: FeedEvent[] = []
  const timers: { readonly end: () => void; readonly ms: number }[] = []
  const connection = connectFeed({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/changes`,
    token: 'own-token',
    cursor: 'cursor-1',
    clock: () => performance.now(),
    startTimer(end, ms) {
      const timer = { end, ms }
      timers.push(timer)
      return () => void timers.splice(timers.indexOf(timer), 1)
    },
    onEvent: (event) => events.push(event),
    onUnauthorized: () => {},
    ...options,
  })
  t.after(() => connection.close())
  return { ...connection, events, timers }
}

test('it asks with its token and its cursor, and ends when the server ends it', limit, async (t) => {
  let asked: unknown
  const { ended, events } = await aConnection(t, ({ headers }, response) => {
    asked = [headers.accept, headers.authorization, headers['last-event-id'], headers['accept-encoding']]
    response.writeHead(200, head).end('event: changes\nid: 2\ndata: {}\n\n')
  })
  await ended
  assert.deepEqual(asked, ['text/event-stream', 'Bearer own-token', 'cursor-1', 'identity'])
  assert.deepEqual(events, [{ type: 'changes', id: '2', data: '{}' }])
})

const refusals: [answer: string, status: number, headers: Record<string, string>, expected: object][] = [
  ['a redirect to another origin', 307, { location: 'https://evil.example/' }, { code: 'redirect', status: 307 }],
  ['a document, as of an earlier server', 200, { 'content-type': 'application/json' }, { name: 'NoFeedError' }],
  ['a compressed stream', 200, { ...head, 'content-encoding': 'gzip' }, { name: 'NoFeedError' }],
  ['404', 404, {}, { name: 'NoFeedError' }],
  ['406', 406, {}, { name: 'NoFeedError' }],
  ['401', 401, {}, { name: 'RemoteGuardError', fault: 'credentials' }],
  ['403 without the scope', 403, { 'www-authenticate': 'Bearer error="insufficient_scope"' }, { name: 'RemoteGuardError', fault: 'scope' }],
  ['503', 503, { 'retry-after': '7' }, { name: 'RemoteGuardError', fault: 'server', retryAfterSeconds: 7 }],
]
for (const [answer, status, headers, expected] of refusals)
  test(`${answer} is no feed, and no byte of it is read`, limit, async (t) => {
    const { ended, events, timers } = await aConnection(t, (_request, response) => response.writeHead(status, headers).write('data: x\n\n'))
    await assert.rejects(ended, expected)
    assert.deepEqual([events, timers], [[], []])
  })

test('an answer that does not begin within five seconds ends it', limit, async (t) => {
  let asked = false
  const { ended, timers } = await aConnection(t, () => (asked = true))
  await until(() => asked)
  assert.deepEqual(
    timers.map(({ ms }) => ms),
    [5000],
  )
  timers[0]!.end()
  await assert.rejects(ended, { code: 'timeout' })
})

test('silence of eight seconds ends it; comments and bytes of an event are silence, too', limit, async (t) => {
  let write = (_text: string): unknown => assert.fail()
  const { ended, events, timers } = await aConnection(t, (_request, response) => {
    response.writeHead(200, head).flushHeaders()
    write = (text) => response.write(text)
  })
  await until(() => timers[0]?.ms === 8000)
  const [first] = timers
  write('data: 1\n\n')
  await until(() => events.length === 1)
  assert.notEqual(timers[0], first)
  const [second] = timers
  write(':\n\n:\n\n')
  write('data: 2\n')
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(timers[0], second)
  second!.end()
  await assert.rejects(ended, { code: 'timeout', message: /something in between may hold it back/ })
})

test('abuse 132: a stream without an end of its line is ended at 256 kB', limit, async (t) => {
  let sent = 0
  const { ended } = await aConnection(t, (_request, response) => {
    response.writeHead(200, head)
    const more = () => {
      sent += 65_536
      if (!response.destroyed && response.write('x'.repeat(65_536))) setImmediate(more)
    }
    response.on('drain', more)
    more()
  })
  await assert.rejects(ended, FeedSyntaxError)
  assert.ok(sent < 20_000_000)
})

test('what onEvent throws ends it, and no later event is read', limit, async (t) => {
  let calls = 0
  const { ended } = await aConnection(t, (_request, response) => response.writeHead(200, head).write('data: 1\n\ndata: 2\n\n'), {
    onEvent() {
      calls++
      throw new Error('not usable')
    },
  })
  await assert.rejects(ended, /not usable/)
  assert.equal(calls, 1)
})

test('close() ends it before and after the answer, and a connection that cannot be made is told', limit, async (t) => {
  const early = await aConnection(t, () => {})
  early.close()
  await early.ended
  const { ended } = await aConnection(t, () => {}, { url: 'http://127.0.0.1:1/v1/changes' })
  await assert.rejects(ended, { code: 'network', message: /ECONNREFUSED/ })
})
