import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { before, suite, test } from 'node:test'
import { shareTestServer } from '../../test/test-server.fixture.ts'

suite('a request that breaks off', () => {
  const shared = shareTestServer({ nodes: 1, settings: 'logLevel: debug\noperationsListen: 127.0.0.1:0' })
  let url: { readonly public: URL; readonly operations: URL }
  before(async () => {
    url = await shared().listenEverywhere()
  })

  const reset = (socket: Socket) => void socket.resetAndDestroy()
  const head = (path: string, framing: string, type = 'application/x-www-form-urlencoded') =>
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${type}\r\n${framing}\r\n\r\n`
  const form = 'grant_type=client_credentials'
  const tokenPath = '/realms/nt24-idp/protocol/openid-connect/token'

  /** Where, the bytes that are sent, and how the connection ends. */
  const requests = [
    ['at the token endpoint', `${head(tokenPath, 'Content-Length: 500')}${form}`, reset],
    ['in chunks', `${head(tokenPath, 'Transfer-Encoding: chunked')}5\r\ngrant\r\n`, reset],
    ['within a chunk', `${head(tokenPath, 'Transfer-Encoding: chunked')}500\r\ngrant`, (socket: Socket) => void socket.destroy()],
    ['at introspection', `${head(`${tokenPath}/introspect`, 'Content-Length: 500')}token=x`, reset],
    ['at the own secret', `${head('/realms/nt24-idp/v1/me/secret-rotation', 'Content-Length: 500')}window=1`, reset],
    ['with JSON', `${head('/realms/nt24-idp/v1/me/secret-rotation', 'Content-Length: 500', 'application/json')}{"window":`, reset],
  ] as const
  for (const [where, bytes, end] of requests) {
    test(`fault 2.3: ${where}, it is no outage of the store, and no line of the log`, async () => {
      const { app, log } = shared()
      const lines = log.length
      const socket = connect(Number(url.public.port), '127.0.0.1').on('error', () => {})
      const arrived = once(app.server, 'request')
      socket.write(bytes)
      const [, response] = (await arrived) as [unknown, NodeJS.WritableStream]
      const over = once(response, 'close')
      end(socket)
      await over
      const written = log.slice(lines).map((line) => JSON.parse(line) as { level: number; msg: string })
      assert.deepEqual(
        written.filter(({ level, msg }) => level > 20 && msg !== 'request'),
        [],
      )
    })
  }

  test('fault 2.3: the audit log and the metrics say that the caller ended the request', async () => {
    const { database, tokenOf, operator } = shared()
    await tokenOf('operators', operator)
    const denied = `select kind, reason, count(*) as times from audit_events where outcome = 'refused' group by kind, reason order by kind`
    const events = await database.query<{ kind: string; reason: string; times: number | bigint | string }>(denied)
    assert.deepEqual(
      events.map(({ kind, reason, times }) => [kind, reason, Number(times)]),
      [
        ['rotation.start', 'request-aborted', 2],
        ['token.introspection', 'request-aborted', 1],
        ['token.request', 'request-aborted', 3],
      ],
    )
    const metrics = await (await fetch(new URL('/metrics', url.operations))).text()
    assert.match(metrics, /countersign_token_requests_total\{realm="nt24-idp",outcome="request-aborted"\} 3/)
    assert.match(metrics, /countersign_requests_total\{endpoint="token",status="none"\} 3/)
  })
})
