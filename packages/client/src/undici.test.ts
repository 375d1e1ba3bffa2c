// What the adapter of undici has besides the contract of adapters.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Agent, interceptors, request } from 'undici'
import { createHandClock } from './clock.fixture.ts'
import { startApi, startTokenEndpoint } from './real-http.fixture.ts'
import { createTokenProvider } from './token-provider.ts'
import { withBearer } from './undici.ts'

test('undici takes headers in each of its forms, a URL, and bytes as a body that is sent twice', async (t) => {
  const { tokenUrl } = await startTokenEndpoint(t)
  const api = await startApi(t, new Set(['token-1']))
  const clock = createHandClock()
  const tokens = createTokenProvider({ tokenUrl, clientId: 'api-client-acme', clientSecret: 's3cret', clock })
  await tokens.getToken()
  await clock.advance(5)
  const callApi = withBearer(request, tokens, { origins: [api.origin] })
  const forms = [
    { Authorization: 'Basic eDp5', 'x-mine': '1' },
    ['Authorization', 'Basic eDp5', 'x-mine', '1'],
    new Headers({ authorization: 'Basic eDp5', 'x-mine': '1' }),
    new Map([['Authorization', 'Basic eDp5']]),
    null,
  ]
  for (const headers of forms) {
    const { statusCode, body } = await callApi(new URL(`${api.origin}/orders`), { method: 'POST', headers, body: Buffer.from('a=1') })
    assert.deepEqual([statusCode, await body.json()], [200, { ok: true }])
  }
  assert.deepEqual(api.calls, [
    'POST /orders Bearer token-1 a=1',
    ...Array.from({ length: forms.length }, () => 'POST /orders Bearer token-2 a=1'),
  ])
})

test('abuse 249: a token that is rejected below interceptors.responseError is renewed, and other refusals are thrown as before', async (t) => {
  const { tokenUrl } = await startTokenEndpoint(t)
  const api = await startApi(t, new Set(['token-1']))
  const clock = createHandClock()
  const tokens = createTokenProvider({ tokenUrl, clientId: 'api-client-acme', clientSecret: 's3cret', clock })
  await tokens.getToken()
  await clock.advance(5)
  const dispatcher = new Agent().compose(interceptors.responseError())
  const callApi = withBearer(request, tokens, { origins: [api.origin], throwProblems: true })
  const { body } = await callApi(api.origin, { dispatcher })
  assert.deepEqual(await body.json(), { ok: true })
  api.answers.push({ status: 409, body: 'taken' })
  await assert.rejects(callApi(api.origin, { dispatcher }), { name: 'ResponseError', statusCode: 409 })
  const problem = JSON.stringify({ type: 'https://auth.example.com/problems/dpa-missing' })
  api.answers.push({ status: 403, headers: { 'content-type': 'application/problem+json' }, body: problem })
  // undici does not read a problem document there.
  await assert.rejects(callApi(api.origin, { dispatcher }), { name: 'ProblemError', code: 'http-403' })
  assert.deepEqual(
    api.calls.map((call) => call.trim().split(' ').at(-1)),
    ['token-1', 'token-2', 'token-2', 'token-2'],
  )
})

test('what is no function is a TypeError', () => {
  const tokens = createTokenProvider({ tokenUrl: 'https://auth.example.com/token', clientId: 'acme', clientSecret: 's3cret' })
  const wrong = { request } as unknown as typeof request
  assert.throws(() => withBearer(wrong, tokens, { origins: ['https://api.example.com'] }), {
    name: 'TypeError',
    message: /"request" must be/,
  })
})
