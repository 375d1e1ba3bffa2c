// RFC 6749 §4.4.3, §5.1 and §5.2: the responses of a token endpoint.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  basic,
  clientOf,
  decodeToken,
  mediaTypeOf,
  postForm,
  readChallenge,
  readJson,
  requestToken,
  systemNames,
  systemOf,
  target,
} from './target.fixture.ts'

function assertUncached({ headers }: Response): void {
  assert.equal(headers.get('cache-control'), 'no-store')
  assert.equal(headers.get('pragma'), 'no-cache')
}

for (const name of systemNames) {
  test(`RFC 6749 §4.4.3: ${name} issues no refresh token`, async () => {
    assert.ok(!('refresh_token' in (await readJson(await requestToken(name)))))
  })

  test(`RFC 6749 §5.1: ${name} returns a Bearer token and its lifetime in whole seconds`, async () => {
    const { access_token: token, token_type: type, expires_in: lifetime } = await readJson(await requestToken(name))
    assert.match(String(token), /^[A-Za-z0-9\-._~+/]+=*$/)
    assert.equal(String(type).toLowerCase(), 'bearer')
    const { exp, iat } = decodeToken(String(token)).claims
    assert.equal(lifetime, Number(exp) - Number(iat))
  })

  test(`RFC 6749 §5.1: ${name} returns JSON with Cache-Control: no-store`, async () => {
    const response = await requestToken(name)
    assert.equal(mediaTypeOf(response), 'application/json')
    assertUncached(response)
  })
}

/** Response members of each system beyond the three common ones. The empty scope is as in ptv's documentation. */
const furtherMembers = {
  novatrade24: { refresh_expires_in: 0, 'not-before-policy': 0, scope: 'profile email' },
  'partner-api': { scope: 'commands' },
  ptv: { refresh_expires_in: 0, 'not-before-policy': 0, scope: '' },
  nxtsoft: {},
}
for (const name of systemNames) {
  test(`RFC 6749 §5.1: the additional members of ${name} are those of its documentation`, async () => {
    const { access_token: _token, token_type: _type, expires_in: _lifetime, ...rest } = await readJson(await requestToken(name))
    assert.deepEqual(rest, furtherMembers[name])
  })
}

const { tokenUrl } = systemOf('partner-api')
const acme = clientOf('partner-api')
const acmeHeader = { authorization: basic(acme) }
const grant = { grant_type: 'client_credentials' }

interface Denial {
  readonly status: number
  readonly error: string
  request(): Promise<Response>
}

