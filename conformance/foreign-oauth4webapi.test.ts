// oauth4webapi, an independent implementation, in both roles: as a client of all four realms, and as the API behind them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as oauth from 'oauth4webapi'
import { bearer, clientOf, decodeToken, systemNames, systemOf, tokenOf, type SystemName } from './target.fixture.ts'

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
