import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { createRemoteFeed, type RemoteFeedOptions } from './remote-feed.ts'

const event = { asOf: { revision: 1, state: 'state-1', ageSeconds: 0 }, changes: [], sentAt: 0 }
const oneEvent = `event: changes\nid: cursor-1\ndata: ${JSON.stringify(event)}\n\n`
const endOfToken = `event: end\ndata: {"reason":"token"}\n\n`
const limitsOfConnection = new Set([5000, 8000])

/** The first waits between connections to a server that answers so, in milliseconds of a clock that only they move. */
async function waitsOf(
  t: TestContext,
  {
    count,
    answer,
    ...options
  }: { count: number; answer: RequestListener } & Pick<RemoteFeedOptions, 'tokens'> & Partial<Pick<RemoteFeedOptions, 'onError'>>,
): Promise<readonly number[]> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const mark = { cursor: 'cursor-1', epoch: 0 }
  const waits: number[] = []
  const isLongEnough = Promise.withResolvers<void>()
  let now = 0
  const feed = createRemoteFeed({
    issuer: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    mark: () => mark,
    push: () => mark,
    onEnd: () => {},
    clock: () => now,
    startTimer(callback, delayMs) {
      if (limitsOfConnection.has(delayMs)) return () => {}
      waits.push(delayMs)
      now += delayMs
      if (waits.length === count) isLongEnough.resolve()
      else setImmediate(callback)
      return () => {}
    },
    random: () => 0.75,
    onError: (error) => assert.fail(error),
    ...options,
  })
  feed.start()
  await isLongEnough.promise
  await feed.close()
  return waits
}

const stream: (text: string) => RequestListener = (text) => (_request, response) =>
  void response.writeHead(200, { 'content-type': 'text/event-stream' }).end(text)

test('connections that end again and again are made again at random within a second, then within twice that, up to 30 s', async (t) => {
  const tokens = { getToken: async () => 'token-1', invalidate: () => {}, ageSeconds: () => 0 }
  assert.deepEqual(await waitsOf(t, { count: 7, answer: stream(oneEvent), tokens }), [750, 1500, 3000, 6000, 12_000, 22_500, 22_500])
})

test('abuse 135: a guard whose token is refused connects with another one at once, and after that at random', async (t) => {
  const asked: (string | undefined)[] = []
  const answer: RequestListener = (request, response) => {
    asked.push(request.headers.authorization)
    response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end()
  }
  let token = 1
  const tokens = { getToken: async () => `token-${token}`, invalidate: () => void token++, ageSeconds: () => 0 }
  const waits = await waitsOf(t, { count: 3, answer, tokens, onError: () => {} })
  assert.deepEqual(asked, ['Bearer token-1', 'Bearer token-2', 'Bearer token-3'])
  assert.equal(waits[0], 0)
  assert.ok(waits[1]! >= 1000 && waits[2]! >= 1000, waits.join())
})

test('however short the rest of its token was, a guard goes on at once with the next one', async (t) => {
  let asked = 0
  // The next one is there when the first has ended; after three, the server ends streams of a token that is good.
  const tokens = { getToken: async () => `token-${Math.min(3, 1 + Math.ceil(asked++ / 2))}`, invalidate: () => {}, ageSeconds: () => 0 }
  assert.deepEqual(await waitsOf(t, { count: 6, answer: stream(oneEvent + endOfToken), tokens }), [0, 0, 750, 1500, 3000, 6000])
})

test('a stream that lasted as long as its token is one that works: a failure after it waits as the first one did', async (t) => {
  let [answered, asked] = [0, 0]
  const answer: RequestListener = (request, response) => {
    if (answered++ === 3) stream(oneEvent + endOfToken)(request, response)
    else response.writeHead(503).end()
  }
  const tokens = { getToken: async () => `token-${asked++}`, invalidate: () => {}, ageSeconds: () => 0 }
  const waits = await waitsOf(t, { count: 5, answer, tokens, onError: () => {} })
  assert.ok(waits[2]! > waits[1]! && waits[1]! > waits[0]!, waits.join())
  assert.deepEqual(waits.slice(3), [0, waits[0]])
})
