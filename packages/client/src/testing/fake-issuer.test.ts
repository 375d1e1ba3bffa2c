import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHandClock } from '../clock.fixture.ts'
import { createTokenProvider } from '../token-provider.ts'
import { withBearer } from '../with-bearer.ts'
import { createFakeIssuer, type FakeIssuer, type FakeIssuerOptions } from './fake-issuer.ts'

function createClient(options?: FakeIssuerOptions) {
  const clock = createHandClock()
  const issuer = createFakeIssuer({ now: clock.wallNow, ...options })
  const tokens = createTokenProvider({ ...credentialsOf(issuer), issuer: issuer.issuer, fetch: issuer.fetch, clock, random: () => 0 })
  return { issuer, tokens, clock }
}

function credentialsOf({ clientId, clientSecret }: FakeIssuer) {
  return { clientId, clientSecret }
}

test('a fake issuer numbers its tokens, says which are valid, and records requests without secrets', async () => {
  const { issuer, tokens, clock } = createClient()
  assert.equal(await tokens.getToken(), 'token-1')
  assert.equal(await tokens.getToken({ scope: 'orders:read' }), 'token-2')
  assert.deepEqual([issuer.issued, issuer.isValid('token-1'), issuer.isValid('token-3')], [2, true, false])
  const [first, second] = issuer.requests
  assert.deepEqual(first, {
    clientId: 'test-client',
    authentication: 'basic',
    grantType: 'client_credentials',
    scope: undefined,
    resource: undefined,
    status: 200,
    token: 'token-1',
  })
  assert.equal(second?.scope, 'orders:read')
  await clock.advance(300)
  assert.equal(issuer.isValid('token-1'), false)
})

test('failNext fails so many token requests, with the Retry-After that was asked for', async () => {
  const { issuer, tokens, clock } = createClient()
  issuer.failNext(503, { retryAfter: 2 })
  await assert.rejects(tokens.getToken(), { code: 'temporarily_unavailable', retryAfterSeconds: 2 })
  await clock.advance(2)
  assert.equal(await tokens.getToken(), 'token-1')
  assert.deepEqual(
    issuer.requests.map(({ status, token }) => [status, token]),
    [
      [503, undefined],
      [200, 'token-1'],
    ],
  )
})

test('answerNext, resetNext and delayNext are what a client must survive', async () => {
  const { issuer, tokens, clock } = createClient()
  issuer.answerNext('<html>', 'text/html')
  await assert.rejects(tokens.getToken(), { code: 'invalid_response' })
  issuer.resetNext(2)
  await clock.advance(60)
  const reset = assert.rejects(tokens.getToken(), { code: 'network', message: /ECONNRESET/ })
  await clock.advance(1)
  await reset
  issuer.delayNext(Infinity)
  await clock.advance(60)
  const timedOut = assert.rejects(tokens.getToken(), { code: 'timeout' })
  await clock.advance(10)
  await timedOut
})

test('rotateSecret replaces the secret, with an overlap if asked', async () => {
  const { issuer, tokens, clock } = createClient({ keepSecrets: true })
  await tokens.getToken()
  const secret = issuer.rotateSecret({ overlap: true })
  await clock.advance(300)
  assert.equal(await tokens.getToken(), 'token-2')
  issuer.rotateSecret()
  await clock.advance(300)
  await assert.rejects(tokens.getToken(), { code: 'invalid_client' })
  assert.deepEqual([secret, issuer.clientSecret], ['secret-2', 'secret-3'])
  tokens.updateSecret(issuer.clientSecret)
  await clock.advance(1)
  assert.equal(await tokens.getToken(), 'token-3')
  assert.deepEqual(
    issuer.requests.map(({ clientSecret }) => clientSecret),
    ['secret-1', 'secret-1', 'secret-1', 'secret-3'],
  )
})

for (const command of ['newKey', 'expireNow'] as const)
  test(`after ${command} an API rejects the tokens so far, and a client renews once`, async () => {
    const { issuer, tokens, clock } = createClient()
    const api = issuer.protect((request) => Response.json({ sent: request.headers.get('authorization') }))
    const callApi = withBearer(api, tokens, { origins: ['https://api.test'] })
    await callApi('https://api.test/orders')
    await clock.advance(5)
    issuer[command]()
    assert.deepEqual(await (await callApi('https://api.test/orders')).json(), { sent: 'Bearer token-2' })
    assert.equal((await api('https://api.test/orders')).status, 401)
  })

