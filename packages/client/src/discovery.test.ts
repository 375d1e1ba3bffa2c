import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestClient, type TestClient } from './token-endpoint.fixture.ts'

const issuer = 'https://auth.example.com/realms/nt24-idp'

function createDiscoveringClient(metadata: unknown, options: { issuer: string } = { issuer }): TestClient {
  const client = createTestClient(options)
  client.endpoint.answer = ({ url }) =>
    url.endsWith('/.well-known/openid-configuration') ? Response.json(metadata) : client.endpoint.issue()
  return client
}

test('with an issuer the token endpoint is discovered once', async () => {
  const { tokens, endpoint, clock } = createDiscoveringClient({ issuer, token_endpoint: `${issuer}/token` })
  assert.equal(await tokens.getToken(), 'token-1')
  await clock.advance(300)
  assert.equal(await tokens.getToken(), 'token-2')
  assert.deepEqual(
    endpoint.requests.map(({ url }) => url),
    [`${issuer}/.well-known/openid-configuration`, `${issuer}/token`, `${issuer}/token`],
  )
})

test('10,000 callers for different scopes discover once', async () => {
  const { tokens, endpoint } = createDiscoveringClient({ issuer, token_endpoint: `${issuer}/token` })
  await Promise.all(Array.from({ length: 10_000 }, (_, caller) => tokens.getToken({ scope: `scope-${caller % 10}` })))
  assert.equal(endpoint.requests.filter(({ url }) => url.includes('.well-known')).length, 1)
})

const refusals: [what: string, metadata: unknown, message: RegExp, code?: string][] = [
  ['another issuer', { issuer: 'https://evil.example', token_endpoint: `${issuer}/token` }, /"issuer" is not exactly/, 'wrong_issuer'],
  ['the issuer with a slash more', { issuer: `${issuer}/`, token_endpoint: `${issuer}/token` }, /, but "https:.+idp\/"/, 'wrong_issuer'],
  ['no issuer', { token_endpoint: `${issuer}/token` }, /"issuer" is not exactly/],
  [
    'a token endpoint without encryption',
    { issuer, token_endpoint: 'http://auth.example.com/token' },
    /"token_endpoint" is not an https URL/,
  ],
  [
    'a token endpoint on a plain local port',
    { issuer, token_endpoint: 'http://localhost:1/token' },
    /"token_endpoint" is not an https URL/,
  ],
  [
    'fault 3.6: a token endpoint at another origin',
    { issuer, token_endpoint: 'https://evil.example/token' },
    /"token_endpoint" is at "https:\/\/evil\.example".+pass its token endpoint as "tokenUrl"/,
    'untrusted_endpoint',
  ],
  [
    'fault 3.6: a token endpoint at another port',
    { issuer, token_endpoint: 'https://auth.example.com:8443/token' },
    /origin of the issuer/,
    'untrusted_endpoint',
  ],
  ['no token endpoint', { issuer }, /"token_endpoint" is not an https URL/],
  ['a list', [], /"issuer" is not exactly/],
  ['null', null, /expected a JSON object/],
]
for (const [what, metadata, message, code = 'invalid_response'] of refusals)
  test(`${what.startsWith('fault') ? what : `abuse 140: metadata with ${what}`} is rejected before a secret is sent`, async () => {
    const { tokens, endpoint } = createDiscoveringClient(metadata)
    await assert.rejects(tokens.getToken(), { code, message })
    assert.deepEqual(
      endpoint.requests.map(({ secret }) => secret),
      [undefined],
    )
  })

test('a failed discovery is retried after the pause', async () => {
  const { tokens, endpoint, clock } = createTestClient({ issuer: 'http://localhost:8080' })
  endpoint.answer = () => new Response('starting', { status: 503, headers: { 'retry-after': '5' } })
  await assert.rejects(tokens.getToken(), { code: 'temporarily_unavailable', retryAfterSeconds: 5 })
  await assert.rejects(tokens.getToken(), { code: 'gated' })
  const metadata = { issuer: 'http://localhost:8080', token_endpoint: 'http://localhost:8080/token' }
  endpoint.answer = ({ url }) => (url.includes('.well-known') ? Response.json(metadata) : endpoint.issue())
  await clock.advance(5)
  assert.equal(await tokens.getToken(), 'token-1')
})

test('abuse 252: metadata is read up to 64 kB, for at most five seconds', async () => {
  const large = createDiscoveringClient({ issuer, token_endpoint: `${issuer}/token`, padding: 'x'.repeat(65_536) })
  await assert.rejects(large.tokens.getToken(), { name: 'TokenRequestError', code: 'response_too_large' })

  const { tokens, endpoint, clock } = createDiscoveringClient({})
  endpoint.answer = () => new Promise(() => {})
  const timedOut = assert.rejects(tokens.getToken(), { name: 'TokenRequestError', code: 'timeout', message: /within 5 s/ })
  await clock.advance(5)
  await timedOut
})
