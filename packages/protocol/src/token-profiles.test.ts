import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { formatScope } from './scope.ts'
import { tokenProfiles, type TokenFacts, type TokenProfile, type TokenResponseFacts } from './token-profiles.ts'
import { parseTokenResponse } from './token-response.ts'

const profiles = Object.entries(tokenProfiles) as [string, TokenProfile][]

const facts: TokenFacts = {
  issuer: 'https://auth.example/realms/nt24-idp',
  audience: 'nt24-integration-api',
  clientId: 'api-client-acme',
  subject: 'f3b5c1d2-0000-4000-8000-000000000001',
  organizationId: 'c1f6a0de-0000-4000-8000-000000000001',
  scope: 'profile email',
  tokenId: 'c17ca1bc-5a12-4133-8ced-21730f19d530',
  issuedAt: 1_767_600_000,
  expiresAt: 1_767_600_300,
}
const responseFacts: TokenResponseFacts = { accessToken: 'eyJhbGc.e30.c2ln', lifetimeSeconds: 300, scope: '', notBefore: 0 }

test('RFC 9068 §2.2: a token has the required claims, its scope and its organization', () => {
  assert.deepEqual(tokenProfiles.rfc9068.claims(facts), {
    iss: 'https://auth.example/realms/nt24-idp',
    sub: 'f3b5c1d2-0000-4000-8000-000000000001',
    aud: 'nt24-integration-api',
    exp: 1_767_600_300,
    iat: 1_767_600_000,
    jti: 'c17ca1bc-5a12-4133-8ced-21730f19d530',
    client_id: 'api-client-acme',
    scope: 'profile email',
    organization_id: 'c1f6a0de-0000-4000-8000-000000000001',
  })
})

test('a token of the keycloak profile has the claims of a service account', () => {
  assert.deepEqual(tokenProfiles.keycloak.claims(facts), {
    exp: 1_767_600_300,
    iat: 1_767_600_000,
    jti: 'c17ca1bc-5a12-4133-8ced-21730f19d530',
    iss: 'https://auth.example/realms/nt24-idp',
    aud: 'nt24-integration-api',
    sub: 'f3b5c1d2-0000-4000-8000-000000000001',
    typ: 'Bearer',
    azp: 'api-client-acme',
    scope: 'profile email',
    client_id: 'api-client-acme',
    organization_id: 'c1f6a0de-0000-4000-8000-000000000001',
  })
})

test('seed 004: a token of the cognito profile has the claims of the printed token, in their order', () => {
  const printed =
    '{"sub":"16ec4na9av8011ibj9hskf9umf","token_use":"access","scope":"transactions/post","auth_time":1626364991,' +
    '"iss":"https://cognito-idp.us-west-2.amazonaws.com/us-west-2_u566VmrPK","exp":1626368591,"iat":1626364991,"version":2,' +
    '"jti":"c17ca1bc-5a12-4133-8ced-21730f19d530","client_id":"16ec4na9av8011ibj9hskf9umf"}'
  const claims = tokenProfiles.cognito.claims({
    ...facts,
    issuer: 'https://cognito-idp.us-west-2.amazonaws.com/us-west-2_u566VmrPK',
    clientId: '16ec4na9av8011ibj9hskf9umf',
    scope: 'transactions/post',
    issuedAt: 1_626_364_991,
    expiresAt: 1_626_368_591,
  })
  assert.equal(JSON.stringify(claims), printed)
})

test('a token without an organization omits the claim', () => {
  for (const [name, profile] of profiles) {
    const claims = JSON.stringify(profile.claims({ ...facts, organizationId: undefined }))
    assert.ok(!claims.includes('organization_id'), name)
  }
})

test('a profile has an audience exactly if a verifier must check it', () => {
  for (const [name, profile] of profiles) assert.equal('aud' in profile.claims(facts), profile.hasAudience, name)
})

test('a token of every profile names its client, without an organization too', () => {
  for (const [name, profile] of profiles) {
    assert.equal(profile.clientId(profile.claims({ ...facts, organizationId: undefined })), 'api-client-acme', name)
    assert.equal(profile.clientId({}), undefined, name)
  }
})

