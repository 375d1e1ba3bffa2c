// What tokens say, from the admin API to the token: claim sets, grants of clients and scopes, several APIs, subjects.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Grant } from '@countersign/protocol'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { shareTestServer, startTestServer, tokenRequest } from './test-server.fixture.ts'

const realms = `
  nt24-idp:
    issuer: /realms/nt24-idp
    tokenEndpoint: /realms/nt24-idp/protocol/openid-connect/token
    tokenProfile: keycloak
    signingAlgorithm: ES256
    scopes: [profile, email, orders:read, { name: acts, shown: false }]
  bare:
    issuer: /bare
    tokenEndpoint: /bare/token
    tokenProfile: keycloak
    signingAlgorithm: ES256
    audience: bare
    omitClaims: [client_id, organization_id]
  partner-api:
    issuer: /partner-api
    tokenEndpoint: /partner-api/oauth/token
    audience: partner-api
    scopes: [commands]
    apis: { stock-api: { scopes: [stock:read] }, kyc-api: {} }
`
const grant = { audiences: ['orders'], roles: { realm: ['partner'], clients: { orders: ['read'] } }, claims: { tier: 'basic' } }

type Claims = Record<string, unknown> & { readonly header: { readonly typ?: string } }

suite('grants', () => {
  const shared = shareTestServer({ realms })
  const claimsOf = async (realm: string, client: { clientId: string; clientSecret: string }, parameters: Record<string, string> = {}) => {
    const response = await shared().requestToken(realm, { ...tokenRequest(client), ...parameters })
    assert.equal(response.statusCode, 200, response.body)
    const token = response.json().access_token as string
    return { ...(decodeJwt(token) as Record<string, unknown>), header: decodeProtectedHeader(token) } as Claims
  }

  test('a token has what its claim set, its client and its scopes grant, and the next one what a change of the set says', async () => {
    const { admin, aClient } = shared()
    const realm = 'nt24-idp'
    const set = await admin('claimSets.create', { params: { realm }, body: { name: 'partners', grant } })
    assert.deepEqual([set.clients, set.version, set.grant], [0, 1, grant])
    const client = await aClient(realm)
    const params = { realm, client: client.clientId }
    await admin('clients.update', {
      params,
      body: {
        scopes: ['profile', 'email', 'acts'],
        defaultScopes: ['profile', 'acts'],
        claimSet: 'partners',
        grant: { claims: { tenant: '${client_id}' }, roles: { clients: { orders: ['write'] } } },
        scopeGrants: { email: { grant: { claims: { email_verified: false } } }, acts: { grant: { audiences: ['stock'] } } },
        subject: 'someone-else',
        headerType: 'at+jwt',
      },
    })
    const { header, sub, aud, scope, realm_access: roles, resource_access: access, tier, tenant, ...rest } = await claimsOf(realm, client)
    assert.deepEqual(
      [header.typ, sub, aud, scope, roles, access, tier, tenant, rest['email_verified']],
      [
        'at+jwt',
        'someone-else',
        ['orders', 'stock'],
        'profile',
        { roles: ['partner'] },
        { orders: { roles: ['read', 'write'] } },
        'basic',
        client.clientId,
        undefined,
      ],
    )
    const withEmail = await claimsOf(realm, client, { scope: 'email' })
    assert.deepEqual([withEmail['scope'], withEmail['email_verified']], ['profile email', false])

    const preview = await admin('clients.previewToken', { params, query: { scope: 'email' } })
    const { jti: _, exp: __, iat: ___, header: ____, ...expected } = withEmail
    const { jti: _1, exp: _2, iat: _3, ...previewed } = preview.claims
    assert.deepEqual(previewed, expected)
    assert.deepEqual([preview.header['typ'], preview.header['alg'], preview.response['scope']], ['at+jwt', 'ES256', 'profile email'])

    const changed = await admin('claimSets.update', {
      params: { realm, claimSet: 'partners' },
      body: { grant: { claims: { tier: 'gold' } } },
    })
    assert.deepEqual([changed.version, changed.clients], [2, 1])
    const after = await claimsOf(realm, client)
    assert.deepEqual([after['tier'], after['aud'], after['realm_access']], ['gold', 'stock', undefined])

    await assert.rejects(admin('claimSets.delete', { params: { realm, claimSet: 'partners' } }), /is used by 1 client/)
    await admin('clients.update', { params, body: { scopes: ['profile'], claimSet: null, grant: null, subject: null, headerType: null } })
    const { grant: own, scopeGrants, defaultScopes, subject, id } = await admin('clients.get', { params })
    assert.deepEqual([own, scopeGrants, defaultScopes, subject], [null, {}, ['profile'], id])
    await admin('claimSets.delete', { params: { realm, claimSet: 'partners' } })
    const bare = await claimsOf(realm, client)
    assert.deepEqual([bare['aud'], bare['tier'], bare['sub']], [undefined, undefined, id])
  })

  test('RFC 7662 §2.2: introspection has what grants have added, and the audience of the token', async () => {
    const { admin, aClient, tokenOf, postForm } = shared()
    const realm = 'nt24-idp'
    const client = await aClient(realm)
    const claims = { tier: 'gold', active: false, token_type: 'x' }
    await admin('clients.update', { params: { realm, client: client.clientId }, body: { grant: { ...grant, claims } } })
    const form = { ...client, client_id: client.clientId, client_secret: client.clientSecret, token: await tokenOf(realm, client) }
    const response = await postForm('/realms/nt24-idp/protocol/openid-connect/token/introspect', form)
    const { active, token_type: type, aud, tier, realm_access: roles, azp } = response.json()
    assert.deepEqual([active, type, aud, tier, roles, azp], [true, 'Bearer', 'orders', 'gold', { roles: ['partner'] }, undefined])
  })

  test('the server accepts the tokens of a client with a subject of its own, and refuses those of the subject before', async () => {
    const { admin, aClient, tokenOf, request } = shared()
    const realm = 'nt24-idp'
    const client = await aClient(realm)
    const statusOf = async (token: string) =>
      (await request({ url: '/realms/nt24-idp/v1/me', headers: { authorization: `Bearer ${token}` } })).statusCode
    const before = await tokenOf(realm, client)
    assert.equal(await statusOf(before), 200)
    await admin('clients.update', { params: { realm, client: client.clientId }, body: { subject: 'service-account-7' } })
    assert.equal(await statusOf(before), 401)
    assert.equal(await statusOf(await tokenOf(realm, client)), 200)
  })

  test('abuse 146: no client gets the tokens of another one, where its own grant may name it', async () => {
    const { admin, requestAdmin, aClient, tokenOf, request } = shared()
    const params = { realm: 'bare' }
    const [one, other] = [await aClient('bare'), await aClient('bare')]
    const ofOne = { ...params, client: one.clientId }
    const ofOther = { ...params, client: other.clientId }
    const { subject } = await admin('clients.get', { params: ofOther })
    const named = { grant: { claims: { azp: other.clientId } } }
    const outcomeOf = async (response: ReturnType<typeof requestAdmin>) => (await response).statusCode

    assert.equal(await outcomeOf(requestAdmin('clients.update', { params: ofOne, body: { subject, ...named } })), 409)
    const twin = { organization: one.slug, name: 'Twin', clientId: 'twin', subject, ...named }
    assert.equal(await outcomeOf(requestAdmin('clients.create', { params, body: twin })), 409)
    // In either order, and from either side.
    await admin('clients.update', { params: ofOne, body: { subject } })
    assert.equal(await outcomeOf(requestAdmin('clients.update', { params: ofOne, body: named })), 409)
    await admin('clients.update', { params: ofOther, body: { subject: 'another' } })
    await admin('clients.update', { params: ofOne, body: named })
    for (const back of [null, subject!])
      assert.equal(await outcomeOf(requestAdmin('clients.update', { params: ofOther, body: { subject: back } })), 409)

    const headers = { authorization: `Bearer ${await tokenOf('bare', one)}` }
    assert.equal((await request({ url: '/bare/v1/me', headers })).statusCode, 401)
  })

  test('RFC 8707 §2: a client of two APIs gets a token for each, which the other cannot use, and the default without resource', async () => {
    const { admin, aClient, requestToken } = shared()
    const realm = 'partner-api'
    const client = await aClient(realm)
    await admin('clients.update', { params: { realm, client: client.clientId }, body: { scopes: ['commands', 'stock:read'] } })
    const facts = async (parameters: Record<string, string>) => {
      const { aud, scope } = await claimsOf(realm, client, parameters)
      return [aud, scope]
    }
    assert.deepEqual(await facts({}), ['partner-api', 'commands'])
    assert.deepEqual(await facts({ resource: 'stock-api' }), ['stock-api', 'stock:read'])
    assert.deepEqual(await facts({ scope: 'stock:read' }), ['stock-api', 'stock:read'])
    for (const [parameters, error] of [
      [{ scope: 'commands stock:read' }, 'invalid_scope'],
      [{ resource: 'kyc-api' }, 'invalid_target'],
    ] as const) {
      const refused = await requestToken(realm, { ...tokenRequest(client), ...parameters })
      assert.deepEqual([refused.statusCode, refused.json().error], [400, error])
      const { params, query } = { params: { realm, client: client.clientId }, query: parameters }
      await assert.rejects(admin('clients.previewToken', { params, query }), new RegExp(`${error}|several: partner-api, stock-api`))
    }
  })

  for (const [what, realm, body, pointer] of [
    ['a reserved claim', 'nt24-idp', { grant: { claims: { exp: 1 } } }, '/body/grant/claims/exp'],
    ['the place of roles', 'nt24-idp', { grant: { claims: { realm_access: { roles: ['x'] } } } }, '/body/grant/claims/realm_access'],
    ['the roles of RFC 9068', 'partner-api', { grant: { claims: { roles: ['x'] } } }, '/body/grant/claims/roles'],
    ['the subject as a claim', 'nt24-idp', { grant: { claims: { sub: 'x' } } }, '/body/grant/claims/sub'],
    ['"cnf", which would claim a proof', 'partner-api', { grant: { claims: { cnf: {} } } }, '/body/grant/claims/cnf'],
    ['"azp" in another profile', 'partner-api', { grant: { claims: { azp: 'x' } } }, '/body/grant/claims/azp'],
    [
      '"client_id" where the realm does not leave it out',
      'nt24-idp',
      { grant: { claims: { client_id: '${client_id}' } } },
      '/body/grant/claims/client_id',
    ],
    ['a variable that does not exist', 'nt24-idp', { grant: { claims: { a: '${user}' } } }, '/body/grant'],
    ['a grant of 2 kB', 'nt24-idp', { grant: { claims: { a: 'x'.repeat(2000) } } }, '/body/grant'],
    ['claims nested 100 deep', 'nt24-idp', { grant: { claims: JSON.parse(`{"a":${'['.repeat(100)}${']'.repeat(100)}}`) } }, '/body/grant'],
    ['a default scope that the client does not have', 'nt24-idp', { defaultScopes: ['orders:read'] }, '/body/defaultScopes'],
    ['a grant for a scope that the client does not have', 'nt24-idp', { scopeGrants: { 'orders:read': {} } }, '/body/scopeGrants'],
    ['another header type in another profile', 'partner-api', { headerType: 'at+jwt' }, '/body/headerType'],
    ['a control character in a role', 'nt24-idp', { grant: { roles: { realm: ['a\n'] } } }, '/body/grant/roles/realm/0'],
  ] as const) {
    test(`${what} is refused with its place, and changes nothing`, async () => {
      const { requestAdmin, admin, aClient } = shared()
      const client = await aClient(realm)
      const params = { realm, client: client.clientId }
      const response = await requestAdmin('clients.update', { params, body: body as never })
      assert.equal(response.statusCode, 400, response.body)
      assert.ok(
        response.json().errors[0].pointer.startsWith(pointer.replace('/body', '')) || response.json().errors[0].pointer.startsWith(pointer),
        response.body,
      )
      assert.equal((await admin('clients.get', { params })).version, 1)
    })
  }

  test('a client whose token would be too long for a request header is refused', async () => {
    const { requestAdmin, aClient, admin } = shared()
    const realm = 'nt24-idp'
    const client = await aClient(realm)
    const params = { realm, client: client.clientId }
    const scopes = ['profile', 'email', 'orders:read']
    const long = { grant: { claims: { a: 'x'.repeat(900) } } }
    const scopeGrants = { profile: { grant: { claims: { b: 'x'.repeat(900) } } }, email: { grant: { claims: { c: 'x'.repeat(900) } } } }
    const refused = await requestAdmin('clients.update', { params, body: { scopes, ...long, scopeGrants } })
    assert.equal(refused.statusCode, 400)
    assert.match(refused.body, /would have about 4\d\d\d characters/)
    await admin('clients.update', { params, body: { scopes, ...long } })
  })

  test('a change of a claim set with which the token of one of its clients would be too long is refused, and changes nothing', async () => {
    const { requestAdmin, aClient, admin } = shared()
    const realm = 'nt24-idp'
    const body = (length: number) => ({ grant: { claims: { shared: 'x'.repeat(length) } } })
    await admin('claimSets.create', { params: { realm }, body: { name: 'growing', ...body(10) } })
    const client = await aClient(realm)
    for (const { clientId } of [await aClient(realm), client])
      await admin('clients.update', { params: { realm, client: clientId }, body: { claimSet: 'growing' } })
    await admin('clients.update', { params: { realm, client: client.clientId }, body: { grant: { claims: { own: 'x'.repeat(900) } } } })
    const params = { realm, claimSet: 'growing' }
    const refused = await requestAdmin('claimSets.update', { params, body: body(1900) })
    assert.equal(refused.statusCode, 400, refused.body)
    assert.match(refused.body, new RegExp(`client \\\\"${client.clientId}\\\\" would have about`))
    const { grant: kept } = await admin('claimSets.get', { params })
    assert.deepEqual((kept as Grant).claims, { shared: 'x'.repeat(10) })
    await admin('claimSets.update', { params, body: body(500) })
  })

  test('a claim set that repeats the subject is checked by the client with the longest one', async () => {
    const { requestAdmin, aClient, admin } = shared()
    const realm = 'nt24-idp'
    await admin('claimSets.create', { params: { realm }, body: { name: 'repeating', grant: {} } })
    const { slug } = await aClient(realm, { claimSet: 'repeating', subject: 'x'.repeat(255) })
    for (let count = 0; count < 20; count++)
      await admin('clients.create', {
        params: { realm },
        body: { organization: slug, name: 'short', clientId: `short-${count}`, claimSet: 'repeating', grant: { claims: { more: 1 } } },
      })
    const update = (times: number) => {
      const body = { grant: { claims: { many: '${subject}'.repeat(times) } } }
      return requestAdmin('claimSets.update', { params: { realm, claimSet: 'repeating' }, body })
    }
    const refused = await update(40)
    assert.deepEqual([refused.statusCode, /would have about 1\d{4} characters/.test(refused.body)], [400, true], refused.body)
    assert.equal((await update(2)).statusCode, 200)
  })
})

