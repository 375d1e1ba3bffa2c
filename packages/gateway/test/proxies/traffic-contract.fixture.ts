// What traffic does to a proxy: errors of the API, connections that are used again, many callers at once, and requests with two readings.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent } from 'node:http'
import { connect } from 'node:net'
import { joined, send } from './send-request.fixture.ts'
import { only, type Setting } from './setting.fixture.ts'
import { ordersPath } from './stack.fixture.ts'

export async function testErrorsOfApi({ stack, call, authorized }: Setting): Promise<void> {
  for (const status of [400, 401, 403, 404, 429, 500, 503]) {
    const { body, ...received } = await call(authorized({ path: `${ordersPath}?answer=${status}` }))
    assert.deepEqual([received.status, body], [status, '{"orders":[]}'])
    if (status === 401) assert.equal(received.headers['www-authenticate'], 'Basic realm="api"')
    only(stack.takeSeen())
  }
}

export async function testConnections({ stack, authorized }: Setting): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  try {
    for (const round of Array.from({ length: 10 }, (_, at) => at)) {
      assert.equal((await send(stack.ports.front, { path: ordersPath, method: 'POST', body: `denied ${round}` }, agent)).status, 401)
      const passed = authorized({ path: `${ordersPath}?round=${round}`, method: 'POST', body: 'x'.repeat(round) })
      assert.equal((await send(stack.ports.front, passed, agent)).status, 200)
      const seen = only(stack.takeSeen())
      assert.deepEqual([seen.url, await seen.length], [passed.path, round])
      assert.equal((await send(stack.ports.front, { path: '/health' }, agent)).status, 200)
      assert.equal(joined(only(stack.takeSeen()).rawHeaders)['x-auth-client-id'] ?? '', '')
    }
  } finally {
    agent.destroy()
  }
}

export async function testManyCallers({ stack, call }: Setting): Promise<void> {
  const ids = Array.from({ length: 60 }, (_, at) => `token-${at}`)
  const statuses = await Promise.all(
    ids.map(async (id, at) => {
      const token = at % 3 === 0 ? 'e30.e30.e30' : stack.token({ jti: id })
      const { status } = await call({ path: `${ordersPath}?id=${id}`, headers: ['Authorization', `Bearer ${token}`] })
      return status
    }),
  )
  assert.deepEqual(statuses, ids.map((_, at) => (at % 3 === 0 ? 401 : 200))) // prettier-ignore
  const seen = stack.takeSeen()
  assert.equal(seen.length, 40)
  for (const { url, rawHeaders } of seen) assert.equal(joined(rawHeaders)['x-auth-token-id'], url.split('=')[1])
}

const smuggled = 'GET /v1/payouts HTTP/1.1\r\nHost: api.example.com\r\n\r\n'

/** Where a body ends by one reading, a request begins by the other. */
const twoReadings: Readonly<Record<string, readonly string[]>> = {
  'Content-Length and Transfer-Encoding': [`Content-Length: ${smuggled.length + 5}`, 'Transfer-Encoding: chunked'],
  'a Transfer-Encoding that looks like chunked': [`Content-Length: 5`, 'Transfer-Encoding: xchunked'],
  'two Content-Length': ['Content-Length: 5', `Content-Length: ${smuggled.length + 5}`],
  'a Content-Length with a sign': [`Content-Length: +5`],
  'a blank before the colon': ['Content-Length : 5', 'Transfer-Encoding: chunked'],
  'a header on two lines': ['X-Folded: a', ' Transfer-Encoding: chunked', 'Content-Length: 5'],
  'Transfer-Encoding twice': ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'],
  'a Transfer-Encoding that Connection lists': ['Connection: close, Transfer-Encoding', 'Transfer-Encoding: chunked'],
}

export async function testTwoReadings({ stack, call, authorized }: Setting): Promise<void> {
  const [name = '', value = ''] = authorized().headers!
  for (const headers of Object.values(twoReadings)) {
    const lines = [
      `POST ${ordersPath} HTTP/1.1`,
      'Host: api.example.com',
      `${name}: ${value}`,
      'Connection: close',
      ...headers,
      '',
      '0\r\n\r\n',
    ]
    const socket = connect(stack.ports.front, '127.0.0.1')
    // Some proxies wait for the end of the caller.
    socket.on('error', () => {}).on('data', () => socket.end())
    socket.write(lines.join('\r\n') + smuggled)
    await once(socket, 'close')
  }
  assert.equal((await call(authorized())).status, 200)
  // The hidden request has no token: what lets it out of the body passes it without a decision.
  assert.deepEqual(stack.takeSeen().filter(({ url }) => url !== ordersPath), []) // prettier-ignore
}
