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

/** A client whose metadata name `place.tokenEndpoint`; another path than that is gone. */
function createMovingClient(gone: () => Response) {
  const place = { issuer, tokenEndpoint: `${issuer}/token` }
  const events: string[] = []
  const client = createTestClient({
    issuer,
    onEvent: (event) => void (event.type === 'discovery-reread' && events.push(`changed: ${event.changed}`)),
  })
  client.endpoint.answer = ({ url }) => {
    if (url.includes('.well-known')) return Response.json({ issuer: place.issuer, token_endpoint: place.tokenEndpoint })
    return url === place.tokenEndpoint ? client.endpoint.issue() : gone()
  }
  const urlsSince = (first: number) => client.endpoint.requests.slice(first).map(({ url }) => url.slice(issuer.length))
  return { ...client, place, events, urlsSince }
}

for (const [what, gone] of [
  ['404', () => new Response(null, { status: 404 })],
  ['410', () => new Response(null, { status: 410 })],
  ['a redirect', () => new Response(null, { status: 308, headers: { location: 'https://elsewhere.example/token' } })],
] as const)
  test(`abuse 251: a token endpoint that answers ${what} is looked up again, and the request sent to the new one`, async () => {
    const { tokens, clock, place, events, urlsSince } = createMovingClient(gone)
    await tokens.getToken()
    place.tokenEndpoint = `${issuer}/oauth2/token`
    await clock.advance(300)
    assert.equal(await tokens.getToken(), 'token-2')
    assert.deepEqual(urlsSince(2), ['/token', '/.well-known/openid-configuration', '/oauth2/token'])
    await clock.advance(300)
    await tokens.getToken()
    assert.deepEqual([urlsSince(5), events], [['/oauth2/token'], ['changed: true']])
  })

test('abuse 251: an endpoint that stays gone is looked up once a minute at most, and its error stays that of the endpoint', async () => {
  const { tokens, clock, endpoint, place, events } = createMovingClient(() => new Response(null, { status: 404 }))
  await tokens.getToken()
  place.tokenEndpoint = `${issuer}/token?never`
  await clock.advance(300)
  endpoint.answer = ({ url }) =>
    url.includes('.well-known') ? Response.json({ issuer, token_endpoint: `${issuer}/token` }) : new Response(null, { status: 404 })
  for (let second = 0; second < 600; second++) {
    await assert.rejects(tokens.getToken(), (error: { status?: number; code?: string }) => error.status === 404 || error.code === 'gated')
    await clock.advance(1)
  }
  const lookups = endpoint.requests.filter(({ url }) => url.includes('.well-known')).length
  assert.ok(lookups >= 3 && lookups <= 12, `${lookups} lookups in ten minutes`)
  assert.equal(events.length, lookups - 1)
})

for (const [what, change, code] of [
  ['another issuer', { issuer: 'https://evil.example' }, 'wrong_issuer'],
  ['an endpoint at another host', { tokenEndpoint: 'https://evil.example/token' }, 'untrusted_endpoint'],
] as const)
  test(`abuse 251: metadata that now name ${what} get no secret`, async () => {
    const { tokens, clock, endpoint, place } = createMovingClient(() => new Response(null, { status: 404 }))
    await tokens.getToken()
    Object.assign(place, { tokenEndpoint: `${issuer}/moved` }, change)
    await clock.advance(300)
    await assert.rejects(tokens.getToken(), { code })
    assert.ok(endpoint.requests.every(({ url }) => url.startsWith(issuer)))
  })

test('a token endpoint that was configured is not looked up', async () => {
  const { tokens, endpoint } = createTestClient()
  endpoint.answer = () => new Response(null, { status: 404 })
  await assert.rejects(tokens.getToken(), { status: 404 })
  assert.equal(endpoint.requests.length, 1)
})
