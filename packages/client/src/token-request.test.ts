import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import * as fc from 'fast-check'
import { maxResponseBytes } from './json-request.ts'
import { createTestClient, oauthError, tokenUrl } from './token-endpoint.fixture.ts'
import { TokenRequestError } from './token-request-error.ts'

async function failureOf(answer: () => Response | Promise<Response>): Promise<TokenRequestError> {
  const { tokens, endpoint } = createTestClient()
  endpoint.answer = answer
  return tokens.getToken().then(
    () => assert.fail('a token was obtained'),
    (error: unknown) => (error instanceof TokenRequestError ? error : assert.fail(`not a TokenRequestError: ${inspect(error)}`)),
  )
}

test('the client authenticates by a Basic header, form-encoded, and the secret is not in the form', async () => {
  const { tokens, endpoint } = createTestClient({ clientSecret: 'pä:ss+wörd %', scope: 'b a', resource: 'https://api.example.com' })
  await tokens.getToken()
  const [request] = endpoint.requests
  assert.equal(request?.init.method, 'POST')
  assert.equal(new Headers(request?.init.headers).get('content-type'), 'application/x-www-form-urlencoded')
  assert.equal(request?.secret, 'pä:ss+wörd %')
  assert.equal(request?.form.toString(), 'grant_type=client_credentials&scope=a+b&resource=https%3A%2F%2Fapi.example.com')
})

test('with "body" the credentials are in the form and there is no Authorization header', async () => {
  const { tokens, endpoint } = createTestClient({ clientAuthentication: 'body' })
  await tokens.getToken()
  const [request] = endpoint.requests
  assert.equal(request?.form.toString(), 'grant_type=client_credentials&client_id=api-client-acme&client_secret=s3cret')
  assert.equal(new Headers(request?.init.headers).has('authorization'), false)
})

test('an error says what happened, the words of the server, the next step, and the page with more', async () => {
  const error = await failureOf(() => oauthError(401, 'invalid_client'))
  assert.equal(
    error.message,
    `"${tokenUrl}" rejected the token request: invalid_client (HTTP 401). The server says: "About invalid_client.". ` +
      'Check the client id, the secret and the token URL, and that the client is enabled; after a rotation pass the new secret to updateSecret(). ' +
      'See https://auth.example.com/problems/invalid_client',
  )
  const { code, status, description, errorUri } = error
  assert.deepEqual(
    { code, status, description, errorUri },
    {
      code: 'invalid_client',
      status: 401,
      description: 'About invalid_client.',
      errorUri: 'https://auth.example.com/problems/invalid_client',
    },
  )
})

const refusals: [what: string, answer: () => Response, code: string][] = [
  ['a 401 that is not JSON', () => new Response('<h1>Unauthorized</h1>', { status: 401 }), 'invalid_client'],
  ['a 429 of a proxy', () => new Response('slow down', { status: 429 }), 'too_many_requests'],
  ['a 503 of a proxy', () => new Response(null, { status: 503 }), 'temporarily_unavailable'],
  ['a 500 with an empty object', () => Response.json({}, { status: 500 }), 'server_error'],
  ['a 404', () => new Response('Not Found', { status: 404 }), 'invalid_response'],
  ['an "error" that is not an error code', () => Response.json({ error: 'oh dear\r\n' }, { status: 400 }), 'invalid_response'],
  ['an error of an extension', () => Response.json({ error: 'use_dpop_nonce' }, { status: 400 }), 'use_dpop_nonce'],
  ['abuse 251: a captive page of 200', () => new Response('<html>Please log in</html>'), 'invalid_response'],
  ['abuse 252: wrong JSON', () => new Response('{"access_token":'), 'invalid_response'],
  ['abuse 252: an empty body', () => new Response(null), 'invalid_response'],
  ['abuse 252: a token that is not a string', () => Response.json({ access_token: 1, token_type: 'Bearer' }), 'invalid_response'],
  ['abuse 252: another token type', () => Response.json({ access_token: 'a', token_type: 'mac' }), 'invalid_response'],
]
for (const [what, answer, code] of refusals) test(`${what} is ${code}`, async () => assert.equal((await failureOf(answer)).code, code))

for (const status of [301, 302, 303, 307, 308])
  test(`abuse 251: a ${status} from the token endpoint is rejected and not followed`, async () => {
    const { tokens, endpoint } = createTestClient()
    endpoint.answer = () => new Response(null, { status, headers: { location: 'https://evil.example/' } })
    await assert.rejects(tokens.getToken(), { code: 'redirect', status })
    assert.deepEqual(
      endpoint.requests.map(({ url, init }) => [url, init.redirect]),
      [[tokenUrl, 'manual']],
    )
  })

