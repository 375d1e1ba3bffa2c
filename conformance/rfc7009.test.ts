// RFC 7009: revocation. The server's own GET /v1/me rejects a revoked token at once; the sample APIs, which cache an entitlement for
// seconds, are tested in decision-table.test.ts.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import {
  basic,
  bearer,
  clientOf,
  metadataOf,
  newTokenOf,
  postForm,
  readChallenge,
  readJson,
  systemNames,
  systemOf,
  tokenOf,
  type Form,
  type SystemName,
} from './target.fixture.ts'

async function revoke(name: SystemName, form: Form, slug?: string): Promise<Response> {
  const { revocation_endpoint: url } = await metadataOf(name)
  return postForm(url, form, { authorization: basic(clientOf(name, slug)) })
}

async function isAccepted(name: SystemName, token: string): Promise<boolean> {
  const { issuer } = systemOf(name)
  const { status } = await fetch(`${issuer}/v1/me`, { headers: bearer(token) })
  assert.ok(status === 200 || status === 401)
  return status === 200
}

for (const name of systemNames) {
  test(`RFC 7009 §2.2: ${name} answers the revocation of a token with 200, and the token is no longer accepted`, async () => {
    const token = await newTokenOf(name)
    assert.ok(await isAccepted(name, token))
    assert.equal((await revoke(name, { token })).status, 200)
    assert.ok(!(await isAccepted(name, token)))
  })
}

let token: string
before(async () => {
  token = await tokenOf('novatrade24')
})

test('RFC 7009 §2.1: a token is revoked with the right, the wrong and an unknown token_type_hint', async () => {
  for (const hint of ['access_token', 'refresh_token', 'no-such-type']) {
    const token = await newTokenOf('novatrade24')
    assert.equal((await revoke('novatrade24', { token, token_type_hint: hint })).status, 200)
    assert.ok(!(await isAccepted('novatrade24', token)))
  }
})

// Section 2.1 allows an error response; it would tell the client that the token of another client is valid.
test('RFC 7009 §2.1: a client cannot revoke the token of another client, and learns nothing about it', async () => {
  const foreign = await revoke('novatrade24', { token }, 'borealis')
  const unknown = await revoke('novatrade24', { token: 'unknown' }, 'borealis')
  assert.deepEqual([foreign.status, await foreign.text()], [unknown.status, await unknown.text()])
  assert.ok(await isAccepted('novatrade24', token))
})

for (const [what, nonsense] of Object.entries({ 'an unknown token': 'unknown', 'a token with odd characters': 'a b"\\é\u0000' })) {
  test(`RFC 7009 §2.2: ${what} is answered with 200, since it is invalid anyway`, async () => {
    assert.equal((await revoke('novatrade24', { token: nonsense })).status, 200)
  })
}

test('RFC 7009 §2.2: a token can be revoked again', async () => {
  const token = await newTokenOf('novatrade24')
  const first = await revoke('novatrade24', { token })
  const second = await revoke('novatrade24', { token })
  assert.deepEqual([first.status, second.status], [200, 200])
})

test('RFC 7009 §2.2.1: a request without a token is an invalid_request', async () => {
  const response = await revoke('novatrade24', {})
  assert.equal(response.status, 400)
  assert.equal((await readJson(response))['error'], 'invalid_request')
})

test('RFC 7009 §2.2.1: a client that does not authenticate gets invalid_client, and the token stays valid', async () => {
  const { revocation_endpoint: url } = await metadataOf('novatrade24')
  const response = await postForm(url, { token })
  assert.equal(response.status, 401)
  assert.equal(readChallenge(response)?.scheme, 'Basic')
  assert.equal((await readJson(response))['error'], 'invalid_client')
  assert.ok(await isAccepted('novatrade24', token))
})

test('RFC 7009 §2.1: a disabled client cannot revoke a token', async () => {
  assert.equal((await revoke('novatrade24', { token }, 'echo')).status, 401)
})

test('RFC 7009 §2: GET revokes nothing', async () => {
  const { revocation_endpoint: url } = await metadataOf('novatrade24')
  assert.equal((await fetch(`${url}?token=${token}`)).status, 405)
})
