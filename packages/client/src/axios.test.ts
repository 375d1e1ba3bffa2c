import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test, type TestContext } from 'node:test'
import { create, isAxiosError } from 'axios'
import { attachBearer } from './axios.ts'
import { createHandClock } from './clock.fixture.ts'
import { startApi, startTokenEndpoint } from './real-http.fixture.ts'
import { createTokenProvider } from './token-provider.ts'

/** Real axios in front of a real API, with a first token that is five seconds old. */
async function startAxiosClient(t: TestContext, { rejected = [] }: { rejected?: string[] } = {}) {
  const { tokenUrl, issued } = await startTokenEndpoint(t)
  const api = await startApi(t, new Set(rejected))
  const clock = createHandClock()
  const tokens = createTokenProvider({ tokenUrl, clientId: 'api-client-acme', clientSecret: 's3cret', clock })
  await tokens.getToken()
  await clock.advance(5)
  const instance = create({ baseURL: `${api.origin}/v1`, proxy: false })
  const detach = attachBearer(instance, tokens, { origins: [api.origin] })
  return { instance, api, detach, issued }
}

test('axios sends the token to a relative URL of a listed origin', async (t) => {
  const { instance, api } = await startAxiosClient(t)
  assert.deepEqual((await instance.get('/me')).data, { ok: true })
  assert.deepEqual(api.calls, ['GET /v1/me Bearer token-1'])
})

test('axios fails with a TypeError for an origin that is not listed', async (t) => {
  const { instance, api } = await startAxiosClient(t)
  const elsewhere = await startApi(t)
  await assert.rejects(instance.get(`${elsewhere.origin}/me`), { name: 'TypeError', message: /^attachBearer: the token is not sent to/ })
  await assert.rejects(instance.get('/me', { baseURL: elsewhere.origin }), { name: 'TypeError' })
  assert.deepEqual([api.calls, elsewhere.calls], [[], []])
})

test('abuse 249: axios renews a rejected token and repeats the request once, with the same JSON', async (t) => {
  const { instance, api, issued } = await startAxiosClient(t, { rejected: ['token-1'] })
  assert.deepEqual((await instance.post('/orders', { article: 'a "quoted" one' })).data, { ok: true })
  const body = '{"article":"a \\"quoted\\" one"}'
  assert.deepEqual(api.calls, [`POST /v1/orders Bearer token-1 ${body}`, `POST /v1/orders Bearer token-2 ${body}`])
  assert.equal(issued(), 2)
})

test('axios transforms the data of a repeated request once', async (t) => {
  const { instance, api } = await startAxiosClient(t, { rejected: ['token-1'] })
  await instance.post('/orders', 'a=1', { transformRequest: [(data: string) => `<${data}>`] })
  assert.deepEqual(api.calls, ['POST /v1/orders Bearer token-1 <a=1>', 'POST /v1/orders Bearer token-2 <a=1>'])
})

test('abuse 249: axios repeats a request only once, and rejects with its own error', async (t) => {
  const { instance, api } = await startAxiosClient(t, { rejected: ['token-1', 'token-2', 'token-3'] })
  await assert.rejects(instance.get('/me'), (error) => isAxiosError(error) && error.response?.status === 401)
  assert.deepEqual(api.calls, ['GET /v1/me Bearer token-1', 'GET /v1/me Bearer token-2'])
})

test('axios also renews if validateStatus accepts the 401', async (t) => {
  const { instance, api } = await startAxiosClient(t, { rejected: ['token-1'] })
  const { status } = await instance.get('/me', { validateStatus: () => true })
  assert.deepEqual([status, api.calls.length], [200, 2])
})

test('abuse 259: axios does not repeat a request with a stream', async (t) => {
  const { instance, api } = await startAxiosClient(t, { rejected: ['token-1'] })
  await assert.rejects(instance.post('/orders', Readable.from(['a=1'])), (error) => isAxiosError(error) && error.response?.status === 401)
  assert.deepEqual(api.calls, ['POST /v1/orders Bearer token-1 a=1'])
})

test('axios removes the token at a redirect to another origin, and a 401 from there does not renew it', async (t) => {
  const { instance, api, issued } = await startAxiosClient(t)
  const elsewhere = await startApi(t)
  const seen: unknown[] = []
  const redirect = instance.get(`${api.origin}/redirect`, {
    params: { to: `${elsewhere.origin}/steal` },
    beforeRedirect: (options) => void seen.push(options.href),
  })
  await assert.rejects(redirect, (error) => isAxiosError(error) && error.response?.status === 401)
  assert.deepEqual(elsewhere.calls, ['GET /steal none'])
  assert.deepEqual(seen, [`${elsewhere.origin}/steal`], 'a beforeRedirect of the caller still runs')
  assert.equal(issued(), 1)
})

test('errors without a response pass through unchanged', async (t) => {
  const { instance } = await startAxiosClient(t)
  await assert.rejects(instance.get('/me', { signal: AbortSignal.abort() }), { name: 'AbortError' })
})

test('after detaching, axios sends no token', async (t) => {
  const { instance, api, detach } = await startAxiosClient(t)
  detach()
  await assert.rejects(instance.get('/me'))
  assert.deepEqual(api.calls, ['GET /v1/me none'])
})

test('fault 3.2: an API that rejects every token costs axios one renewal, not one for each call', async (t) => {
  const { instance, api, issued } = await startAxiosClient(t, { rejected: ['token-1', 'token-2', 'token-3'] })
  for (let call = 0; call < 3; call++) await assert.rejects(instance.get('/me'), /401/)
  assert.equal(issued(), 2)
  assert.deepEqual(
    api.calls.map((call) => call.split(' ').at(-1)),
    ['token-1', 'token-2', 'token-2', 'token-2'],
  )
})

test('axios destroys the streams of responses that it does not return', async (t) => {
  const { instance, api, detach } = await startAxiosClient(t, { rejected: ['token-1'] })
  detach()
  const { tokenUrl } = await startTokenEndpoint(t)
  const clock = createHandClock()
  const tokens = createTokenProvider({ tokenUrl, clientId: 'api-client-acme', clientSecret: 's3cret', clock })
  await tokens.getToken()
  await clock.advance(5)
  const streams: Readable[] = []
  const keep = (answer: { data: Readable }) => void streams.push(answer.data)
  instance.interceptors.response.use(
    (answer) => (keep(answer), answer),
    (error) => (keep(error.response), Promise.reject(error)),
  )
  attachBearer(instance, tokens, { origins: [api.origin], throwProblems: true, retryAfter: { random: () => 0 } })
  api.answers.push({ status: 429, headers: { 'retry-after': '0' } }, undefined, {
    status: 403,
    headers: { 'content-type': 'application/problem+json' },
    body: '{"type":"urn:problem:quota"}',
  })
  await assert.rejects(instance.get('/me', { responseType: 'stream' }), { name: 'ProblemError', code: 'quota' })
  assert.deepEqual(
    streams.map(({ destroyed }) => destroyed),
    [true, true, true],
  )
})
