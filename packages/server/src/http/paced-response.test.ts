import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, request, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, suite, test } from 'node:test'
import { buffer } from 'node:stream/consumers'
import { PacedResponse } from './paced-response.ts'

suite('a response in pieces', () => {
  const bodies: Record<string, string | Buffer> = {
    '/empty': '',
    '/small': 'small',
    '/text': 'ä€'.repeat(100_000),
    '/bytes': Buffer.alloc(3_000_001, 'bytes'),
    '/exact': Buffer.alloc(65_536, 'x'),
  }
  let largest = 0
  let callbacks = 0
  const server = createServer({ ServerResponse: PacedResponse }, ({ url = '' }, response) => {
    const write = response.write.bind(response) as (piece: Buffer) => boolean
    response.write = (piece: Buffer) => {
      largest = Math.max(largest, piece.length)
      return write(piece)
    }
    response.end(bodies[url], () => void callbacks++)
  })
  before(() => once(server.listen(0, '127.0.0.1'), 'listening'))
  after(() => void server.close())

  async function ask(path: string, method = 'GET'): Promise<IncomingMessage> {
    const { port } = server.address() as AddressInfo
    const [response] = (await once(request({ port, path, method }).end(), 'response')) as [IncomingMessage]
    return response
  }

  for (const [path, body] of Object.entries(bodies)) {
    test(`${path.slice(1)} arrives as it is, with its length`, async () => {
      const called = callbacks
      const response = await ask(path)
      assert.ok((await buffer(response)).equals(Buffer.from(body)))
      assert.equal(response.headers['content-length'], String(Buffer.byteLength(body)))
      assert.equal(callbacks, called + 1)
    })
  }

  test('fault 2.2: no piece is larger than 64 KiB', () => assert.ok(largest <= 65_536))

  test('the response to HEAD has no body', async () => {
    assert.equal((await buffer(await ask('/bytes', 'HEAD'))).length, 0)
  })
})
