import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { startTestServerOnAnyStore } from '../test/test-server.fixture.ts'

test('a server that is closed answers the request under way, and does not wait for another one on its connection', async () => {
  const { app, listen, stop } = await startTestServerOnAnyStore()
  const { port } = await listen()
  const socket = connect(Number(port), '127.0.0.1')
  const arrived = once(app.server, 'request')
  const head = ['POST /realms/nt24-idp/protocol/openid-connect/token HTTP/1.1', 'Host: localhost']
  const fields = ['Content-Type: application/x-www-form-urlencoded', 'Content-Length: 29', '', 'grant_type=']
  socket.write([...head, ...fields].join('\r\n'))
  await arrived
  const closed = stop().then(() => 'closed')
  socket.write('client_credentials')
  const answer = await text(socket)
  assert.match(answer, /^HTTP\/1\.1 401 /)
  assert.match(answer, /^connection: close\r$/im)
  assert.equal(await closed, 'closed')
})
