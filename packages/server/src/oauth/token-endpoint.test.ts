import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify, type JSONWebKeySet } from 'jose'
import { signingAlgorithms } from '@countersign/protocol'
import { realmPaths } from '../realms/realm-paths.ts'
import { seedRealms, shareTestServer, startTestServer, tokenRequest } from '../../test/test-server.fixture.ts'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** Expected header, claims and response of each realm; claims that differ from token to token are checked by form. */
const promises = {
  'nt24-idp': {
    header: { alg: 'ES256', typ: 'JWT' },
    claims: {
      iss: 'http://localhost:8080/realms/nt24-idp',
      aud: 'nt24-integration-api',
      typ: 'Bearer',
      scope: 'profile email',
      azp: 'api-client-acme',
    },
    response: { expires_in: 300, refresh_expires_in: 0, token_type: 'Bearer', 'not-before-policy': 0, scope: 'profile email' },
  },
  prod: {
    header: { alg: 'ES256', typ: 'JWT' },
    claims: {
      iss: 'http://localhost:8080/auth/realms/prod',
      aud: 'ptv-api',
      typ: 'Bearer',
      scope: '',
      azp: 'api-client-acme',
    },
    response: { expires_in: 300, refresh_expires_in: 0, token_type: 'Bearer', 'not-before-policy': 0, scope: '' },
  },
  'partner-api': {
    header: { alg: 'ES256', typ: 'at+jwt' },
    claims: {
      iss: 'http://localhost:8080/partner-api',
      aud: 'partner-api',
      scope: 'commands',
    },
    response: { expires_in: 300, token_type: 'Bearer', scope: 'commands' },
  },
} as const