const denials: Record<string, Denial> = {
  'a request without grant_type': { status: 400, error: 'invalid_request', request: () => postForm(tokenUrl, {}, acmeHeader) },
  'a repeated parameter': {
    status: 400,
    error: 'invalid_request',
    request: () => postForm(tokenUrl, [...Object.entries(grant), ...Object.entries(grant)], acmeHeader),
  },
  'a form with a broken escape': {
    status: 400,
    error: 'invalid_request',
    request: () => postForm(tokenUrl, 'grant_type=%0d%0aSet-Cookie%3a%', acmeHeader),
  },
  'two ways to authenticate': {
    status: 400,
    error: 'invalid_request',
    request: () => postForm(tokenUrl, { ...grant, client_id: acme.clientId, client_secret: acme.clientSecret }, acmeHeader),
  },
  'a body that is not a form': {
    status: 400,
    error: 'invalid_request',
    request: () => postForm(tokenUrl, '{}', { ...acmeHeader, 'content-type': 'application/json' }),
  },
  'no credentials': { status: 401, error: 'invalid_client', request: () => postForm(tokenUrl, grant) },
  'credentials of another scheme': {
    status: 401,
    error: 'invalid_client',
    request: () => postForm(tokenUrl, grant, { authorization: 'Bearer abc' }),
  },
  'a Basic header that is not base64': {
    status: 401,
    error: 'invalid_client',
    request: () => postForm(tokenUrl, grant, { authorization: 'Basic %%%' }),
  },
  'an unknown client': {
    status: 401,
    error: 'invalid_client',
    request: () => postForm(tokenUrl, grant, { authorization: basic({ ...acme, clientId: 'nobody' }) }),
  },
  'a wrong secret': {
    status: 401,
    error: 'invalid_client',
    request: () => postForm(tokenUrl, grant, { authorization: basic({ ...acme, clientSecret: 'wrong "\\\u007f' }) }),
  },
  'the secret of another client': {
    status: 401,
    error: 'invalid_client',
    request: () => postForm(tokenUrl, grant, { authorization: basic({ ...acme, clientSecret: clientOf('nxtsoft').clientSecret }) }),
  },
  'a disabled client': {
    status: 401,
    error: 'invalid_client',
    request: () => requestToken('novatrade24', {}, { authorization: basic(clientOf('novatrade24', 'echo')) }),
  },
  'a client whose service account is off': {
    status: 401,
    error: 'invalid_client',
    request: () => requestToken('novatrade24', {}, { authorization: basic(clientOf('novatrade24', 'foxtrot')) }),
  },
  'another grant type': {
    status: 400,
    error: 'unsupported_grant_type',
    request: () => postForm(tokenUrl, { grant_type: 'password' }, acmeHeader),
  },
  // Seed 000 specifies invalid_grant for the next two cases.
  'another grant type at novatrade24': {
    status: 400,
    error: 'invalid_grant',
    request: () => requestToken('novatrade24', { grant_type: 'password' }),
  },
  'a user name at novatrade24': { status: 400, error: 'invalid_grant', request: () => requestToken('novatrade24', { username: 'ada' }) },
  'a scope with invalid characters': {
    status: 400,
    error: 'invalid_scope',
    request: () => requestToken('novatrade24', { scope: 'a"b\\c\u007fé' }),
  },
  'an unknown resource': {
    status: 400,
    error: 'invalid_target',
    request: () => requestToken('partner-api', { resource: 'https://elsewhere.example' }),
  },
  'another method': { status: 405, error: 'invalid_request', request: () => fetch(tokenUrl) },
  'a compressed body': {
    status: 415,
    error: 'invalid_request',
    request: () => postForm(tokenUrl, grant, { ...acmeHeader, 'content-encoding': 'gzip' }),
  },
  'a realm that does not exist': {
    status: 404,
    error: 'invalid_request',
    request: () => postForm(`${target.serverUrl}/realms/nowhere/protocol/openid-connect/token`, grant, acmeHeader),
  },
}

for (const [what, { status, error, request }] of Object.entries(denials)) {
  test(`RFC 6749 §5.2: ${what} is answered with ${status} ${error}`, async () => {
    const response = await request()
    assert.equal(response.status, status)
    assert.equal((await readJson(response))['error'], error)
  })

  test(`RFC 6749 §5.2: the response to ${what} is JSON with Cache-Control: no-store`, async () => {
    const response = await request()
    assert.equal(mediaTypeOf(response), 'application/json')
    assertUncached(response)
  })

  test(`RFC 6749 §5.2: the response to ${what} contains only the permitted characters`, async () => {
    const { error, error_description: description, error_uri: page } = await readJson(await request())
    assert.match(String(error), /^[\x20-\x21\x23-\x5B\x5D-\x7E]+$/)
    assert.match(String(description), /^[\x20-\x21\x23-\x5B\x5D-\x7E]+$/)
    assert.match(String(page), /^[\x21\x23-\x5B\x5D-\x7E]+$/)
  })

  test(`RFC 6749 §5.2: the response to ${what} links to a page that explains it`, async () => {
    const { error, error_uri: page } = await readJson(await request())
    const response = await fetch(String(page), { headers: { accept: 'text/html' } })
    assert.equal(response.status, 200)
    assert.equal(mediaTypeOf(response), 'text/html')
    assert.ok((await response.text()).includes(String(error)))
  })
}

for (const [what, { status, request }] of Object.entries(denials)) {
  if (status !== 401) continue
  test(`RFC 6749 §5.2: the response to ${what} has a challenge for the Basic scheme`, async () => {
    assert.equal(readChallenge(await request())?.scheme, 'Basic')
  })
}

test('RFC 6749 §5.2: the response does not reveal why the client authentication failed', async () => {
  const failures = Object.values(denials).filter(({ error }) => error === 'invalid_client')
  const answers = await Promise.all(failures.map(async ({ request }) => (await request()).text()))
  assert.equal(new Set(answers).size, 1)
})