test('a token is not signed with a role that was withdrawn while its audit row was written', async () => {
  const { admin, aClient, requestToken, database } = await startTestServer({ realms, nodes: 1 })
  const realm = 'nt24-idp'
  await admin('claimSets.create', { params: { realm }, body: { name: 'partners', grant } })
  const client = await aClient(realm)
  await admin('clients.update', { params: { realm, client: client.clientId }, body: { claimSet: 'partners' } })
  // Both at once, again and again: whichever is first, a token that is answered after the change does not have the role.
  for (let round = 0; round < 5; round++) {
    await admin('claimSets.update', { params: { realm, claimSet: 'partners' }, body: { grant } })
    let isChanged = false
    const change = admin('claimSets.update', { params: { realm, claimSet: 'partners' }, body: { grant: {} } }).then(
      () => (isChanged = true),
    )
    const tokens = Array.from({ length: 20 }, async () => {
      const response = await requestToken(realm, tokenRequest(client))
      const hadChanged = isChanged
      return { hadChanged, roles: decodeJwt(response.json().access_token)['realm_access'] }
    })
    await change
    const late = await requestToken(realm, tokenRequest(client))
    assert.equal(decodeJwt(late.json().access_token)['realm_access'], undefined)
    for (const { hadChanged, roles } of await Promise.all(tokens)) assert.ok(!hadChanged || roles === undefined)
  }
  assert.ok(database)
})

test('a claim set that cannot be read stops the tokens of its clients, and no others', async () => {
  const { admin, aClient, requestToken, database, expectErrors } = await startTestServer({ realms, nodes: 1 })
  expectErrors()
  const realm = 'nt24-idp'
  await admin('claimSets.create', { params: { realm }, body: { name: 'partners', grant } })
  const [client, other] = [await aClient(realm), await aClient(realm, { slug: 'other' })]
  await admin('clients.update', { params: { realm, client: client.clientId }, body: { claimSet: 'partners' } })
  await database.query(`update claim_sets set content = '{'`)
  await admin('claimSets.create', { params: { realm }, body: { name: 'another', grant: {} } })
  assert.equal((await requestToken(realm, tokenRequest(client))).statusCode, 503)
  assert.equal((await requestToken(realm, tokenRequest(other))).statusCode, 200)
})