suite('tokens of the realms of the seeds', () => {
  const shared = shareTestServer({ realms: seedRealms })

  for (const [realm, scope] of [
    ['nt24-idp', 'openid profile email'],
    ['prod', 'openid'],
  ] as const) {
    test(`fault 7.2: a request of the scope openid in ${realm} is answered with it, and the token names it and is as without it otherwise`, async () => {
      const { aClient, requestToken, request, realms } = shared()
      const client = await aClient(realm)
      const [plain, withOpenid] = [
        await requestToken(realm, tokenRequest(client)),
        await requestToken(realm, { ...tokenRequest(client), scope: 'openid' }),
      ]
      const { access_token: token, ...members } = withOpenid.json()
      const { access_token: plainToken, ...plainMembers } = plain.json()
      assert.deepEqual(members, { ...plainMembers, scope })
      const facts = (jwt: string) => ({ ...decodeJwt(jwt), jti: 'any' })
      assert.deepEqual(facts(token), { ...facts(plainToken), scope })
      const discovered = (await request({ url: realmPaths(realms.get(realm)!).openidConfiguration })).json()
      assert.ok(discovered.scopes_supported.includes('openid'))
    })
  }

  test('fault 7.2: an operator may request openid beside scopes; realms of other profiles know no openid', async () => {
    const { aClient, requestToken, request, operator } = shared()
    const granted = await requestToken('operators', { ...tokenRequest(operator), scope: 'openid audit:read' })
    assert.equal(granted.json().scope, 'openid audit:read')
    assert.equal(decodeJwt(granted.json().access_token)['scope'], 'audit:read')
    for (const [realm, issuer] of [
      ['partner-api', '/partner-api'],
      ['nxtsoft', ''],
    ] as const) {
      const refused = await requestToken(realm, { ...tokenRequest(await aClient(realm)), scope: 'openid' })
      assert.deepEqual([refused.statusCode, refused.json().error], [400, 'invalid_scope'])
      const discovered = (await request({ url: `${issuer}/.well-known/openid-configuration` })).json()
      assert.ok(!discovered.scopes_supported.includes('openid'))
    }
  })

  for (const [realm, { header, claims, response: members }] of Object.entries(promises)) {
    test(`a token of ${realm} has the claims of its profile and verifies against the realm's keys`, async () => {
      const { aClient, requestToken, request, realms, clock } = shared()
      const client = await aClient(realm, { slug: 'acme' })
      const response = await requestToken(realm, tokenRequest(client))
      const now = clock.now() / 1000
      assert.equal(response.statusCode, 200)
      const { access_token: token, ...rest } = response.json()
      assert.deepEqual(rest, members)
      const keys = await request({ url: realmPaths(realms.get(realm)!).keys })
      const verified = await jwtVerify(token, createLocalJWKSet(keys.json<JSONWebKeySet>()), { currentDate: new Date(clock.now()) })
      const { jti, sub, organization_id: organizationId, ...others } = verified.payload
      assert.deepEqual(others, { ...claims, client_id: 'api-client-acme', iat: now, exp: now + 300 })
      assert.match(String(jti), uuid)
      assert.match(String(sub), uuid)
      assert.equal(organizationId, client.organizationId)
      const { kid, ...otherHeader } = verified.protectedHeader
      assert.deepEqual(otherHeader, header)
      assert.match(String(kid), /^[\w-]{43}$/)
    })
  }

  test('a token of nxtsoft has the claims of seed 004 and no audience, and verifies as RS256', async () => {
    const { aClient, requestToken, request, clock } = shared()
    const { clientId, clientSecret } = await aClient('nxtsoft')
    const response = await requestToken('nxtsoft', tokenRequest({ clientId, clientSecret }))
    const now = clock.now() / 1000
    const { access_token: token, ...rest } = response.json()
    assert.deepEqual(rest, { expires_in: 3600, token_type: 'Bearer' })
    const keys = await request({ url: '/.well-known/jwks.json' })
    const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(keys.json<JSONWebKeySet>()), {
      currentDate: new Date(clock.now()),
    })
    const { jti, ...claims } = payload
    assert.deepEqual(claims, {
      sub: clientId,
      token_use: 'access',
      scope: 'transactions/post',
      auth_time: now,
      iss: 'http://localhost:8080',
      exp: now + 3600,
      iat: now,
      version: 2,
      client_id: clientId,
    })
    assert.match(String(jti), uuid)
    assert.deepEqual(Object.keys(protectedHeader).sort(), ['alg', 'kid'])
    assert.equal(protectedHeader.alg, 'RS256')
  })

  test('RFC 9068 §2.2.3: without a scope neither the token nor the response has a scope member', async () => {
    const { aClient, requestToken } = shared()
    const response = (await requestToken('partner-api', tokenRequest(await aClient('partner-api', { scopes: [] })))).json()
    assert.ok(!('scope' in response) && !('scope' in decodeJwt(response.access_token)))
  })

  test('a client can have a lifetime of its own', async () => {
    const { aClient, requestToken } = shared()
    const client = await aClient('nt24-idp', { accessTokenLifetime: 60 })
    const { access_token: token, expires_in: lifetime } = (await requestToken('nt24-idp', tokenRequest(client))).json()
    const { iat, exp } = decodeJwt(token)
    assert.deepEqual([lifetime, exp! - iat!], [60, 60])
  })

  test('a request may name the audience of the realm, as resource or as audience', async () => {
    const { aClient, requestToken } = shared()
    const client = await aClient('prod')
    for (const name of ['resource', 'audience']) {
      assert.equal((await requestToken('prod', { ...tokenRequest(client), [name]: 'ptv-api' })).statusCode, 200)
    }
  })

  for (const [what, parameters] of Object.entries({
    'another resource': 'resource=https%3A%2F%2Fapi.example.com%2F',
    'a resource with a fragment': 'resource=https%3A%2F%2Fapi.example.com%2F%23a',
    'two resources': 'resource=ptv-api&resource=ptv-api',
  })) {
    test(`abuse 021: ${what} is rejected as invalid_target`, async () => {
      const { aClient, requestToken } = shared()
      const client = new URLSearchParams(tokenRequest(await aClient('prod')))
      const response = await requestToken('prod', `${client}&${parameters}`)
      assert.equal(response.statusCode, 400)
      assert.equal(response.json().error, 'invalid_target')
    })
  }

  for (const audience of ['other-api', '*', 'ptv-api ptv-api']) {
    test(`abuse 021: the audience "${audience}" is rejected as invalid_target, or ignored where Keycloak ignores it`, async () => {
      const { aClient, requestToken } = shared()
      const refused = await requestToken('partner-api', { ...tokenRequest(await aClient('partner-api')), audience })
      assert.deepEqual([refused.statusCode, refused.json().error], [400, 'invalid_target'])
      const granted = await requestToken('prod', { ...tokenRequest(await aClient('prod')), audience })
      assert.deepEqual([granted.statusCode, decodeJwt(granted.json().access_token).aud], [200, 'ptv-api'])
    })
  }

  test('abuse 022: a token response is never cacheable, and never has a refresh token', async () => {
    const { aClient, requestToken } = shared()
    for (const realm of ['nt24-idp', 'prod', 'partner-api', 'nxtsoft']) {
      const { headers, body } = await requestToken(realm, tokenRequest(await aClient(realm)))
      assert.equal(headers['cache-control'], 'no-store')
      assert.equal(headers['pragma'], 'no-cache')
      assert.match(String(headers['content-type']), /^application\/json/)
      assert.ok(!body.includes('refresh_token'))
    }
  })

  test('abuse 027: the same request sent twice gives two tokens', async () => {
    const { aClient, tokenOf } = shared()
    const client = await aClient('prod')
    assert.notEqual(decodeJwt(await tokenOf('prod', client)).jti, decodeJwt(await tokenOf('prod', client)).jti)
  })

  test('abuse 029: 1,000 concurrent requests are all answered, each with its own token and audit row', async () => {
    const { aClient, tokenOf, auditEvents } = shared()
    const client = await aClient('nt24-idp')
    const tokens = await Promise.all(Array.from({ length: 1000 }, () => tokenOf('nt24-idp', client)))
    const ids = new Set(tokens.map((token) => decodeJwt(token).jti))
    assert.equal(ids.size, 1000)
    const events = (await auditEvents()).filter(({ client_id: clientId }) => clientId === client.clientId)
    const audited = events.map(({ detail }) => (JSON.parse(detail) as { tokenId: string }).tokenId)
    assert.deepEqual(new Set(audited), ids)
  })

  test('abuse 030: partners are not copied into a token, however many there are', async () => {
    const { aClient, tokenOf, database, admin } = shared()
    const client = await aClient('nt24-idp')
    const numbers = 'with recursive numbers(i) as (select 1 union all select i + 1 from numbers where i < 5000)'
    await database.query(`${numbers} insert into partners select cast(i as text), 'nt24-idp', 'Partner', 0 from numbers`)
    await database.query(`insert into partner_authorizations select cast(? as text), id, 0 from partners`, client.organizationId)
    await admin('organizations.update', { params: { realm: 'nt24-idp', organization: client.slug }, body: { name: 'Acme' } })
    assert.ok((await tokenOf('nt24-idp', client)).length < 1024)
  })

  test('abuse 032: a client id that an operator chooses never becomes a subject', async () => {
    const { aClient, tokenOf } = shared()
    const { sub, client_id: clientId } = decodeJwt(await tokenOf('nt24-idp', await aClient('nt24-idp', { clientId: 'admin' })))
    assert.match(String(sub), uuid)
    assert.equal(clientId, 'admin')
  })

  test('abuse 032: if the subject is the client id, the server generates the id', async () => {
    const { aClient, requestAdmin } = shared()
    const { clientId, slug } = await aClient('nxtsoft')
    assert.match(clientId, /^[a-z0-9]{26}$/)
    const body = { organization: slug, name: 'Acme', clientId: 'admin' }
    const response = await requestAdmin('clients.create', { params: { realm: 'nxtsoft' }, body })
    assert.equal(response.statusCode, 400)
    assert.equal(response.json().errors[0].pointer, '/clientId')
  })

  test('the header names the signing key', async () => {
    const { aClient, tokenOf, request } = shared()
    const { kid } = decodeProtectedHeader(await tokenOf('partner-api', await aClient('partner-api')))
    const { keys } = (await request({ url: '/partner-api/.well-known/jwks.json' })).json<JSONWebKeySet>()
    assert.deepEqual(
      keys.map((key) => key.kid),
      [kid],
    )
  })
})

