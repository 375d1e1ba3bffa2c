import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aUrl, apiOrigin, createClientOfApi, refusal, type FakeApi } from './api.fixture.ts'
import { withBearer } from './with-bearer.ts'

const options = { origins: [apiOrigin] }
const invalidToken = { realm: 'api', error: 'invalid_token' }

const tokensSent = (api: FakeApi) => api.calls.map(({ authorization }) => authorization)

test("a request to a listed origin carries the token in place of the caller's Authorization header", async () => {
  const { api, tokens } = await createClientOfApi(0)
  const response = await withBearer(
    api.fetch,
    tokens,
    options,
  )(aUrl, { method: 'POST', body: 'a=1', headers: { authorization: 'Basic x' } })
  assert.equal(response.status, 200)
  assert.deepEqual(api.calls, [{ url: aUrl, authorization: 'Bearer token-1', body: 'a=1' }])
})

test('the wrapped fetch accepts a URL and a Request', async () => {
  const { api, tokens } = await createClientOfApi(0)
  const callApi = withBearer(api.fetch, tokens, options)
  await callApi(new URL(aUrl))
  await callApi(new Request(aUrl, { headers: { 'x-request-id': '7' } }))
  assert.deepEqual(tokensSent(api), ['Bearer token-1', 'Bearer token-1'])
})

test('an origin that is not listed is rejected, without a request to the API or the token endpoint', async () => {
  const { api, tokens, endpoint } = await createClientOfApi(0)
  const callApi = withBearer(api.fetch, tokens, options)
  await assert.rejects(callApi('https://evil.example/'), { name: 'TypeError', message: /not sent to "https:\/\/evil\.example"/ })
  await assert.rejects(callApi(new Request('http://api.example.com/')), { name: 'TypeError' })
  assert.deepEqual([api.calls.length, endpoint.requests.length], [0, 1])
})

test('abuse 249: after a 401 invalid_token the token is dropped, a new one fetched, and the request repeated once', async () => {
  const { api, tokens, endpoint } = await createClientOfApi(5)
  api.refuse = ({ authorization }) => (authorization === 'Bearer token-1' ? refusal(401, invalidToken) : undefined)
  const response = await withBearer(api.fetch, tokens, options)(aUrl, { method: 'POST', body: 'a=1' })
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
  const response = await withBearer(api.fetch, tokens, options)(aUrl)
  assert.equal(response.status, 401)
  assert.deepEqual(tokensSent(api), ['Bearer token-1', 'Bearer token-2'])
})

test('abuse 249: 1,000 requests that are rejected together cause one token request', async () => {
  const { api, tokens, endpoint } = await createClientOfApi(5)
  api.refuse = ({ authorization }) => (authorization === 'Bearer token-1' ? refusal(401, invalidToken) : undefined)
  const callApi = withBearer(api.fetch, tokens, options)
  const responses = await Promise.all(Array.from({ length: 1000 }, () => callApi(aUrl)))
  assert.ok(responses.every(({ ok }) => ok))
  assert.equal(endpoint.requests.length, 2)
})

test('abuse 249: a request whose rejected token has been replaced meanwhile is repeated with the newer token, without another token request', async () => {
  const { api, tokens, endpoint } = await createClientOfApi(5)
  api.refuse = ({ authorization }) => {
    if (authorization !== 'Bearer token-1') return undefined
    tokens.invalidate('token-1') // Another request has already replaced the token.
    void tokens.getToken()
    return refusal(401, invalidToken)
  }
  assert.equal((await withBearer(api.fetch, tokens, options)(aUrl)).status, 200)
  assert.equal(endpoint.requests.length, 2)
})

for (const [what, response] of [
  ['403', () => refusal(403)],
  ['403 insufficient_scope', () => refusal(403, { error: 'insufficient_scope', scope: 'orders' })],
  ['401 insufficient_scope', () => refusal(401, { error: 'insufficient_scope' })],
  ['401 invalid_request', () => refusal(401, { error: 'invalid_request' })],
  ['503', () => refusal(503)],
] as const)
  test(`abuse 249: a ${what} does not renew the token and is returned unchanged`, async () => {
    const { api, tokens, endpoint } = await createClientOfApi(100)
    api.refuse = response
    const answer = await withBearer(api.fetch, tokens, options)(aUrl)
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
    await withBearer(api.fetch, tokens, options)(aUrl)
    assert.equal(api.calls.length, calls)
  }
})

