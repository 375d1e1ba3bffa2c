import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anUrl, apiOrigin, createClientOfApi, refusal, type FakeApi } from './api.fixture.ts'
import { withBearer } from './with-bearer.ts'

const options = { origins: [apiOrigin] }
const invalidToken = { realm: 'api', error: 'invalid_token' }

const tokensSent = (api: FakeApi) => api.calls.map(({ authorization }) => authorization)

test('a request to a listed origin carries the token and the headers of the caller', async () => {
  const { api, tokens } = await createClientOfApi(0)
  const response = await withBearer(
    api.fetch,
    tokens,
    options,
  )(anUrl, { method: 'POST', body: 'a=1', headers: { authorization: 'Basic x' } })
  assert.equal(response.status, 200)
  assert.deepEqual(api.calls, [{ url: anUrl, authorization: 'Bearer token-1', body: 'a=1' }])
})

test('it accepts a URL and a Request as fetch does', async () => {
  const { api, tokens } = await createClientOfApi(0)
  const callApi = withBearer(api.fetch, tokens, options)
  await callApi(new URL(anUrl))
  await callApi(new Request(anUrl, { headers: { 'x-request-id': '7' } }))
  assert.deepEqual(tokensSent(api), ['Bearer token-1', 'Bearer token-1'])
})

test('an origin that is not listed is rejected, without a request to API or token endpoint', async () => {
  const { api, tokens, endpoint } = await createClientOfApi(0)
  const callApi = withBearer(api.fetch, tokens, options)
  await assert.rejects(callApi('https://evil.example/'), { name: 'TypeError', message: /not sent to "https:\/\/evil\.example"/ })
  await assert.rejects(callApi(new Request('http://api.example.com/')), { name: 'TypeError' })
  assert.deepEqual([api.calls.length, endpoint.requests.length], [0, 1])
})

test('abuse 249: after a 401 invalid_token the token is dropped, a new one fetched, and the request repeated once', async () => {
  const { api, tokens, endpoint } = await createClientOfApi(5)
  api.refuse = ({ authorization }) => (authorization === 'Bearer token-1' ? refusal(401, invalidToken) : undefined)
  const response = await withBearer(api.fetch, tokens, options)(anUrl, { method: 'POST', body: 'a=1' })
  assert.equal(response.status, 200)
  assert.deepEqual(tokensSent(api), ['Bearer token-1', 'Bearer token-2'])
  assert.deepEqual(
    api.calls.map(({ body }) => body),
    ['a=1', 'a=1'],
  )
  assert.equal(endpoint.requests.length, 2)
})

test('abuse 249: an API that rejects every token is called twice, and its 401 is returned', async () => {
  const { api, tokens } = await createClientOfApi(5)
  api.refuse = () => refusal(401, invalidToken)
  const response = await withBearer(api.fetch, tokens, options)(anUrl)
  assert.equal(response.status, 401)
  assert.deepEqual(tokensSent(api), ['Bearer token-1', 'Bearer token-2'])
})

test('abuse 249: 1,000 requests that are rejected together cause one token request', async () => {
  const { api, tokens, endpoint } = await createClientOfApi(5)
  api.refuse = ({ authorization }) => (authorization === 'Bearer token-1' ? refusal(401, invalidToken) : undefined)
  const callApi = withBearer(api.fetch, tokens, options)
  const responses = await Promise.all(Array.from({ length: 1000 }, () => callApi(anUrl)))
  assert.ok(responses.every(({ ok }) => ok))
  assert.equal(endpoint.requests.length, 2)
})

test('abuse 249: a rejection of a token that was already replaced repeats with the newer one, without a token request', async () => {
  const { api, tokens, endpoint } = await createClientOfApi(5)
  api.refuse = ({ authorization }) => {
    if (authorization !== 'Bearer token-1') return undefined
    tokens.invalidate('token-1') // Another request was faster.
    void tokens.getToken()
    return refusal(401, invalidToken)
  }
  assert.equal((await withBearer(api.fetch, tokens, options)(anUrl)).status, 200)
  assert.equal(endpoint.requests.length, 2)
})

for (const [what, response] of [
  ['403', () => refusal(403)],
  ['403 insufficient_scope', () => refusal(403, { error: 'insufficient_scope', scope: 'orders' })],
  ['401 insufficient_scope', () => refusal(401, { error: 'insufficient_scope' })],
  ['401 invalid_request', () => refusal(401, { error: 'invalid_request' })],
  ['503', () => refusal(503)],
] as const)
  test(`abuse 249: a ${what} renews nothing and is returned unchanged`, async () => {
    const { api, tokens, endpoint } = await createClientOfApi(100)
    api.refuse = response
    const answer = await withBearer(api.fetch, tokens, options)(anUrl)
    assert.deepEqual(await answer.json(), { status: answer.status })
    assert.deepEqual([api.calls.length, endpoint.requests.length], [1, 1])
  })

test('a bare 401 renews a token that is older than 30 s, but not a younger one', async () => {
  for (const [ageSeconds, calls] of [
    [30, 1],
    [31, 2],
  ] as const) {
    const { api, tokens } = await createClientOfApi(ageSeconds)
    api.refuse = ({ authorization }) => (authorization === 'Bearer token-1' ? refusal(401) : undefined)
    await withBearer(api.fetch, tokens, options)(anUrl)
    assert.equal(api.calls.length, calls)
  }
})

test('abuse 259: a request with a stream is not repeated, but the next one has a new token', async () => {
  const { api, tokens } = await createClientOfApi(5)
  api.refuse = ({ authorization }) => (authorization === 'Bearer token-1' ? refusal(401, invalidToken) : undefined)
  const callApi = withBearer(api.fetch, tokens, options)
  const stream = new Blob(['a=1']).stream()
  assert.equal((await callApi(anUrl, { method: 'POST', body: stream, duplex: 'half' })).status, 401)
  assert.equal((await callApi(anUrl)).status, 200)
  assert.deepEqual(tokensSent(api), ['Bearer token-1', 'Bearer token-2'])
})

test('abuse 259: the body of a Request is a stream, and not repeated either', async () => {
  const { api, tokens } = await createClientOfApi(5)
  api.refuse = () => refusal(401, invalidToken)
  const response = await withBearer(api.fetch, tokens, options)(new Request(anUrl, { method: 'POST', body: 'a=1' }))
  assert.deepEqual([response.status, api.calls.length], [401, 1])
})

test('the signal of a request aborts its wait for a token', async () => {
  const { api, tokens, endpoint, clock } = await createClientOfApi(0)
  await clock.advance(300)
  endpoint.answer = () => new Promise<Response>(() => {})
  const abort = new AbortController()
  const call = withBearer(api.fetch, tokens, options)(anUrl, { signal: abort.signal })
  abort.abort()
  await assert.rejects(call, { name: 'AbortError' })
  assert.equal(api.calls.length, 0)
})

test('a 401 of another origin, after a redirect, does not concern the token', async () => {
  const { api, tokens, endpoint } = await createClientOfApi(5)
  api.refuse = () => {
    const elsewhere = refusal(401, invalidToken)
    return Object.defineProperties(elsewhere, { redirected: { value: true }, url: { value: 'https://evil.example/' } })
  }
  assert.equal((await withBearer(api.fetch, tokens, options)(anUrl)).status, 401)
  assert.equal(endpoint.requests.length, 1)
})
