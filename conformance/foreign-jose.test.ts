// jose, an independent implementation, verifies the tokens of all four realms with their published keys.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRemoteJWKSet, jwtVerify, type JWTVerifyOptions } from 'jose'
import { alterSignature, clientOf, metadataOf, systemNames, systemOf, tokenOf, type SystemName } from './target.fixture.ts'

/** The checks that a verifier can require, by the profile of each realm: Cognito's tokens have neither a type nor an audience. */
const rules: Record<SystemName, JWTVerifyOptions> = {
  novatrade24: { typ: 'JWT', audience: 'nt24-integration-api', algorithms: ['ES256'] },
  'partner-api': { typ: 'at+jwt', audience: 'partner-api', algorithms: ['ES256'] },
  ptv: { typ: 'JWT', audience: 'ptv-api', algorithms: ['ES256'] },
  nxtsoft: { algorithms: ['RS256'] },
}

const always: JWTVerifyOptions = { requiredClaims: ['iss', 'sub', 'exp', 'iat', 'jti', 'client_id'], maxTokenAge: '1h' }

async function verify(name: SystemName, token: string) {
  const keys = createRemoteJWKSet(new URL((await metadataOf(name)).jwks_uri))
  return jwtVerify(token, keys, { issuer: systemOf(name).issuer, ...always, ...rules[name] })
}

for (const name of systemNames) {
  test(`RFC 7519 §7.2: jose verifies a token of ${name}`, async () => {
    const { payload } = await verify(name, await tokenOf(name))
    assert.equal(payload['client_id'], clientOf(name).clientId)
  })

  test(`RFC 7515 §5.2: jose rejects an altered token of ${name}`, async () => {
    await assert.rejects(verify(name, alterSignature(await tokenOf(name))), { code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' })
  })
}

test('RFC 7517 §4.5: jose finds no key of one realm for a token of another', async () => {
  await assert.rejects(verify('novatrade24', await tokenOf('ptv')), { code: 'ERR_JWKS_NO_MATCHING_KEY' })
})
