// RFC 6749 §2.3 to §4.4: the form of a token request. Most tests use partner-api, whose realm has no deviations from the RFC.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { basic, clientOf, decodeToken, postForm, readJson, requestToken, systemNames, systemOf } from './target.fixture.ts'

const { tokenUrl } = systemOf('partner-api')
const { clientId, clientSecret } = clientOf('partner-api')
const grant = { grant_type: 'client_credentials' }
const inBody = { ...grant, client_id: clientId, client_secret: clientSecret }
const inHeader = { authorization: basic({ clientId, clientSecret }) }

async function assertIssued(response: Response): Promise<void> {
  assert.equal(response.status, 200, await response.clone().text())
  const { access_token: token } = await readJson(response)
  assert.equal(decodeToken(String(token)).claims['client_id'], clientId)
}

async function assertError(response: Response, status: number, error: string): Promise<void> {
  assert.equal(response.status, status)
  assert.equal((await readJson(response))['error'], error)
}

test('RFC 6749 §2.3: a client that authenticates in two ways at once is rejected', async () => {
  await assertError(await postForm(tokenUrl, inBody, inHeader), 400, 'invalid_request')
})

test('RFC 6749 §2.3.1: a client authenticates with the Basic scheme', async () => {
  await assertIssued(await postForm(tokenUrl, grant, inHeader))
})

