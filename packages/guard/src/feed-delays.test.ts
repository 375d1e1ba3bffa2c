import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { createRemoteFeed } from './remote-feed.ts'

const event = { asOf: { revision: 1, state: 'state-1', ageSeconds: 0 }, changes: [], sentAt: 0 }
const limitsOfConnection = new Set([5000, 8000])

test('connections that end again and again are made again at random within a second, then within twice that, up to 30 s', async (t) => {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.end(`event: changes\nid: cursor-1\ndata: ${JSON.stringify(event)}\n\n`)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const mark = { cursor: 'cursor-1', epoch: 0 }
  const waits: number[] = []
  const isLongEnough = Promise.withResolvers<void>()
  const feed = createRemoteFeed({
    issuer: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tokens: { getToken: async () => 'token-1', invalidate: () => {}, ageSeconds: () => 0 },
    mark: () => mark,
    push: () => mark,
    clock: () => 0,
    startTimer(callback, delayMs) {
      if (limitsOfConnection.has(delayMs)) return () => {}
      waits.push(delayMs)
      if (waits.length === 7) isLongEnough.resolve()
      else setImmediate(callback)
      return () => {}
    },
    random: () => 0.75,
    onError: (error) => assert.fail(error),
  })
  feed.start()
  await isLongEnough.promise
  assert.deepEqual(waits, [750, 1500, 3000, 6000, 12_000, 22_500, 22_500])
  await feed.close()
})

test('abuse 135: a guard whose token is refused connects with another one at once, and after that at random', async (t) => {
  const asked: (string | undefined)[] = []
  const server = createServer((request, response) => {
    asked.push(request.headers.authorization)
    response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const mark = { cursor: 'cursor-1', epoch: 0 }
  let token = 1
  const waits: number[] = []
  const isLongEnough = Promise.withResolvers<void>()
  const feed = createRemoteFeed({
    issuer: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tokens: { getToken: async () => `token-${token}`, invalidate: () => void token++, ageSeconds: () => 0 },
    mark: () => mark,
    push: () => mark,
    clock: () => 0,
    startTimer(callback, delayMs) {
      if (limitsOfConnection.has(delayMs)) return () => {}
      waits.push(delayMs)
      if (waits.length === 3) isLongEnough.resolve()
      else setImmediate(callback)
      return () => {}
    },
    random: () => 0.75,
    onError: () => {},
  })
  feed.start()
  await isLongEnough.promise
  assert.deepEqual(asked, ['Bearer token-1', 'Bearer token-2', 'Bearer token-3'])
  assert.equal(waits[0], 0)
  assert.ok(waits[1]! >= 1000 && waits[2]! >= 1000, waits.join())
  await feed.close()
})

test('however short the rest of its token was, a guard goes on at once with the next one', async (t) => {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.end(`event: changes\nid: cursor-1\ndata: ${JSON.stringify(event)}\n\nevent: end\ndata: {"reason":"token"}\n\n`)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const mark = { cursor: 'cursor-1', epoch: 0 }
  const waits: number[] = []
  const isLongEnough = Promise.withResolvers<void>()
  let asked = 0
  const feed = createRemoteFeed({
    issuer: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    // The next one is there when the first has ended; after three, the server ends streams of a token that is good.
    tokens: { getToken: async () => `token-${Math.min(3, 1 + Math.ceil(asked++ / 2))}`, invalidate: () => {}, ageSeconds: () => 0 },
    mark: () => mark,
    push: () => mark,
    clock: () => 0,
    startTimer(callback, delayMs) {
      if (limitsOfConnection.has(delayMs)) return () => {}
      waits.push(delayMs)
      if (waits.length === 6) isLongEnough.resolve()
      else setImmediate(callback)
      return () => {}
    },
    random: () => 0.75,
    onError: (error) => assert.fail(error),
  })
  feed.start()
  await isLongEnough.promise
  assert.deepEqual(waits, [0, 0, 750, 1500, 3000, 6000])
  await feed.close()
})

test('a stream that lasted as long as its token is one that works: a failure after it waits as the first one did', async (t) => {
  let answered = 0
  const server = createServer((_request, response) => {
    if (answered++ !== 3) return void response.writeHead(503).end()
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.end(`event: changes\nid: cursor-1\ndata: ${JSON.stringify(event)}\n\nevent: end\ndata: {"reason":"token"}\n\n`)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const mark = { cursor: 'cursor-1', epoch: 0 }
  const waits: number[] = []
  const isLongEnough = Promise.withResolvers<void>()
  let [asked, now] = [0, 0]
  const feed = createRemoteFeed({
    issuer: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tokens: { getToken: async () => `token-${asked++}`, invalidate: () => {}, ageSeconds: () => 0 },
    mark: () => mark,
    push: () => mark,
    clock: () => now,
    startTimer(callback, delayMs) {
      if (limitsOfConnection.has(delayMs)) return () => {}
      waits.push(delayMs)
      now += delayMs
      if (waits.length === 5) isLongEnough.resolve()
      else setImmediate(callback)
      return () => {}
    },
    random: () => 0.75,
    onError: () => {},
  })
  feed.start()
  await isLongEnough.promise
  assert.ok(waits[2]! > waits[1]! && waits[1]! > waits[0]!, waits.join())
  assert.deepEqual(waits.slice(3), [0, waits[0]])
  await feed.close()
})