// An imported client may have a hard-coded "azp" that names another one; "client_id" is always its own.
test('a token of Keycloak names its client by "client_id", and by "azp" if it has no other', () => {
  const { clientId } = tokenProfiles.keycloak
  assert.equal(clientId({ azp: 'acme' }), 'acme')
  assert.equal(clientId({ client_id: 'acme' }), 'acme')
  for (const azp of ['acme', 'borealis', '', null, 7]) assert.equal(clientId({ azp, client_id: 'acme' }), 'acme')
  for (const other of ['', null, 7]) assert.equal(clientId({ azp: 'acme', client_id: other }), other)
})

test('"azp" does not name the client of a token of another profile', () => {
  for (const profile of [tokenProfiles.rfc9068, tokenProfiles.cognito]) assert.equal(profile.clientId({ azp: 'acme' }), undefined)
})

test('a profile marks its access tokens', () => {
  for (const [name, { mark, claims }] of profiles) if (mark) assert.equal(claims(facts)[mark.claim], mark.value, name)
})

test('a verifier accepts the header type that the profile writes', () => {
  for (const [name, { headerType, acceptedTypes }] of profiles) assert.ok(acceptedTypes.includes(headerType?.toLowerCase()), name)
})

// Keycloak can be set to write "at+jwt" for a client, so the header type alone no longer tells its tokens from those of RFC 9068.
test('where two profiles accept the same header type, a mark that only one of them writes tells their tokens apart', () => {
  for (const [name, one] of profiles)
    for (const [otherName, other] of profiles) {
      if (one === other || !one.acceptedTypes.some((type) => other.acceptedTypes.includes(type))) continue
      assert.deepEqual([name, otherName].toSorted(), ['keycloak', 'rfc9068'])
      const [marked, unmarked] = one.mark ? [one, other] : [other, one]
      assert.ok(marked.mark)
      assert.notEqual(unmarked.claims(facts)[marked.mark.claim], marked.mark.value)
    }
})

test('seed 003: the keycloak response is the printed one', () => {
  assert.deepEqual(tokenProfiles.keycloak.response(responseFacts), {
    access_token: 'eyJhbGc.e30.c2ln',
    expires_in: 300,
    'not-before-policy': 0,
    refresh_expires_in: 0,
    scope: '',
    token_type: 'Bearer',
  })
})

test('seed 000: the keycloak response has the printed members', () => {
  const printed = { expires_in: 300, token_type: 'Bearer', 'not-before-policy': 0, scope: 'profile email' }
  assert.partialDeepStrictEqual(tokenProfiles.keycloak.response({ ...responseFacts, scope: 'profile email' }), printed)
})

test('seed 004: the cognito response has the three printed members and no other', () => {
  assert.deepEqual(tokenProfiles.cognito.response({ ...responseFacts, lifetimeSeconds: 3600 }), {
    access_token: 'eyJhbGc.e30.c2ln',
    expires_in: 3600,
    token_type: 'Bearer',
  })
})

test('the rfc9068 response has the members of RFC 6749 §5.1', () => {
  assert.deepEqual(tokenProfiles.rfc9068.response({ ...responseFacts, scope: 'profile' }), {
    access_token: 'eyJhbGc.e30.c2ln',
    expires_in: 300,
    token_type: 'Bearer',
    scope: 'profile',
  })
})

for (const [name, profile] of profiles) {
  test(`a client parses the response of the profile ${name}`, () => {
    const response = fc.record({
      accessToken: fc.stringMatching(/^[A-Za-z0-9\-._~+/]+={0,2}$/),
      lifetimeSeconds: fc.integer({ min: 1, max: 86_400 }),
      scope: fc.array(fc.stringMatching(/^[a-z:/]+$/)).map(formatScope),
      notBefore: fc.nat(),
    })
    fc.assert(
      fc.property(response, (said) => {
        const body = profile.response(said)
        const { accessToken, expiresInSeconds, scope } = parseTokenResponse(JSON.parse(JSON.stringify(body)))
        assert.deepEqual([accessToken, expiresInSeconds], [said.accessToken, said.lifetimeSeconds])
        assert.equal(scope, 'scope' in body ? (body.scope as string | undefined) : undefined)
        if (scope !== undefined) assert.equal(scope, said.scope)
      }),
    )
  })
}
