import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, mock, suite, test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { postLines } from '../../test/raw-exchange.fixture.ts'
import { shareTestServerOnAnyStore } from '../../test/test-server.fixture.ts'

const turn = () => new Promise<void>((resolve) => void setImmediate(resolve))

suite('a peer that does not read', () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-connections-'))
  const [certificate, key] = ['cert.pem', 'cert.key'].map((name) => join(folder, name)) as [string, string]
  let now = 0
  let plain: { readonly public: URL; readonly operations: URL }
  let tls: { readonly public: URL }
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key, '-out', certificate, '-subj', '/CN=a']
  execFileSync('openssl', ['req', '-x509', ...made], { stdio: 'ignore' })
  const withoutTls = shareTestServerOnAnyStore({ settings: 'operationsListen: 127.0.0.1:0' })
  const withTls = shareTestServerOnAnyStore({ settings: `publicUrl: https://a.example\ntls: { certificate: ${certificate}, key: ${key} }` })
  before(async () => {
    mock.timers.enable({ apis: ['setInterval'] })
    mock.method(performance, 'now', () => now)
    plain = await withoutTls().listenEverywhere()
    tls = await withTls().listenEverywhere()
  })
  after(() => {
    mock.timers.reset()
    mock.restoreAll()
    rmSync(folder, { recursive: true })
  })

  /** Lets seconds pass for the servers, one by one. */
  async function pass(seconds: number, each: () => void = () => {}): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      now += 1000
      mock.timers.tick(1000)
      each()
      for (let i = 0; i < 20; i++) await turn()
    }
  }

  /** Sends requests until a response stays in the server, and reads nothing. */
  async function ask(socket: Socket, request: string): Promise<void> {
    socket.on('error', () => {})
    await once(socket, 'encrypted' in socket ? 'secureConnect' : 'connect')
    socket.pause()
    let serving: Socket | undefined
    let finished = 0
    const note = (message: unknown) => void (serving = (message as { readonly socket: Socket }).socket)
    const count = () => void finished++
    subscribe('http.server.request.start', note)
    subscribe('http.server.response.finish', count)
    const isFull = () => (serving?.writableLength ?? 0) > 0
    const isPending = (asked: number) => finished < asked && !isFull()
    for (let asked = 50; !isFull(); asked += 50) {
      socket.write(request.repeat(50))
      while (isPending(asked)) await turn()
    }
    unsubscribe('http.server.request.start', note)
    unsubscribe('http.server.response.finish', count)
  }

  const peers = {
    'of the public listener': () => [connect(Number(plain.public.port), '127.0.0.1'), '/problems'],
    'of the public listener with TLS': () => [
      connectTls({ port: Number(tls.public.port), host: '127.0.0.1', rejectUnauthorized: false }),
      '/problems',
    ],
    'of the operations listener': () => [connect(Number(plain.operations.port), '127.0.0.1'), '/metrics'],
  } satisfies Record<string, () => [Socket, string]>
  for (const [what, open] of Object.entries(peers)) {
    test(`fault 2.2: a peer that reads no responses ${what} is cut within 15 s, whatever it sends`, async () => {
      const [socket, path] = open() as [Socket, string]
      const request = `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`
      const closed = new Promise<boolean>((resolve) => void socket.once('close', resolve))
      await ask(socket, request)
      await pass(15, () => socket.write(request))
      socket.write(request.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))
      socket.resume()
      assert.equal(await closed, true, 'the server answered everything and closed in order')
    })
  }
})

suite('the address of a peer', () => {
  const shared = shareTestServerOnAnyStore({ settings: 'operationsListen: 127.0.0.1:0' })
  let url: { readonly public: URL; readonly operations: URL }
  before(async () => {
    url = await shared().listenEverywhere()
  })
  const body = 'grant_type=client_credentials&client_id=a&client_secret=b'
  const post = postLines('/auth/realms/prod/protocol/openid-connect/token', body).join('\r\n')

  test('fault 2.4: a request whose peer has gone before it was accepted is refused, because it has no address', async () => {
    const { app, auditEvents } = shared()
    const accepted = once(app.server, 'connection')
    // This process accepts the connection only when that program has ended.
    const program = `const socket = require('node:net').connect(${url.public.port}, '127.0.0.1', () => socket.write(${JSON.stringify(post)}, () => socket.resetAndDestroy()))`
    execFileSync(process.execPath, ['-e', program])
    const [socket] = (await accepted) as [Socket]
    if (!socket.closed) await once(socket, 'close')
    const addresses = (await auditEvents()).map(({ address }) => address)
    assert.deepEqual([socket.remoteAddress, addresses.includes('')], [undefined, false])
    assert.deepEqual(addresses, [])
  })

  test('fault 2.4: a peer that goes while its request is under way is recorded with its address', async () => {
    const { app, auditEvents } = shared()
    const socket = connect(Number(url.public.port), '127.0.0.1')
    const arrived = once(app.server, 'request')
    socket.write(post.replace(/Content-Length: \d+/, 'Content-Length: 500'))
    const [, response] = (await arrived) as [unknown, NodeJS.WritableStream]
    const over = once(response, 'close')
    socket.resetAndDestroy()
    await over
    assert.deepEqual(
      (await auditEvents()).map(({ address }) => address),
      ['127.0.0.1'],
    )
  })
})