const algorithms = Object.keys(signingAlgorithms)
const scope = 's'.repeat(1536)
const signedBy = (algorithm: string, name = algorithm.toLowerCase()) =>
  `\n  ${name}: { issuer: /${name}, tokenEndpoint: /${name}/token, audience: one, signingAlgorithm: ${algorithm} }`
const otherRealms = `${algorithms.map((algorithm) => signedBy(algorithm)).join('')}
  not-before: { issuer: /not-before, tokenEndpoint: /not-before/token, tokenProfile: keycloak, audience: one, tokensNotBefore: "2026-01-01T00:00:00Z" }
  longest:
    issuer: /${'i'.repeat(63)}
    tokenEndpoint: /longest/token
    tokenProfile: keycloak
    signingAlgorithm: RS256
    audience: ${'a'.repeat(256)}
    scopes: [${scope}]
    defaultScopes: [${scope}]`

suite('tokens of realms with other settings', () => {
  const shared = shareTestServer({ realms: otherRealms })

  for (const algorithm of algorithms) {
    test(`a realm can sign by ${algorithm}`, async () => {
      const { aClient, tokenOf, request, realms, clock } = shared()
      const realm = algorithm.toLowerCase()
      const token = await tokenOf(realm, await aClient(realm))
      const keys = await request({ url: realmPaths(realms.get(realm)!).keys })
      const { protectedHeader } = await jwtVerify(token, createLocalJWKSet(keys.json<JSONWebKeySet>()), {
        currentDate: new Date(clock.now()),
      })
      assert.equal(protectedHeader.alg, algorithm)
    })
  }

  test('the not-before-policy of a realm is in its responses', async () => {
    const { aClient, requestToken } = shared()
    const response = await requestToken('not-before', tokenRequest(await aClient('not-before')))
    assert.equal(response.json()['not-before-policy'], Date.UTC(2026, 0, 1) / 1000)
  })

  test('abuse 030: a token with the longest names and scopes that an operator can set fits into 4 kB', async () => {
    const { aClient, tokenOf } = shared()
    const token = await tokenOf('longest', await aClient('longest', { clientId: 'c'.repeat(128) }))
    assert.ok(token.length <= 4096, `${token.length}`)
  })
})

