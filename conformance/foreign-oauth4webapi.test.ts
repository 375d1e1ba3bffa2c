// oauth4webapi, an independent implementation, in both roles: as a client of all four realms, and as the API behind them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as oauth from 'oauth4webapi'
import { bearer, clientOf, decodeToken, keyedClientOf, systemNames, systemOf, tokenOf, type SystemName } from './target.fixture.ts'

const overHttp = { [oauth.allowInsecureRequests]: true }

async function discover(name: SystemName): Promise<oauth.AuthorizationServer> {
  const issuer = new URL(systemOf(name).issuer)
  const response = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...overHttp })
  return oauth.processDiscoveryResponse(issuer, response)
}

function authenticationOf(name: SystemName): [oauth.Client, oauth.ClientAuth] {
  const { clientId, clientSecret } = clientOf(name)
  return [{ client_id: clientId }, oauth.ClientSecretPost(clientSecret)]
}

for (const name of systemNames) {
  test(`RFC 6749 §4.4: oauth4webapi discovers ${name} and gets a token`, async () => {
    const server = await discover(name)
    const [client, authentication] = authenticationOf(name)
    const response = await oauth.clientCredentialsGrantRequest(server, client, authentication, {}, overHttp)
    const { access_token: token } = await oauth.processClientCredentialsResponse(server, client, response)
    assert.equal(decodeToken(token).claims['iss'], server.issuer)
  })
}

test('RFC 7523 §2.2: oauth4webapi authenticates by a private key', async () => {
  const server = await discover('partner-api')
  assert.ok(server.token_endpoint_auth_methods_supported?.includes('private_key_jwt'))
  const { clientId, keyId, privateKey } = await keyedClientOf('partner-api')
  const authentication = oauth.PrivateKeyJwt({ key: privateKey, kid: keyId })
  const client = { client_id: clientId }
  const response = await oauth.clientCredentialsGrantRequest(server, client, authentication, {}, overHttp)
  const { access_token: token } = await oauth.processClientCredentialsResponse(server, client, response)
  assert.equal(decodeToken(token).claims['client_id'], clientId)
})

test('RFC 7523 §3: the assertion of oauth4webapi for another issuer is refused', async () => {
  const server = await discover('partner-api')
  const { clientId, keyId, privateKey } = await keyedClientOf('partner-api')
  const elsewhere = { ...server, issuer: systemOf('novatrade24').issuer }
  const authentication = oauth.PrivateKeyJwt({ key: privateKey, kid: keyId })
  const response = await oauth.clientCredentialsGrantRequest(elsewhere, { client_id: clientId }, authentication, {}, overHttp)
  assert.equal(response.status, 401)
})

function requestWith(token: string): Request {
  return new Request('https://api.example/', { headers: bearer(token) })
}

test('RFC 9068 §4: oauth4webapi, as an API, accepts the tokens of partner-api', async () => {
  const token = await tokenOf('partner-api')
  const claims = await oauth.validateJwtAccessToken(await discover('partner-api'), requestWith(token), 'partner-api', overHttp)
  assert.equal(claims.client_id, clientOf('partner-api').clientId)
})

// oauth4webapi supports only RFC 9068, and these systems use older token formats: Keycloak's type is "JWT", Cognito has no type.
for (const [name, audience] of [
  ['novatrade24', 'nt24-integration-api'],
  ['ptv', 'ptv-api'],
  ['nxtsoft', 'transactions'],
] as const) {
  test(`RFC 9068 §2.1: oauth4webapi, as an API, rejects the tokens of ${name}, whose type is not at+jwt`, async () => {
    const accepting = oauth.validateJwtAccessToken(await discover(name), requestWith(await tokenOf(name)), audience, overHttp)
    await assert.rejects(accepting, /typ/)
  })
}

test('RFC 6750 §3.1: oauth4webapi reads the missing scope from the challenge', async () => {
  const url = new URL(`${systemOf('nxtsoft').apiUrl}/transactions/mock`)
  const calling = oauth.protectedResourceRequest(await tokenOf('nxtsoft', 'guard'), 'POST', url, undefined, undefined, overHttp)
  await assert.rejects(calling, (error) => {
    assert.ok(error instanceof oauth.WWWAuthenticateChallengeError)
    const [challenge] = error.cause
    assert.equal(challenge?.scheme, 'bearer')
    assert.equal(challenge?.parameters.error, 'insufficient_scope')
    assert.equal(challenge?.parameters.scope, 'transactions/post')
    return true
  })
})
