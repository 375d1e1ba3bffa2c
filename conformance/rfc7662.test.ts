// RFC 7662: introspection.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  alterSignature,
  basic,
  clientOf,
  decodeToken,
  mediaTypeOf,
  metadataOf,
  newTokenOf,
  postForm,
  readChallenge,
  readJson,
  systemNames,
  tokenOf,
  type Form,
  type SystemName,
} from './target.fixture.ts'

async function introspect(name: SystemName, form: Form, slug?: string): Promise<Response> {
  const { introspection_endpoint: url } = await metadataOf(name)
  return postForm(url, form, { authorization: basic(clientOf(name, slug)) })
}

async function describe(name: SystemName, token: string, slug?: string) {
  return readJson(await introspect(name, { token }, slug))
}

for (const name of systemNames) {
  test(`RFC 7662 §2.2: ${name} returns the content of a token`, async () => {
    const token = await tokenOf(name)
    const { iss, sub, aud, exp, iat, jti, client_id, scope } = decodeToken(token).claims
    const expected = {
      active: true,
      token_type: 'Bearer',
      iss,
      sub,
      exp,
      iat,
      jti,
      client_id,
      ...(scope !== '' && { scope }),
      ...(aud !== undefined && { aud }),
    }
    assert.deepEqual(await describe(name, token), expected)
  })

  test(`RFC 7662 §2.2: ${name} returns for an altered token only that it is not active`, async () => {
    assert.deepEqual(await describe(name, alterSignature(await tokenOf(name))), { active: false })
  })
}

test('RFC 7662 §2.1: an unknown token_type_hint is ignored', async () => {
  const token = await tokenOf('novatrade24')
  assert.equal((await readJson(await introspect('novatrade24', { token, token_type_hint: 'no-such-type' })))['active'], true)
})

test('RFC 7662 §2.1: a request without a token is an invalid_request', async () => {
  const response = await introspect('novatrade24', {})
  assert.equal(response.status, 400)
  assert.equal((await readJson(response))['error'], 'invalid_request')
})

test('RFC 7662 §2.1: GET is rejected', async () => {
  const { introspection_endpoint: url } = await metadataOf('novatrade24')
  assert.equal((await fetch(url, { headers: { authorization: basic(clientOf('novatrade24')) } })).status, 405)
})

test('RFC 7662 §2.2: the response is JSON', async () => {
  assert.equal(mediaTypeOf(await introspect('novatrade24', { token: 'unknown' })), 'application/json')
})

test('RFC 7662 §2.2: a token of another realm is not active', async () => {
  assert.deepEqual(await describe('novatrade24', await tokenOf('partner-api')), { active: false })
})

test('RFC 7662 §2.2: a revoked token is not active', async () => {
  const token = await newTokenOf('novatrade24')
  await postForm((await metadataOf('novatrade24')).revocation_endpoint, { token }, { authorization: basic(clientOf('novatrade24')) })
  assert.deepEqual(await describe('novatrade24', token), { active: false })
})

test('RFC 7662 §2.3: a client that does not authenticate gets no information', async () => {
  const { introspection_endpoint: url } = await metadataOf('novatrade24')
  const response = await postForm(url, { token: await tokenOf('novatrade24') })
  assert.equal(response.status, 401)
  assert.equal(readChallenge(response)?.scheme, 'Basic')
  assert.equal((await readJson(response))['error'], 'invalid_client')
})

test('RFC 7662 §4: a client gets no information about the token of another organization', async () => {
  assert.deepEqual(await describe('novatrade24', await tokenOf('novatrade24'), 'borealis'), { active: false })
})

test('RFC 7662 §4: the API that tokens are for gets information about all of them', async () => {
  assert.equal((await describe('novatrade24', await tokenOf('novatrade24'), 'guard'))['active'], true)
})
