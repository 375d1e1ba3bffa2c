import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHandClock } from './clock.fixture.ts'
import { startApi, startTokenEndpoint } from './real-http.fixture.ts'
import { createTokenProvider } from './token-provider.ts'
import { withBearer } from './with-bearer.ts'

const client = { clientId: 'api-client-acme', clientSecret: 's3cret' }

test('over real HTTP a rejected token is renewed and the request repeated', async (t) => {
  const { tokenUrl, issued } = await startTokenEndpoint(t)
  const api = await startApi(t, new Set(['token-1']))
  const clock = createHandClock()
  const tokens = createTokenProvider({ ...client, tokenUrl, clock })
  await tokens.getToken()
  await clock.advance(5)
  const callApi = withBearer(fetch, tokens, { origins: [api.origin] })
  const response = await callApi(`${api.origin}/orders`, { method: 'POST', body: 'a=1' })
  assert.deepEqual(await response.json(), { ok: true })
  assert.deepEqual(api.calls, ['POST /orders Bearer token-1 a=1', 'POST /orders Bearer token-2 a=1'])
  assert.equal(issued(), 2)
})

test('over real HTTP a redirect to another origin does not carry the token, and a 401 from there does not renew it', async (t) => {
  const { tokenUrl, issued } = await startTokenEndpoint(t)
  const [api, elsewhere] = [await startApi(t), await startApi(t)]
  const tokens = createTokenProvider({ ...client, tokenUrl })
  const response = await withBearer(fetch, tokens, { origins: [api.origin] })(`${api.origin}/redirect?to=${elsewhere.origin}/steal`)
  assert.equal(response.status, 401)
  assert.deepEqual(api.calls, ['GET /redirect Bearer token-1'])
  assert.deepEqual(elsewhere.calls, ['GET /steal none'])
  assert.equal(issued(), 1)
})

test('abuse 251: over real HTTP the secret does not follow a redirect of the token endpoint', async (t) => {
  const [api, elsewhere] = [await startApi(t), await startApi(t)]
  const tokens = createTokenProvider({ ...client, tokenUrl: `${api.origin}/redirect?to=${elsewhere.origin}/steal` })
  await assert.rejects(tokens.getToken(), { code: 'redirect', status: 302 })
  assert.deepEqual(elsewhere.calls, [])
})

test('over real HTTP a closed port is a network error with its reason', async () => {
  const tokens = createTokenProvider({ ...client, tokenUrl: 'http://127.0.0.1:2/token' }) // A port that fetch does not refuse.
  await assert.rejects(tokens.getToken(), { code: 'network', message: /could not be reached \(ECONNREFUSED\)/ })
})
