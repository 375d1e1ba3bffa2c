// RFC 6750: how the sample APIs accept Bearer tokens, and their challenges for rejected tokens. invalid_request is answered
// with 401 (400 only for several tokens), because seed 000 (docs/systems.md) lists it there; RFC 6750 section 3.1 only recommends 400.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import {
  alterSignature,
  basic,
  bearer,
  callApi,
  clientOf,
  readBearerError,
  readChallenge,
  sendRaw,
  systemNames,
  systemOf,
  tokenOf,
  type SystemName,
} from './target.fixture.ts'

/** A route of each sample API that accepts the token of the client acme. */
const routes = {
  novatrade24: { method: 'GET', path: '/v1/me' },
  'partner-api': { method: 'POST', path: '/natural-persons' },
  ptv: { method: 'GET', path: '/routes' },
  nxtsoft: { method: 'POST', path: '/transactions/mock' },
}

function call(name: SystemName, headers: Record<string, string> = {}): Promise<Response> {
  const { method, path } = routes[name]
  return callApi(name, path, { method, headers })
}

let token: string
before(async () => {
  token = await tokenOf('novatrade24')
})

for (const name of systemNames) {
  test(`RFC 6750 §2.1: ${name} accepts a token in the Authorization header`, async () => {
    assert.ok((await call(name, bearer(await tokenOf(name)))).ok)
  })

  test(`RFC 6750 §3.1: ${name} answers a request without credentials with a challenge that has its realm and no error`, async () => {
    const response = await call(name)
    assert.equal(response.status, 401)
    const challenge = readChallenge(response)
    assert.equal(challenge?.scheme, 'Bearer')
    assert.deepEqual(
      challenge?.parameters.map(([name]) => name),
      ['realm'],
    )
  })

  test(`RFC 6750 §3.1: ${name} answers an altered token with invalid_token`, async () => {
    const response = await call(name, bearer(alterSignature(await tokenOf(name))))
    assert.equal(response.status, 401)
    assert.deepEqual(readBearerError(response), { error: 'invalid_token' })
  })
}

test('RFC 6750 §2.1: the scheme is case-insensitive (RFC 9110 §11.1)', async () => {
  for (const scheme of ['bearer', 'BEARER']) {
    assert.equal((await call('novatrade24', { authorization: `${scheme} ${token}` })).status, 200)
  }
})

test('RFC 6750 §2.2: a token in a form is ignored', async () => {
  const body = new URLSearchParams({ access_token: await tokenOf('ptv') })
  const response = await fetch(`${systemOf('ptv').apiUrl}/routes/plan`, { method: 'POST', body })
  assert.equal(response.status, 401)
  assert.deepEqual(readBearerError(response), {})
})

test('RFC 6750 §2.3: a token in the URL is ignored', async () => {
  const response = await callApi('novatrade24', `/v1/me?access_token=${token}`)
  assert.equal(response.status, 401)
  assert.deepEqual(readBearerError(response), {})
})

const malformed: Record<string, (token: string) => string> = {
  'without a token': () => 'Bearer',
  'with two spaces': (token) => `Bearer  ${token}`,
  'with a tab instead of the space': (token) => `Bearer\t${token}`,
  'with a quoted token': (token) => `Bearer "${token}"`,
  'with two tokens': (token) => `Bearer ${token} ${token}`,
  'with a character that tokens must not contain': (token) => `Bearer ${token}!`,
  'with padding inside the token': (token) => `Bearer =${token}`,
  'of another scheme': (token) => `Token ${token}`,
  'without a scheme': (token) => token,
  'of the Basic scheme': () => basic(clientOf('novatrade24')),
}
for (const [what, authorizationOf] of Object.entries(malformed)) {
  test(`RFC 6750 §3.1: an Authorization header ${what} is an invalid_request`, async () => {
    const response = await call('novatrade24', { authorization: authorizationOf(token) })
    assert.equal(response.status, 401)
    assert.deepEqual(readBearerError(response), { error: 'invalid_request' })
  })
}

const several: Record<string, (line: string) => [query: string, lines: string[]]> = {
  'two Authorization headers': (line) => ['', [line, line]],
  'two Authorization headers, one of them of another scheme,': (line) => ['', [line, 'Authorization: Basic YTpi']],
  'a list in the Authorization header': (line) => ['', [`${line}, Bearer ${token}`]],
  'a header and the query': (line) => [`?access_token=${token}`, [line]],
}
for (const [where, request] of Object.entries(several)) {
  test(`fault 3.5: RFC 6750 §2: tokens in ${where} are an invalid_request with 400, even if each is valid`, async () => {
    const [query, lines] = request(`Authorization: Bearer ${token}`)
    const response = await sendRaw('GET', `${systemOf('novatrade24').apiUrl}/v1/me${query}`, lines)
    assert.equal(response.status, 400)
    assert.deepEqual(readBearerError(response), { error: 'invalid_request' })
  })
}

test('RFC 6750 §3.1: a token without the scope of the route is answered with 403 insufficient_scope and the required scope', async () => {
  const response = await call('nxtsoft', bearer(await tokenOf('nxtsoft', 'guard')))
  assert.equal(response.status, 403)
  assert.deepEqual(readBearerError(response), { error: 'insufficient_scope', scope: 'transactions/post' })
})

test('RFC 6750 §3.1: a 403 that a different token or scope would not resolve has no challenge', async () => {
  const response = await callApi('novatrade24', `/v1/partners/${crypto.randomUUID()}/orders`, { headers: bearer(token) })
  assert.equal(response.status, 403)
  assert.equal(readChallenge(response), undefined)
})

const challenged: Record<string, () => Promise<Response>> = {
  invalid_request: () => call('novatrade24', { authorization: 'Bearer' }),
  invalid_token: () => call('novatrade24', bearer(alterSignature(token))),
  insufficient_scope: async () => call('nxtsoft', bearer(await tokenOf('nxtsoft', 'guard'))),
}
for (const [error, request] of Object.entries(challenged)) {
  test(`RFC 6750 §3: the challenge of ${error} has each attribute once, in the permitted characters`, async () => {
    const { parameters = [] } = readChallenge(await request()) ?? {}
    const attributes = Object.fromEntries(parameters)
    assert.equal(Object.keys(attributes).length, parameters.length)
    assert.match(attributes['error_description'] ?? '', /^[\x20-\x21\x23-\x5B\x5D-\x7E]+$/)
    assert.match(attributes['error_uri'] ?? '', /^[\x21\x23-\x5B\x5D-\x7E]+$/)
    if ('scope' in attributes) assert.match(attributes['scope'] ?? '', /^[\x21\x23-\x5B\x5D-\x7E]+(?: [\x21\x23-\x5B\x5D-\x7E]+)*$/)
  })

  test(`RFC 6750 §3: the error_uri of ${error} is an HTML page`, async () => {
    const page = readChallenge(await request())?.parameters.find(([name]) => name === 'error_uri')?.[1]
    const response = await fetch(String(page), { headers: { accept: 'text/html' } })
    assert.equal(response.status, 200)
    assert.match(await response.text(), /<h1>/)
  })
}