test('abuse 259: a request with a stream is not repeated, but the next one has a new token', async () => {
  const { api, tokens } = await createClientOfApi(5)
  api.refuse = ({ authorization }) => (authorization === 'Bearer token-1' ? refusal(401, invalidToken) : undefined)
  const callApi = withBearer(api.fetch, tokens, options)
  const stream = new Blob(['a=1']).stream()
  assert.equal((await callApi(aUrl, { method: 'POST', body: stream, duplex: 'half' })).status, 401)
  assert.equal((await callApi(aUrl)).status, 200)
  assert.deepEqual(tokensSent(api), ['Bearer token-1', 'Bearer token-2'])
})

test('abuse 259: a Request object is not repeated either, because its body is a stream', async () => {
  const { api, tokens } = await createClientOfApi(5)
  api.refuse = () => refusal(401, invalidToken)
  const response = await withBearer(api.fetch, tokens, options)(new Request(aUrl, { method: 'POST', body: 'a=1' }))
  assert.deepEqual([response.status, api.calls.length], [401, 1])
})

test('the signal of a request aborts its wait for a token', async () => {
  const { api, tokens, endpoint, clock } = await createClientOfApi(0)
  await clock.advance(300)
  endpoint.answer = () => new Promise<Response>(() => {})
  const abort = new AbortController()
  const call = withBearer(api.fetch, tokens, options)(aUrl, { signal: abort.signal })
  abort.abort()
  await assert.rejects(call, { name: 'AbortError' })
  assert.equal(api.calls.length, 0)
})

test('a 401 from another origin after a redirect does not invalidate the token', async () => {
  const { api, tokens, endpoint } = await createClientOfApi(5)
  api.refuse = () => {
    const elsewhere = refusal(401, invalidToken)
    return Object.defineProperties(elsewhere, { redirected: { value: true }, url: { value: 'https://evil.example/' } })
  }
  assert.equal((await withBearer(api.fetch, tokens, options)(aUrl)).status, 401)
  assert.equal(endpoint.requests.length, 1)
})

test('fault 3.2: an API that rejects every token costs one renewal, not one for each call', async () => {
  const { api, tokens, endpoint, clock } = await createClientOfApi(5)
  api.refuse = () => refusal(401, invalidToken)
  const callApi = withBearer(api.fetch, tokens, options)
  await callApi(aUrl)
  assert.deepEqual(tokensSent(api), ['Bearer token-1', 'Bearer token-2'])
  for (let call = 0; call < 30; call++) {
    assert.equal((await callApi(aUrl)).status, 401)
    await clock.advance(0.1)
  }
  assert.deepEqual([endpoint.requests.length, api.calls.length], [2, 32])
  for (let call = 0; call < 300; call++) {
    await callApi(aUrl)
    await clock.advance(1)
  }
  assert.ok(endpoint.requests.length <= 2 + 100, `${endpoint.requests.length} token requests in 300 s`)
})

test('fault 3.2: after the API accepts tokens again, a later revocation renews at once', async () => {
  const { api, tokens, endpoint, clock } = await createClientOfApi(5)
  const callApi = withBearer(api.fetch, tokens, options)
  api.refuse = () => refusal(401, invalidToken)
  await callApi(aUrl)
  await clock.advance(31)
  api.refuse = ({ authorization }) => (authorization === 'Bearer token-2' ? refusal(401, invalidToken) : undefined)
  assert.equal((await callApi(aUrl)).status, 200)
  assert.equal(endpoint.requests.length, 3)
})

test('fault 3.2: 1,000 requests whose new token is rejected as well request no third one', async () => {
  const { api, tokens, endpoint } = await createClientOfApi(5)
  api.refuse = () => refusal(401, invalidToken)
  const callApi = withBearer(api.fetch, tokens, options)
  for (let round = 0; round < 2; round++) await Promise.all(Array.from({ length: 500 }, () => callApi(aUrl)))
  assert.equal(endpoint.requests.length, 2)
})

test('abuse 249: a fetch whose bodies are streams of Node, such as node-fetch, is renewed and repeated, too', async () => {
  const { api, tokens } = await createClientOfApi(5)
  let destroyed = 0
  const likeNodeFetch = async (input: string | URL | Request, init?: RequestInit) => {
    const { status, headers } = await api.fetch(input, init)
    return { status, headers, body: { pipe: () => {}, destroy: () => void (destroyed += 1) } } as unknown as Response
  }
  api.refuse = ({ authorization }) => (authorization === 'Bearer token-1' ? refusal(401, invalidToken) : undefined)
  assert.equal((await withBearer(likeNodeFetch, tokens, options)(aUrl)).status, 200)
  assert.deepEqual([tokensSent(api), destroyed], [['Bearer token-1', 'Bearer token-2'], 1])
})