test('abuse 031: while the clock is set back by ten minutes, token requests get 503', async () => {
  const { aClient, requestToken, clock, expectErrors } = await startTestServer()
  const client = await aClient('nt24-idp')
  expectErrors()
  clock.advance(-600_000)
  const response = await requestToken('nt24-idp', tokenRequest(client))
  assert.equal(response.statusCode, 503)
  assert.equal(response.json().error, 'temporarily_unavailable')
  assert.equal(response.headers['retry-after'], '5')
  clock.advance(600_000)
  assert.equal((await requestToken('nt24-idp', tokenRequest(client))).statusCode, 200)
})

test('fault 9.5: after a clock that was an hour ahead for a moment, tokens are issued as soon as it is right', async () => {
  const { aClient, requestToken, request, clock } = await startTestServer({ nodes: 1 })
  const client = await aClient('nt24-idp')
  clock.advance(3_600_000)
  await requestToken('nt24-idp', tokenRequest(client))
  clock.advance(-3_600_000)
  const response = await requestToken('nt24-idp', tokenRequest(client))
  assert.equal(response.statusCode, 200, response.body)
  assert.equal((await request({ url: '/readyz' })).statusCode, 200)
})

test('fault 9.5: a node whose clock went back is not ready', async () => {
  const { request, clock, aClient, tokenOf } = await startTestServer({ nodes: 1 })
  await tokenOf('nt24-idp', await aClient('nt24-idp'))
  clock.advance(-600_000)
  assert.equal((await request({ url: '/readyz' })).statusCode, 503)
  clock.advance(600_000)
  assert.equal((await request({ url: '/readyz' })).statusCode, 200)
})

test('abuse 031: after a small step back of the clock no token is dated earlier than the one before', async () => {
  const { aClient, tokenOf, clock } = await startTestServer()
  const client = await aClient('nt24-idp')
  const { iat: before } = decodeJwt(await tokenOf('nt24-idp', client))
  clock.advance(-4000)
  assert.equal(decodeJwt(await tokenOf('nt24-idp', client)).iat, before)
})