test('listen serves the same issuer on loopback, for programs in another process', async () => {
  const issuer = createFakeIssuer()
  const server = await issuer.listen()
  try {
    const tokens = createTokenProvider({ ...credentialsOf(issuer), issuer: server.issuer })
    issuer.resetNext()
    assert.equal(await tokens.getToken(), 'token-1')
    assert.equal((await fetch(`${server.issuer}/elsewhere`)).status, 404)
    assert.deepEqual(
      issuer.requests.map(({ status }) => status),
      [0, 200],
    )
  } finally {
    await server.close()
  }
})

test('a fake issuer accepts no other client, secret or grant, and no other host in memory', async () => {
  const { issuer } = createClient()
  const post = async (form: Record<string, string>) =>
    (await issuer.fetch(issuer.tokenUrl, { method: 'POST', body: new URLSearchParams(form) })).json()
  const known = { client_id: 'test-client', client_secret: 'secret-1', grant_type: 'client_credentials' }
  assert.deepEqual(await post({ ...known, client_secret: 'other' }), { error: 'invalid_client' })
  assert.deepEqual(await post({ ...known, client_id: 'other' }), { error: 'invalid_client' })
  assert.deepEqual(await post({ ...known, grant_type: 'password' }), { error: 'unsupported_grant_type' })
  await assert.rejects(issuer.fetch('https://elsewhere.test/token'), /fetch failed/)
  assert.throws(() => createFakeIssuer({ secret: 'x' } as FakeIssuerOptions), { name: 'TypeError', message: /unknown option "secret"/ })
})

const misuses: [what: string, misuse: (issuer: FakeIssuer) => unknown, message: RegExp][] = [
  [
    'a status as text',
    (issuer) => issuer.failNext('503' as never),
    /failNext: "status" must be a whole number from 300 to 599.*; found string/,
  ],
  ['a success as a failure', (issuer) => issuer.failNext(204), /found 204/],
  ['endless failures', (issuer) => issuer.failNext(503, { times: Infinity }), /failNext: "times" must be .*; found Infinity/],
  ['no failure at all', (issuer) => issuer.failNext(503, { times: 0 }), /"times" must be/],
  ['half a reset', (issuer) => issuer.resetNext(0.5), /resetNext: "times" must be/],
  ['a delay of no length', (issuer) => issuer.delayNext(Number.NaN), /delayNext: "delayMs" must be .*; found NaN/],
  ['an object in place of a text', (issuer) => issuer.answerNext({ a: 1 } as never), /answerNext: "body" must be a string; found object/],
  ['a type with a line end', (issuer) => issuer.answerNext('', 'text/html\r\nx: y'), /answerNext: "contentType" must be/],
  ['a misspelt overlap', (issuer) => issuer.rotateSecret({ overlapp: true } as never), /rotateSecret: unknown option "overlapp"/],
  ['an issuer with a slash at its end', () => createFakeIssuer({ issuer: 'https://issuer.test/' }), /"issuer" must be .* without a slash/],
  ['a number as a secret', () => createFakeIssuer({ clientSecret: 5 as never }), /"clientSecret" must be a non-empty string; found number/],
  ['a lifetime that JSON lacks', () => createFakeIssuer({ expiresIn: 5n }), /"expiresIn" must be a value that JSON has/],
  ['a moment in place of a clock', () => createFakeIssuer({ now: 5 as never }), /"now" must be a function/],
]
for (const [what, misuse, message] of misuses)
  test(`a fake issuer refuses ${what} at once, and answers as before`, async () => {
    const { issuer, tokens } = createClient()
    assert.throws(() => misuse(issuer), { name: 'TypeError', message })
    assert.equal(await tokens.getToken(), 'token-1')
  })

test('a fake issuer does not listen on what is no port, and a taken port is an error', async () => {
  const { issuer } = createClient()
  await assert.rejects(issuer.listen(70_000), { name: 'TypeError', message: /listen: "port" must be .*; found 70000/ })
  const first = await issuer.listen()
  await assert.rejects(issuer.listen(Number(new URL(first.issuer).port)), { code: 'EADDRINUSE' })
  await first.close()
  await first.close()
})

test('several fake issuers listen at once, each with a client of its own', async () => {
  const issuers = ['a', 'b', 'c'].map((clientId) => createFakeIssuer({ clientId }))
  const listening = await Promise.all(issuers.map((issuer) => issuer.listen()))
  const tokens = issuers.map(({ clientId, clientSecret }, index) =>
    createTokenProvider({ issuer: listening[index]?.issuer ?? '', clientId, clientSecret }),
  )
  assert.deepEqual(await Promise.all(tokens.map((one) => one.getToken())), ['token-1', 'token-1', 'token-1'])
  assert.deepEqual(
    issuers.map(({ requests }) => requests.map(({ clientId }) => clientId)),
    [['a'], ['b'], ['c']],
  )
  await Promise.all(listening.map((one) => one.close()))
})
