import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exchangeRaw } from '../../test/raw-exchange.fixture.ts'
import { startTestServerOnAnyStore } from '../../test/test-server.fixture.ts'

const ask = ['GET /problems/missing-token HTTP/1.1', 'Host: localhost', '', '']
const askLast = ['GET /problems/missing-token HTTP/1.1', 'Host: localhost', 'Connection: close', '', '']

test('many requests may be pipelined on one connection', async () => {
  const { listen } = await startTestServerOnAnyStore()
  const answers = await exchangeRaw(await listen(), [
    [...Array.from({ length: 99 }, () => ask.join('\r\n')), askLast.join('\r\n')].join(''),
  ])
  assert.equal(answers.match(/HTTP\/1\.1 200/g)?.length, 100)
})

test('a connection that keeps sending and reads no responses is closed', async () => {
  const { listen, request } = await startTestServerOnAnyStore()
  const answers = await exchangeRaw(await listen(), [Array.from({ length: 1500 }, () => ask.join('\r\n')).join('')])
  assert.ok((answers.match(/HTTP\/1\.1 200/g)?.length ?? 0) < 1500)
  assert.equal((await request({ url: '/problems' })).statusCode, 200)
})
