// What no `Request` can be, byte by byte to an adapter that listens: repeated headers, targets in other forms, aborted requests.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { partnerId, requestorId } from '../guard.fixture.ts'
import type { ContractApp } from './contract-app.fixture.ts'

/** The texts of the responses to requests that are sent at once on one connection; each is its lines without Host. */
export async function sendPipelined(port: number, requests: readonly (readonly string[])[]): Promise<string[]> {
  const socket = connect(port, '127.0.0.1')
  const texts = requests.map(([target, ...lines], at) =>
    [target, 'Host: api.example.com', ...(at === requests.length - 1 ? ['Connection: close'] : []), ...lines, '', ''].join('\r\n'),
  )
  socket.end(texts.join(''))
  let text = ''
  socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk))
  await once(socket, 'close')
  return text.split('HTTP/1.1 ').slice(1)
}

/** What comes first after the header of a request whose body is not sent. */
export async function firstResponse(port: number, [target, ...lines]: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.write([target, 'Host: api.example.com', ...lines, '', ''].join('\r\n'))
  const [chunk] = (await once(socket, 'data')) as [Buffer]
  socket.destroy()
  return chunk.toString()
}

export function testRawRequests(app: ContractApp): void {
  const { name } = app
  const ask = async (...lines: string[]): Promise<string> => {
    const { port = 0 } = await app.running()
    const [response = ''] = await sendPipelined(port, [lines])
    return response
  }
  const raw = (title: string, run: () => Promise<void>) =>
    test(title, async (t) => ((await app.running()).port === undefined ? t.skip('does not listen') : run()))

  raw(`abuse 111: ${name} refuses two Authorization headers although Node would drop one`, async () => {
    const bearer = `Authorization: Bearer ${app.use().token()}`
    assert.match(await ask('GET /v1/me HTTP/1.1', bearer), /^200 /)
    assert.match(await ask('GET /v1/me HTTP/1.1', bearer, bearer), /^400 [\s\S]*error="invalid_request"/)
    assert.match(await ask('GET /v1/me HTTP/1.1', bearer, 'authorization: Bearer x'), /^400 /)
  })

  raw(`abuse 107: ${name} refuses two Requestor-ID headers`, async () => {
    const bearer = `Authorization: Bearer ${app.use().token()}`
    const id = `Requestor-ID: ${requestorId}`
    const target = `GET /v1/partners/${partnerId}/orders HTTP/1.1`
    assert.match(await ask(target, bearer, id), /^200 /)
    assert.match(await ask(target, bearer, id, id), /^400 [\s\S]*requestor-id-malformed/)
  })

  raw(`abuse 116: ${name} guards a target in another form as a path`, async () => {
    app.use()
    for (const target of [
      'http://api.example.com/v1/me',
      'http://else.example/v1/me',
      '/v1/me?x=/health',
      '/v1/me/',
      '//v1//me',
      '/V1/ME',
      '/v1/%6de',
    ])
      assert.match(await ask(`GET ${target} HTTP/1.1`), /^(?:401|400|404) /, target)
    assert.doesNotMatch(await ask('OPTIONS * HTTP/1.1'), /"allowed"/)
  })

  raw(`fault 3.5: ${name} sees a token in the query of an absolute target, too`, async () => {
    const bearer = `Authorization: Bearer ${app.use().token()}`
    assert.match(await ask('GET http://api.example.com/v1/me?access_token=a HTTP/1.1', bearer), /^(?:400|404) /)
    assert.match(await ask('GET /v1/me?access%5ftoken=a HTTP/1.1', bearer), /^400 [\s\S]*several-tokens/)
  })

  raw(
    `abuse 117: ${name} decides on an upgrade as on any other request, unless the server has a listener of upgrades: that one alone gets it`,
    async () => {
      const bearer = `Authorization: Bearer ${app.use().token()}`
      const upgrade = [
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      ]
      assert.match(await ask('GET /v1/me HTTP/1.1', ...upgrade), /^401 [\s\S]*missing-token/)
      assert.match(await ask('GET /v1/me HTTP/1.1', ...upgrade, bearer), /^200 [\s\S]*"allowed":true/)
      app.told.length = 0
      const { server } = await app.running()
      server?.once('upgrade', (_request, socket) =>
        socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'),
      )
      assert.match(await ask('GET /v1/me HTTP/1.1', ...upgrade), /^101 /)
      assert.deepEqual(app.told, [])
      assert.match(await ask('GET /v1/me HTTP/1.1', ...upgrade), /^401 /)
    },
  )

  raw(`${name} survives a request that is aborted while it is decided`, async () => {
    let decide: () => void = () => {}
    const asked = Promise.withResolvers<void>()
    const pause = new Promise<void>((resolve) => (decide = resolve))
    const realm = app.use({
      entitlements: {
        find: async () => {
          asked.resolve()
          await pause
          return undefined
        },
      },
    })
    const socket = connect((await app.running()).port ?? 0, '127.0.0.1')
    socket.write(`GET /v1/me HTTP/1.1\r\nHost: api\r\nAuthorization: Bearer ${realm.token()}\r\n\r\n`)
    await asked.promise
    socket.destroy()
    await once(socket, 'close')
    decide()
    const { token } = app.use()
    assert.match(await ask('GET /v1/me HTTP/1.1', `Authorization: Bearer ${token()}`), /^200 /)
  })
}
