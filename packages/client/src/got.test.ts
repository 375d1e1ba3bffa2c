// What the adapter of got has besides the contract of adapters.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { got } from 'got'
import { createHandClock } from './clock.fixture.ts'
import { withBearer } from './got.ts'
import { startApi, startTokenEndpoint } from './real-http.fixture.ts'
import { createTokenProvider } from './token-provider.ts'

async function start(t: TestContext) {
  const [{ tokenUrl }, api] = [await startTokenEndpoint(t), await startApi(t)]
  const clock = createHandClock()
  const tokens = createTokenProvider({ tokenUrl, clientId: 'api-client-acme', clientSecret: 's3cret', clock })
  await tokens.getToken()
  await clock.advance(5)
  return { tokens, api }
}

test('a stream of got carries the token', async (t) => {
  const { tokens, api } = await start(t)
  const stream = withBearer(got, tokens, { origins: [api.origin] }).stream(`${api.origin}/me`)
  assert.equal(Buffer.concat(await stream.toArray()).toString(), '{"ok":true}')
  assert.deepEqual(api.calls, ['GET /me Bearer token-1'])
})

test('got resolves prefixUrl, sends JSON and parses it as before', async (t) => {
  const { tokens, api } = await start(t)
  const instance = withBearer(got.extend({ prefixUrl: api.origin }), tokens, { origins: [api.origin] })
  assert.deepEqual(await instance.post('orders', { json: { a: 1 } }).json(), { ok: true })
  assert.deepEqual(api.calls, ['POST /orders Bearer token-1 {"a":1}'])
})

test('with retryAfter, got still repeats by its own rules after other statuses', async (t) => {
  const { tokens, api } = await start(t)
  const asked: [number | undefined, number][] = []
  const calculateDelay = ({
    error,
    computedValue,
  }: {
    error: { response?: { statusCode: number } | undefined }
    computedValue: number
  }) => {
    asked.push([error.response?.statusCode, computedValue])
    return computedValue === 0 ? 0 : 1
  }
  const instance = withBearer(got.extend({ retry: { limit: 2, calculateDelay } }), tokens, {
    origins: [api.origin],
    retryAfter: { random: () => 0 },
  })
  api.answers.push({ status: 502 }, { status: 503, headers: { 'retry-after': '0' } })
  assert.equal((await instance(`${api.origin}/me`)).statusCode, 200)
  assert.equal(api.calls.length, 3)
  assert.deepEqual(
    asked.map(([status]) => status),
    [502],
  )
})

test('a request of got that does not throw for errors is renewed, and waits, too', async (t) => {
  const { tokens, api } = await start(t)
  const instance = withBearer(got, tokens, { origins: [api.origin], retryAfter: { random: () => 0 } })
  api.answers.push(
    { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } },
    { status: 429, headers: { 'retry-after': '0' } },
  )
  assert.equal((await instance(`${api.origin}/me`, { throwHttpErrors: false })).statusCode, 200)
  assert.deepEqual(api.calls, ['GET /me Bearer token-1', 'GET /me Bearer token-2', 'GET /me Bearer token-2'])
})

test('what is no instance of got is a TypeError', async (t) => {
  const { tokens } = await start(t)
  assert.throws(() => withBearer({} as typeof got, tokens, { origins: ['https://api.example.com'] }), { name: 'TypeError' })
})
