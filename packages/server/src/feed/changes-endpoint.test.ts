import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { acceptsEvents } from './accepts-events.ts'
import { aFeed } from './feed.fixture.ts'

test('a stream is sent where the header names its type, and nowhere else', () => {
  const streams = [
    'text/event-stream',
    'TEXT/Event-Stream; charset=utf-8',
    'application/json, text/event-stream;q=0.1',
    'a/b ,text/event-stream ; q=1',
  ]
  const documents = [
    undefined,
    '',
    '*/*',
    'text/*',
    'application/json',
    'text/event-stream;q=0',
    'text/event-stream; Q=0.000, */*',
    'text/event-streams',
  ]
  assert.deepEqual(
    streams.map(acceptsEvents),
    streams.map(() => true),
  )
  assert.deepEqual(
    documents.map(acceptsEvents),
    documents.map(() => false),
  )
})

/** Sends bytes on one connection, and returns what comes back until the text is in it, or the connection ends. */
async function exchange(url: string, bytes: string, until?: RegExp) {
  const socket = connect(Number(new URL(url).port), '127.0.0.1').setEncoding('latin1')
  let received = ''
  const isOver = new Promise<void>((resolve) => {
    socket.on('close', () => resolve())
    socket.on('data', (more: string) => {
      received += more
      if (until?.test(received)) resolve()
    })
  })
  socket.write(bytes)
  await isOver
  return { socket, received: () => received }
}

const head = (method: string, headers = '', version = '1.1') =>
  `${method} /prod/v1/changes HTTP/${version}\r\nHost: a\r\nAuthorization: Bearer a.b.c\r\n${headers}\r\n`
const events = 'Accept: text/event-stream\r\n'

test('without the type, and for HEAD, it is the document as before', async (t) => {
  const { url, counters } = await aFeed(t)
  const { received } = await exchange(url, head('GET') + head('HEAD', `${events}Connection: close\r\n`))
  assert.deepEqual([received().match(/HTTP\/1\.1 200 OK/g)?.length, received().match(/event-stream/g)], [2, null])
  assert.match(received(), /"cursor":"[\w-]+","changes":null,"audiences":\["api"\]/)
  assert.equal(counters.events(), 0)
})

test('it says that it is the last response of its connection, and what is sent behind it is not read', async (t) => {
  const { url, change, connections } = await aFeed(t)
  const { socket, received } = await exchange(url, head('GET', events), /\n\n/)
  assert.match(received(), /^HTTP\/1\.1 200 OK\r\n[^]*Connection: close\r\n[^]*event: changes\nid: [\w-]+\ndata: \{.*\}\n\n/i)
  socket.write(head('GET').repeat(500))
  while (!socket.destroyed && !/client-11/.test(received())) {
    change()
    await once(socket, 'data')
  }
  assert.deepEqual([received().match(/HTTP\/1\.1/g)?.length, connections.underWay()], [1, 0])
  socket.destroy()
})

for (const [what, bytes] of [
  ['before', head('GET') + head('GET', events)],
  ['behind', head('GET', events) + head('GET')],
] as const)
  test(`a request for a stream with another request ${what} it on the connection is refused, and both are answered`, async (t) => {
    const { url, counters } = await aFeed(t)
    const { received, socket } = await exchange(url, bytes, /HTTP\/1\.1[^]*HTTP\/1\.1[^]*\}/)
    assert.deepEqual(
      received()
        .match(/HTTP\/1\.1 \d+/g)
        ?.toSorted(),
      ['HTTP/1.1 200', 'HTTP/1.1 400'],
    )
    assert.deepEqual([...counters.streams()], [])
    socket.destroy()
  })

test('a peer of HTTP/1.0 gets it without chunks', async (t) => {
  const { url } = await aFeed(t)
  const { received, socket } = await exchange(url, head('GET', events, '1.0'), /\n\n$/)
  assert.match(received(), /\r\n\r\nevent: changes\n/)
  socket.destroy()
})

test('a client and a server have a limited number of streams; what is beyond is told when to try again', async (t) => {
  const ofClient = await aFeed(t, { limits: { ofClient: 2, ofNode: 10 } })
  const ofNode = await aFeed(t, { limits: { ofClient: 10, ofNode: 2 } })
  for (const [{ url, open, counters, lines }, status, warnings] of [
    [ofClient, 429, []],
    [ofNode, 503, [[40, 'streams of events are refused with 503: this server has as many as it may']]],
  ] as const) {
    const [first] = await Promise.all([open(), open()])
    for (let attempt = 0; attempt < 2; attempt++) {
      const { received } = await exchange(url, head('GET', `${events}Connection: close\r\n`))
      assert.match(received(), new RegExp(`^HTTP/1.1 ${status} [^]*problem\\+json[^]*retry-after: \\d+\r\n`, 'i'))
    }
    const logged = lines.map((line) => JSON.parse(line) as { readonly level: number; readonly msg: string })
    assert.deepEqual(
      logged.map(({ level, msg }) => [level, msg]),
      warnings,
    )
    first.close()
    while (Object.fromEntries(counters.streams())['prod'] === 2) await new Promise((resolve) => void setImmediate(resolve))
    assert.equal((await open()).response.statusCode, 200)
  }
})

test('the end of a stream is reported once, with its bytes', async (t) => {
  const { open, onRequestEnd, url } = await aFeed(t)
  const ends: unknown[] = []
  const reported = new Promise<void>((resolve) => {
    onRequestEnd(({ request, answer }) => {
      ends.push([request.method, request.routeOptions.url, answer?.status, (answer?.streamed ?? 0) > 100])
      resolve()
    })
  })
  const stream = await open()
  await stream.next()
  assert.deepEqual(ends, [])
  stream.close()
  await reported
  assert.deepEqual(ends, [['GET', new URL(url).pathname, 200, true]])
})

test('a peer that goes before its stream begins leaves none behind', async (t) => {
  const { url, facts, counters, onRequestEnd, open } = await aFeed(t)
  const [trusted, over] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  facts.isTrusted = trusted.promise
  onRequestEnd(() => over.resolve())
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.write(head('GET', events), () => socket.resetAndDestroy())
  await over.promise
  trusted.resolve()
  const stream = await open()
  await stream.next()
  assert.deepEqual([...counters.streams()], [['prod', 1]])
})
