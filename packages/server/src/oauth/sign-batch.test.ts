import assert from 'node:assert/strict'
import crypto from 'node:crypto'
import { ServerResponse } from 'node:http'
import { syncBuiltinESMExports } from 'node:module'
import { test } from 'node:test'
import { startTestServer, tokenRequest } from '../../test/test-server.fixture.ts'

test('the tokens of a batch are all signed before the first of them is sent', async (t) => {
  const { aClient, requestToken } = await startTestServer({ nodes: 1 })
  const client = await aClient('nt24-idp', { slug: 'acme' })
  await requestToken('nt24-idp', tokenRequest(client)) // From here on the client is cached.
  const steps: string[] = []
  const { sign } = crypto
  t.mock.method(crypto, 'sign', (...all: unknown[]) => {
    steps.push('sign')
    return Reflect.apply(sign, crypto, all) as Buffer
  })
  const { writeHead } = ServerResponse.prototype
  t.mock.method(ServerResponse.prototype, 'writeHead', function (this: ServerResponse, ...all: unknown[]) {
    steps.push('send')
    return Reflect.apply(writeHead, this, all) as ServerResponse
  })
  syncBuiltinESMExports()
  t.after(() => {
    t.mock.restoreAll()
    syncBuiltinESMExports()
  })

  await Promise.all(Array.from({ length: 8 }, () => requestToken('nt24-idp', tokenRequest(client))))
  assert.deepEqual(steps, [...Array(8).fill('sign'), ...Array(8).fill('send')])
})
