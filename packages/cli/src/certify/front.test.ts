import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, request, type RequestOptions } from 'node:https'
import { connect } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createAuthority } from './certificates.ts'
import { openFront, type FrontAnswer, type FrontResponse } from './front.ts'

const authority = createAuthority('Test')
const right = authority.issue('localhost', '127.0.0.1')
const done: FrontResponse = { status: 200, headers: {}, body: 'done' }

/** The status, or the code of the error. */
const send = (url: string, options: RequestOptions = {}) =>
  new Promise<number | string | undefined>((resolve) => {
    const sent = request(url, { ca: authority.cert, agent: false, method: 'POST', ...options }, (response) =>
      response.resume().on('close', () => setImmediate(resolve, response.statusCode)),
    )
    sent.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code)).end('body')
  })

test('a front with a certificate answers by https, and resets a connection below TLS', async (t) => {
  let answer: FrontAnswer = done
  const front = await openFront(async () => answer, right)
  t.after(() => front.close())
  assert.match(front.url, /^https:/)
  assert.equal(await send(front.url), 200)
  answer = 'reset'
  assert.equal(await send(front.url), 'ECONNRESET')
  assert.equal(front.connections(), 2)
})

test('another certificate counts for the next connection, also of a client that resumes sessions', async (t) => {
  const front = await openFront(async () => done, right)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.after(() => Promise.all([front.close(), agent.destroy()]))
  const codes: unknown[] = [await send(front.url, { agent }), await send(front.url, { agent })]
  assert.equal(front.connections(), 1)
  for (const certificate of [
    createAuthority('Other').issue('localhost', '127.0.0.1'),
    authority.issue('other.example', '192.0.2.1'),
    authority.issue('localhost', '127.0.0.1', Date.now() - 1000),
    right,
  ]) {
    front.present(certificate)
    await sleep(50)
    codes.push(await send(front.url, { agent }))
  }
  assert.deepEqual(codes, [200, 200, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'ERR_TLS_CERT_ALTNAME_INVALID', 'CERT_HAS_EXPIRED', 200])
})

test('a front closes in the middle of a handshake', async () => {
  const front = await openFront(async () => done, right)
  const socket = connect(Number(new URL(front.url).port), '127.0.0.1')
  await once(socket, 'connect')
  while (front.connections() === 0) await sleep(5)
  await front.close()
  socket.destroy()
})
