// openid-client, an independent implementation, gets tokens from all four realms. It has an option that allows `http`, which is used
// for servers on this machine.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as openid from 'openid-client'
import { clientOf, decodeToken, keyedClientOf, systemNames, systemOf, type SystemName } from './target.fixture.ts'

type Algorithm = 'oidc' | 'oauth2'

async function discover(
  name: SystemName,
  algorithm: Algorithm = 'oauth2',
  authentication?: openid.ClientAuth,
): Promise<openid.Configuration> {
  const { clientId, clientSecret } = clientOf(name)
  const execute = [openid.allowInsecureRequests]
  return openid.discovery(new URL(systemOf(name).issuer), clientId, clientSecret, authentication, { algorithm, execute })
}

for (const name of systemNames) {
  for (const algorithm of ['oidc', 'oauth2'] as const) {
    test(`RFC 6749 §4.4: openid-client discovers ${name} by ${algorithm} and gets a token`, async () => {
      const answer = await openid.clientCredentialsGrant(await discover(name, algorithm))
      assert.equal(answer.token_type, 'bearer')
      const { exp, iat } = decodeToken(answer.access_token).claims
      assert.equal(answer.expires_in, Number(exp) - Number(iat))
    })
  }
}

test('RFC 6749 §2.3.1: openid-client authenticates with the Basic scheme, form-encoded', async () => {
  const configuration = await discover('partner-api', 'oauth2', openid.ClientSecretBasic(clientOf('partner-api').clientSecret))
  assert.ok((await openid.clientCredentialsGrant(configuration)).access_token)
})

test('RFC 7523 §2.2: openid-client authenticates by a private key, also to introspect and to revoke', async () => {
  const { clientId, keyId, privateKey } = await keyedClientOf('partner-api')
  const authentication = openid.PrivateKeyJwt({ key: privateKey, kid: keyId })
  const execute = [openid.allowInsecureRequests]
  const issuer = new URL(systemOf('partner-api').issuer)
  const configuration = await openid.discovery(issuer, clientId, undefined, authentication, { algorithm: 'oauth2', execute })
  const { access_token: token } = await openid.clientCredentialsGrant(configuration)
  assert.equal(decodeToken(token).claims['client_id'], clientId)
  assert.equal((await openid.tokenIntrospection(configuration, token)).active, true)
  await openid.tokenRevocation(configuration, token)
  assert.equal((await openid.tokenIntrospection(configuration, token)).active, false)
})

test('RFC 6749 §5.2: openid-client reads the error of a failed request', async () => {
  const failed = openid.clientCredentialsGrant(await discover('novatrade24'), { scope: 'no-such-scope' })
  await assert.rejects(failed, { name: 'ResponseBodyError', status: 400, error: 'invalid_scope' })
})

test('RFC 7662 and RFC 7009: openid-client introspects and revokes a token', async () => {
  const configuration = await discover('partner-api')
  const { access_token: token } = await openid.clientCredentialsGrant(configuration)
  assert.equal((await openid.tokenIntrospection(configuration, token)).active, true)
  await openid.tokenRevocation(configuration, token)
  assert.equal((await openid.tokenIntrospection(configuration, token)).active, false)
})

test('RFC 6750 §2.1: openid-client calls a sample API with its token', async () => {
  const configuration = await discover('nxtsoft')
  const { access_token: token } = await openid.clientCredentialsGrant(configuration)
  const url = new URL(`${systemOf('nxtsoft').apiUrl}/transactions/mock`)
  assert.equal((await openid.fetchProtectedResource(configuration, token, url, 'POST')).status, 201)
})