test('abuse 251: a redirect that the runtime hides is rejected as well', async () => {
  const hidden = Object.defineProperty(new Response(null), 'type', { value: 'opaqueredirect' })
  assert.equal((await failureOf(() => hidden)).code, 'redirect')
  const followed = Object.defineProperty(Response.json({ access_token: 'a', token_type: 'Bearer' }), 'redirected', { value: true })
  assert.equal((await failureOf(() => followed)).code, 'redirect')
})

test('abuse 251: a TLS error has its code, and nothing else of the error of fetch', async () => {
  const error = await failureOf(() => {
    throw Object.assign(new TypeError('fetch failed: s3cret'), { cause: Object.assign(new Error('s3cret'), { code: 'CERT_HAS_EXPIRED' }) })
  })
  assert.equal(error.code, 'network')
  assert.match(error.message, /could not be reached \(CERT_HAS_EXPIRED\)\. Check host, port, proxy and TLS certificate;/)
  assert.doesNotMatch(inspect(error, { depth: null, showHidden: true }), /s3cret/)
})

/** As Node's fetch reports it. */
const failedFetch = (code: string) => new TypeError('fetch failed', { cause: Object.assign(new Error('gone'), { code }) })

for (const code of ['ECONNRESET', 'UND_ERR_SOCKET', 'EPIPE', 'ECONNREFUSED'])
  test(`abuse 221: after ${code} the token request is retried once, because another server may answer`, async () => {
    const { tokens, endpoint, clock } = createTestClient()
    endpoint.answer = () => (endpoint.requests.length === 1 ? Promise.reject(failedFetch(code)) : endpoint.issue())
    const token = tokens.getToken()
    await clock.advance(0.1)
    assert.equal(await token, 'token-1')
    assert.equal(endpoint.requests.length, 2)
  })

test('abuse 221: a response whose connection breaks in the middle is retried once as well', async () => {
  const { tokens, endpoint, clock } = createTestClient()
  const broken = new ReadableStream({ start: (controller) => controller.error(failedFetch('UND_ERR_SOCKET')) })
  endpoint.answer = () => (endpoint.requests.length === 1 ? new Response(broken) : endpoint.issue())
  const token = tokens.getToken()
  await clock.advance(0.1)
  assert.equal(await token, 'token-1')
})

test('abuse 221: a connection that breaks twice is an ordinary failure, so an outage causes no storm of requests', async () => {
  const { tokens, endpoint, clock } = createTestClient()
  endpoint.answer = () => Promise.reject(failedFetch('ECONNRESET'))
  const refused = assert.rejects(Promise.all([tokens.getToken(), tokens.getToken()]), { code: 'network', message: /ECONNRESET/ })
  await clock.advance(0.1)
  await refused
  await assert.rejects(tokens.getToken(), { code: 'gated' })
  assert.equal(endpoint.requests.length, 2)
})

for (const code of ['CERT_HAS_EXPIRED', 'ENOTFOUND'])
  test(`after ${code} a retry would not help, so there is no second request`, async () => {
    const { tokens, endpoint } = createTestClient()
    endpoint.answer = () => Promise.reject(failedFetch(code))
    await assert.rejects(tokens.getToken(), { code: 'network' })
    assert.equal(endpoint.requests.length, 1)
  })

test('abuse 252: a response is read up to 64 kB and no further', async () => {
  let pulled = 0
  let cancelled = false
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array((pulled += 1) && 8192).fill(32)),
    cancel: () => void (cancelled = true),
  })
  const error = await failureOf(() => new Response(endless))
  assert.equal(error.code, 'response_too_large')
  assert.equal(cancelled, true)
  assert.ok(pulled * 8192 <= maxResponseBytes + 4 * 8192, `${pulled} chunks were pulled`)
})

for (const [what, body] of [
  ['never begins', undefined],
  ['drips', () => new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode('{')) })],
] as const)
  test(`abuse 252: a response that ${what} is aborted after ten seconds in all`, async () => {
    const { tokens, endpoint, clock } = createTestClient()
    endpoint.answer = () => (body === undefined ? new Promise<Response>(() => {}) : new Response(body()))
    const refused = assert.rejects(tokens.getToken(), { code: 'timeout' })
    await clock.advance(9.9)
    assert.equal(endpoint.requests[0]?.init.signal?.aborted, false)
    await clock.advance(0.1)
    await refused
    assert.equal(endpoint.requests[0]?.init.signal?.aborted, true)
  })

