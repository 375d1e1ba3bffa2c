// RFC 9068: the tokens of partner-api, whose realm has that profile. The other documents use other token formats.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { clientOf, decodeToken, systemOf, tokenOf, type Json } from './target.fixture.ts'

let header: Json
let claims: Json
before(async () => {
  const token = await tokenOf('partner-api')
  ;({ header, claims } = decodeToken(token))
})

test('RFC 9068 §2.1: the type of the token is at+jwt', () => {
  assert.equal(header['typ'], 'at+jwt')
})

test('RFC 9068 §2.1: the token is signed, with an asymmetric algorithm', () => {
  assert.equal(header['alg'], 'ES256')
})

for (const claim of ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti']) {
  test(`RFC 9068 §2.2: the token has the claim ${claim}`, () => {
    assert.equal(typeof claims[claim], claim === 'exp' || claim === 'iat' ? 'number' : 'string')
  })
}

test('RFC 9068 §2.2: the token names the issuer and the client', () => {
  assert.equal(claims['iss'], systemOf('partner-api').issuer)
  assert.equal(claims['client_id'], clientOf('partner-api').clientId)
})

test('RFC 9068 §2.2.3: a token contains its granted scope', async () => {
  assert.equal(claims['scope'], 'commands')
  assert.equal(decodeToken(await tokenOf('partner-api', 'guard')).claims['scope'], 'entitlements:read decisions:write')
})