test('RFC 6749 §2.3.1: id and secret in the Basic header are form-encoded', async () => {
  const escapeAll = (text: string) => text.replace(/./g, (character) => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
  const escaped = { clientId: escapeAll(clientId), clientSecret: escapeAll(clientSecret) }
  await assertIssued(await postForm(tokenUrl, grant, { authorization: basic(escaped) }))
})

test('RFC 6749 §2.3.1: a client authenticates with client_id and client_secret in the body', async () => {
  await assertIssued(await postForm(tokenUrl, inBody))
})

test('RFC 6749 §2.3.1: credentials in the URL are rejected', async () => {
  const query = new URLSearchParams({ client_id: clientId, client_secret: clientSecret })
  await assertError(await postForm(`${tokenUrl}?${query}`, grant), 400, 'invalid_request')
})

for (const name of systemNames) {
  test(`RFC 6749 §2.3.1: ${name} accepts the credentials in the header or in the body`, async () => {
    const client = clientOf(name)
    const form = { ...grant, client_id: client.clientId, client_secret: client.clientSecret }
    const { tokenUrl } = systemOf(name)
    const responses = [await postForm(tokenUrl, grant, { authorization: basic(client) }), await postForm(tokenUrl, form)]
    assert.deepEqual(
      responses.map(({ status }) => status),
      [200, 200],
    )
  })

  test(`RFC 6749 §3.2: the token URL of ${name} has no fragment`, () => {
    assert.equal(new URL(systemOf(name).tokenUrl).hash, '')
  })
}

for (const method of ['GET', 'PUT', 'PATCH', 'DELETE']) {
  test(`RFC 6749 §3.2: no token is issued for ${method}`, async () => {
    await assertError(await fetch(tokenUrl, { method, headers: inHeader }), 405, 'invalid_request')
  })
}

test('RFC 6749 §3.2: unknown query parameters in the token URL are ignored', async () => {
  await assertIssued(await postForm(`${tokenUrl}?tenant=1`, grant, inHeader))
})

for (const name of ['grant_type', 'client_id', 'client_secret', 'scope', 'username']) {
  test(`RFC 6749 §3.2: ${name} sent twice is rejected`, async () => {
    const { [name]: value = 'any', ...others } = { ...inBody } as Record<string, string>
    await assertError(await postForm(tokenUrl, [...Object.entries(others), [name, value], [name, value]]), 400, 'invalid_request')
  })
}

test('RFC 6749 §3.2: unknown parameters are ignored, even if repeated', async () => {
  await assertIssued(await postForm(tokenUrl, [...Object.entries(inBody), ['display', 'page'], ['display', 'touch']]))
})

test('RFC 6749 §3.2: an empty scope counts as omitted', async () => {
  const response = await requestToken('novatrade24', { scope: '' })
  assert.equal((await readJson(response))['scope'], 'profile email')
})

test('RFC 6749 §3.2: an empty client_secret counts as omitted, so it is not a second way to authenticate', async () => {
  await assertIssued(await postForm(tokenUrl, { ...grant, client_secret: '' }, inHeader))
})

test('RFC 6749 §3.2: an empty grant_type counts as omitted', async () => {
  await assertError(await postForm(tokenUrl, { grant_type: '' }, inHeader), 400, 'invalid_request')
})

test('RFC 6749 §3.2.1: a client may send its id in the body in addition to the Basic header', async () => {
  await assertIssued(await postForm(tokenUrl, { ...grant, client_id: clientId }, inHeader))
})

test('RFC 6749 §3.2.1: the client named in the body must be the one that authenticates', async () => {
  await assertError(await postForm(tokenUrl, { ...grant, client_id: 'another-client' }, inHeader), 401, 'invalid_client')
})

for (const scope of ['profile', 'email', 'email profile']) {
  test(`RFC 6749 §3.3: the scope "${scope}" is granted as requested`, async () => {
    const answer = await readJson(await requestToken('novatrade24', { scope }))
    assert.equal(answer['scope'], scope)
    assert.equal(decodeToken(String(answer['access_token'])).claims['scope'], scope)
  })
}

test('RFC 6749 §3.3: without a scope the default is granted, and the response contains it', async () => {
  const answer = await readJson(await requestToken('novatrade24'))
  assert.equal(answer['scope'], 'profile email')
})

const deniedScopes = {
  'in different letter case': 'PROFILE',
  'that the client does not have': 'profile orders:read',
  'that the realm does not know': 'no-such-scope',
  'with two spaces': 'profile  email',
  'with a leading space': ' profile',
  'with a trailing space': 'profile ',
  'separated by a comma': 'profile,email',
  'separated by a tab': 'profile\temail',
  'with a quote': '"profile"',
  'with a backslash': 'pro\\file',
  'with a non-ASCII character': 'profilé',
}
for (const [what, scope] of Object.entries(deniedScopes)) {
  test(`RFC 6749 §3.3: a scope ${what} is rejected`, async () => {
    await assertError(await requestToken('novatrade24', { scope }), 400, 'invalid_scope')
  })
}

for (const grantType of ['Client_Credentials', 'client_credentials ', 'password', 'authorization_code', 'refresh_token']) {
  test(`RFC 6749 §4.4.2: "${grantType}" is not the grant_type client_credentials`, async () => {
    await assertError(await postForm(tokenUrl, { ...inBody, grant_type: grantType }), 400, 'unsupported_grant_type')
  })
}

test('RFC 6749 §4.4.2: the media type of a form is accepted in any case and with a charset', async () => {
  await assertIssued(await postForm(tokenUrl, inBody, { 'content-type': 'Application/X-WWW-Form-URLencoded; charset=UTF-8' }))
})

test('RFC 6749 §4.4.2: a JSON body is rejected', async () => {
  const response = await postForm(tokenUrl, JSON.stringify(inBody), { 'content-type': 'application/json' })
  await assertError(response, 400, 'invalid_request')
})

test('RFC 6749 §4.4.2: a body without a media type is rejected', async () => {
  const body = new TextEncoder().encode(new URLSearchParams(inBody).toString())
  await assertError(await fetch(tokenUrl, { method: 'POST', body }), 400, 'invalid_request')
})

test('RFC 6749 §4.4.2: multipart is rejected unless the documentation of the system uses it', async () => {
  const response = await fetch(tokenUrl, { method: 'POST', headers: inHeader, body: multipart(grant) })
  await assertError(response, 400, 'invalid_request')
})

test('RFC 6749 §4.4.2: ptv also accepts multipart, as in the first example of its documentation (seed 003)', async () => {
  const headers = { authorization: basic(clientOf('ptv')) }
  const response = await fetch(systemOf('ptv').tokenUrl, { method: 'POST', headers, body: multipart(grant) })
  assert.equal(response.status, 200)
})

const brokenForms = { 'a broken escape': 'scope=%zz', 'an escape that is not valid UTF-8': 'scope=%ff' }
for (const [what, part] of Object.entries(brokenForms)) {
  test(`RFC 6749 Appendix B: a form with ${what} is rejected`, async () => {
    await assertError(await postForm(tokenUrl, `${new URLSearchParams(inBody)}&${part}`), 400, 'invalid_request')
  })
}

function multipart(parameters: Record<string, string>): FormData {
  const form = new FormData()
  for (const [name, value] of Object.entries(parameters)) form.set(name, value)
  return form
}