test('no timer outlives its request', async () => {
  const { tokens, endpoint, clock } = createTestClient()
  await tokens.getToken()
  endpoint.answer = () => oauthError(500, 'server_error')
  await clock.advance(300)
  await assert.rejects(tokens.getToken())
  assert.equal(clock.pendingTimers(), 0)
})

test('the error has the request id, by which the operator finds the reason', async () => {
  const error = await failureOf(() => oauthError(401, 'invalid_client', { 'x-request-id': '0b9c1f5e' }))
  assert.equal(error.requestId, '0b9c1f5e')
  assert.match(error.message, /\(Request 0b9c1f5e\)$/)
  for (const id of ['s3cret', 'a b', 'x'.repeat(65)])
    assert.equal((await failureOf(() => oauthError(401, 'invalid_client', { 'x-request-id': id }))).requestId, undefined)
})

test('a secret that the server echoes does not appear in the error', async () => {
  const error = await failureOf(() =>
    Response.json({ error: 's3cret', error_description: 'No client with s3cret', error_uri: 'https://a/?s3cret' }, { status: 400 }),
  )
  assert.equal(error.code, 'invalid_response')
  assert.equal(error.description, undefined)
  assert.doesNotMatch(inspect(error, { depth: null, showHidden: true }) + JSON.stringify(error), /s3cret/)
})

test('a header or a form that the server echoes does not appear in the error either', async () => {
  for (const echo of [btoa('api-client-acme:s3cret'), 'client_secret=s3cret']) {
    const error = await failureOf(() => Response.json({ error: 'invalid_client', error_description: `Got ${echo}` }, { status: 401 }))
    assert.deepEqual([error.code, error.description], ['invalid_client', undefined])
  }
})

test('for any response, getToken returns a token or throws a TokenRequestError on one line', async () => {
  const status = fc.constantFrom(200, 201, 204, 400, 401, 403, 418, 429, 500, 503)
  const member = fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue())
  const body = fc.oneof(
    fc.string(),
    fc
      .record({ access_token: member, token_type: member, error: member, error_description: member })
      .map((record) => JSON.stringify(record)),
  )
  await fc.assert(
    fc.asyncProperty(status, body, async (status, body) => {
      const { tokens, endpoint } = createTestClient()
      endpoint.answer = () => new Response(status === 204 ? null : body, { status })
      const outcome = await tokens.getToken().catch((error: unknown) => error)
      if (typeof outcome === 'string') return
      assert.ok(outcome instanceof TokenRequestError)
      assert.doesNotMatch(outcome.message, /[\r\n]/)
    }),
  )
})

test('abuse 252: a refusal with the status 200 is the refusal that it names, and not a damaged token', async () => {
  const error = await failureOf(() => Response.json({ error: 'invalid_client', error_description: 'Unknown client' }))
  assert.deepEqual([error.code, error.status, error.description], ['invalid_client', 200, 'Unknown client'])
})

test('a token URL is in errors without its query, which may be the key of an API gateway', async () => {
  const { tokens, endpoint } = createTestClient({ tokenUrl: `${tokenUrl}?subscription-key=k-7` })
  const answers = [
    () => oauthError(500, 'server_error'),
    () => Response.json({}),
    () => Response.redirect('https://auth.example.com/'),
    () => new Response('x'.repeat(maxResponseBytes + 1)),
    () => Promise.reject(new Error('k-7')),
    () => ({}) as Response,
  ]
  for (const answer of answers) {
    const further = createTestClient({ tokenUrl: `${tokenUrl}?subscription-key=k-7` })
    further.endpoint.answer = answer
    const error: unknown = await further.tokens.getToken().catch((thrown: unknown) => thrown)
    assert.ok(error instanceof TokenRequestError && error.message.includes(tokenUrl))
    assert.ok(!inspect(error, { depth: 9 }).includes('k-7'), inspect(error))
  }
  await tokens.getToken()
  assert.equal(endpoint.requests[0]?.url, `${tokenUrl}?subscription-key=k-7`)
})

test('a description that repeats the secret percent-encoded is left out', async () => {
  const { tokens, endpoint } = createTestClient({ clientSecret: 'a b!c(7)' })
  const description = `See /help?secret=${encodeURIComponent('a b!c(7)')}`
  endpoint.answer = () => Response.json({ error: 'invalid_client', error_description: description }, { status: 401 })
  await assert.rejects(tokens.getToken(), { code: 'invalid_client', description: undefined })
})
