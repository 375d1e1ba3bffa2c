import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, createServer, request, type RequestListener, type Server } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { trackConnections } from './connections.ts'
import { drain } from './drain.ts'

async function aServer(t: TestContext, handler: RequestListener) {
  const server: Server = createServer({ keepAliveTimeout: 75_000 })
  const connections = trackConnections(server, handler)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const agent = new Agent({ keepAlive: true })
  t.after(() => {
    agent.destroy()
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const get = async (path = '/') => {
    const asked = request({ port, path, agent }).end()
    const [response] = (await once(asked, 'response')) as [import('node:http').IncomingMessage]
    response.resume()
    await once(response, 'end')
    return { reused: asked.reusedSocket, connection: response.headers.connection }
  }
  const open = async () => {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    return socket
  }
  return { server, connections, get, open, port }
}

test('a server without connections stops at once', async (t) => {
  const { server, connections } = await aServer(t, (_request, response) => response.end())
  assert.equal(await drain(server, connections, 5000), 0)
  assert.equal(server.listening, false)
})

test('abuse 222: a request on a connection that was idle when draining began is answered with Connection: close', async (t) => {
  const { server, connections, get } = await aServer(t, (_request, response) => response.end('ok'))
  await get()
  const drained = drain(server, connections, 5000)
  await new Promise((resolve) => setImmediate(() => setImmediate(() => setImmediate(resolve))))
  assert.equal(server.listening, false)
  assert.deepEqual(await get(), { reused: true, connection: 'close' })
  assert.equal(await drained, 0)
})

test('abuse 222: a request under way is answered with Connection: close', async (t) => {
  const arrived = Promise.withResolvers<() => void>()
  const { server, connections, get } = await aServer(t, (_request, response) => arrived.resolve(() => response.end('ok')))
  const answer = get()
  const respond = await arrived.promise
  const drained = drain(server, connections, 5000)
  setImmediate(() => setImmediate(() => setImmediate(respond)))
  assert.equal((await answer).connection, 'close')
  assert.equal(await drained, 0)
})

test('abuse 222: all requests pipelined on one connection before draining are answered', async (t) => {
  const responses: (() => void)[] = []
  const { server, connections, open } = await aServer(t, (asked, response) => void responses.push(() => response.end(asked.url)))
  const socket = await open()
  socket.write(['/1', '/2', '/3'].map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''))
  let received = ''
  const ended = once(
    socket.setEncoding('latin1').on('data', (text: string) => (received += text)),
    'close',
  )
  while (responses.length < 3) await new Promise((resolve) => setImmediate(resolve))
  const drained = drain(server, connections, 5000)
  setImmediate(() => setImmediate(() => setImmediate(() => responses.forEach((respond) => respond()))))
  assert.equal(await drained, 0)
  await ended
  assert.deepEqual([received.match(/HTTP\/1\.1 200/g)?.length, received.match(/Connection: close/g)?.length], [3, 1])
})

test('an idle connection is closed, also one that never sent a request', async (t) => {
  const { server, connections, get, open } = await aServer(t, (_request, response) => response.end())
  await get()
  await open()
  assert.equal(await drain(server, connections, 10_000), 0)
})

test('requests that are unanswered at the deadline are aborted and counted', async (t) => {
  const { server, connections, get } = await aServer(t, () => {})
  const aborted = [get(), get()].map((answer) => assert.rejects(answer, { code: 'ECONNRESET' }))
  while (connections.underWay() < 2) await new Promise((resolve) => setImmediate(resolve))
  assert.equal(await drain(server, connections, 20), 2)
  await Promise.all(aborted)
})

test('abuse 282: connections above the maximum are refused and counted, and existing connections keep working', async (t) => {
  const { server, connections, open, get } = await aServer(t, (_request, response) => response.end())
  server.maxConnections = 1
  await get()
  const refused = await open()
  await once(refused.on('error', () => {}).resume(), 'close')
  assert.equal(connections.refused(), 1)
  assert.equal((await get()).reused, true)
})
