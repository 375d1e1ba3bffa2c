import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { seedRealms, shareTestServer, startTestServer } from '../../test/test-server.fixture.ts'

const partner = '11111111-1111-4111-8111-111111111111'
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

test('seed 000: GET /v1/me returns the client’s organization, partners, capabilities, DPA and token', async () => {
  const { aClient, tokenOf, request, admin } = await startTestServer()
  const client = await aClient('nt24-idp')
  const params = { realm: 'nt24-idp', organization: 'acme' }
  await admin('organizations.update', { params, body: { capabilities: { allowMarketplaceLedKyc: true, rateLimitTier: 'standard' } } })
  await admin('partners.authorize', { params: { ...params, partner }, body: { name: 'Seller' } })
  await admin('dpa.accept', { params, body: { version: '2026-01', acceptedBy: 'Ada' } })
  const response = await request({ url: '/realms/nt24-idp/v1/me', headers: bearer(await tokenOf('nt24-idp', client)) })
  assert.equal(response.headers['cache-control'], 'no-store')
  const { client: self, ...rest } = response.json()
  assert.deepEqual([self.clientId, self.realm, self.secret.rotation], [client.clientId, 'nt24-idp', null])
  assert.deepEqual(rest, {
    organization: { id: client.organizationId, slug: 'acme', name: 'acme', status: 'active' },
    partners: [{ id: partner, name: 'Seller' }],
    capabilities: { allowMarketplaceLedKyc: true, rateLimitTier: 'standard' },
    dpa: { status: 'accepted', requiredVersion: '2026-01', acceptedVersion: '2026-01', acceptedAt: '2026-01-15T12:00:00.000Z' },
    token: { scope: 'profile email', issuedAt: '2026-01-15T12:00:00.000Z', expiresAt: '2026-01-15T12:05:00.000Z' },
  })
})

test('GET /v1/me tells an organization that its DPA is missing and that it is suspended', async () => {
  const { aClient, tokenOf, request, admin } = await startTestServer()
  const token = await tokenOf('nt24-idp', await aClient('nt24-idp'))
  await admin('organizations.update', { params: { realm: 'nt24-idp', organization: 'acme' }, body: { status: 'suspended' } })
  const document = (await request({ url: '/realms/nt24-idp/v1/me', headers: bearer(token) })).json()
  assert.deepEqual([document.dpa.status, document.organization.status], ['missing', 'suspended'])
})

suite('GET /v1/me at the root, in every realm', () => {
  const shared = shareTestServer({ realms: seedRealms })
  for (const realm of ['nt24-idp', 'prod', 'partner-api', 'nxtsoft', 'operators']) {
    test(`GET /v1/me at the root returns the same for a token of ${realm} as in the realm`, async () => {
      const { aClient, tokenOf, request, realms, operator } = shared()
      const headers = bearer(await tokenOf(realm, realm === 'operators' ? operator : await aClient(realm)))
      const atRoot = await request({ url: '/v1/me', headers })
      assert.equal(atRoot.statusCode, 200)
      assert.equal(atRoot.json().client.realm, realm)
      assert.equal(atRoot.body, (await request({ url: `${realms.get(realm)!.issuerPath}/v1/me`, headers })).body)
    })
  }
})

test('GET /v1/me at the root verifies the issuer by which it chose the realm', async () => {
  const { aClient, tokenOf, request } = await startTestServer()
  const token = await tokenOf('prod', await aClient('prod'))
  const [header, payload, signature] = token.split('.') as [string, string, string]
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object
  const moved = Buffer.from(JSON.stringify({ ...claims, iss: 'http://localhost:8080/realms/nt24-idp' })).toString('base64url')
  const response = await request({ url: '/v1/me', headers: bearer(`${header}.${moved}.${signature}`) })
  assert.equal(response.statusCode, 401)
  assert.match(response.json().type, /\/invalid-token$/)
})

const segment = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
/** Authorization headers sent to /v1/me at the root, and the problem for each. */
const refusals = [
  ['nothing', undefined, 'missing-token'],
  ['Basic credentials', 'Basic YTpi', 'malformed-authorization'],
  ['two spaces', 'Bearer  a', 'malformed-authorization'],
  ['nonsense', 'Bearer a', 'invalid-token'],
  ['an unknown issuer', `Bearer ${segment({})}.${segment({ iss: 'https://evil.example' })}.a`, 'invalid-token'],
  ['no issuer', `Bearer ${segment({})}.${segment({})}.a`, 'invalid-token'],
  ['a null payload', `Bearer a.${segment(null)}.a`, 'invalid-token'],
  ['an issuer named like a member of objects', `Bearer a.${segment({ iss: 'constructor' })}.a`, 'invalid-token'],
] as const
suite('GET /v1/me at the root, rejected', () => {
  const shared = shareTestServer()
  for (const [what, authorization, problem] of refusals) {
    test(`GET /v1/me at the root rejects ${what} as ${problem}`, async () => {
      const response = await shared().request({ url: '/v1/me', ...(authorization && { headers: { authorization } }) })
      assert.equal(response.statusCode, 401)
      assert.equal(response.json().type, `http://localhost:8080/problems/${problem}`)
      assert.match(String(response.headers['www-authenticate']), /^Bearer realm="/)
    })
  }
})

const badTokens: [what: string, token: string, detail: RegExp][] = [
  ['nonsense', 'a', /^The access token is not three segments: it was altered or truncated/],
  ['stray bits', `${segment({})}.YR.YQ`, /^The access token is not canonical base64url/],
  ['bytes that are not JSON', 'YQ.YQ.YQ', /^The access token is not JSON inside/],
  ['a list in place of claims', `${segment({})}.${segment([])}.YQ`, /^The access token is not made of JSON objects/],
  ['an issuer twice', `${segment({})}.${Buffer.from('{"iss":"a","iss":"b"}').toString('base64url')}.YQ`, /has a member twice/],
  ['no issuer', `${segment({})}.${segment({ sub: 'a' })}.YQ`, /^The access token does not name its issuer \("iss"\)/],
  ['no signature', `${segment({})}.${segment({ iss: 'a' })}.`, /^The access token is not canonical base64url/],
]
const every: [what: string, url: string][] = [
  ['/v1/me at the root', '/v1/me'],
  ['the rotation at the root', '/v1/me/secret-rotation'],
  ['/v1/me of a realm', '/auth/realms/prod/v1/me'],
  ['the admin API', '/admin/v1/realms'],
]
suite('what is wrong with a token', () => {
  const shared = shareTestServer()
  for (const [what, token, detail] of badTokens) {
    test(`fault 8.5: a token with ${what} gets the same words at the root, in a realm and at the admin API`, async () => {
      for (const [where, url] of every) {
        const { detail: said, remedy } = (await shared().request({ url, headers: bearer(token) })).json()
        // A realm reads the header before the issuer.
        if (what !== 'no issuer' || url.startsWith('/v1/')) assert.match(said, detail, where)
        assert.match(remedy, /^Send the access_token of the token response unchanged/, where)
      }
    })
  }

  test('fault 8.5: only a token of another issuer is said to be of another realm', async () => {
    const token = `${segment({})}.${segment({ iss: 'https://evil.example' })}.YQ`
    const { detail, remedy } = (await shared().request({ url: '/v1/me', headers: bearer(token) })).json()
    assert.match(detail, /^The access token was issued by another server, or by a realm that this server does not have/)
    assert.match(remedy, /^Verify the realm in your token URL/)
  })
})

test('fault 3.5: several tokens are refused at the root and in a realm, whatever their issuers', async () => {
  const { aClient, tokenOf, request } = await startTestServer()
  const token = await tokenOf('prod', await aClient('prod'))
  const stranger = `${segment({})}.${segment({ iss: 'https://evil.example' })}.a`
  for (const url of ['/v1/me', '/auth/realms/prod/v1/me', '/admin/v1/realms']) {
    for (const [first, second] of [
      [token, token],
      [stranger, token],
    ]) {
      const response = await request({ url: `${url}?access_token=${second}`, headers: bearer(`${first}`) })
      assert.equal(response.statusCode, 400)
      assert.equal(response.json().type, 'http://localhost:8080/problems/several-tokens')
    }
  }
})

test('an expired token gets the same error at the root as in its realm', async () => {
  const { aClient, tokenOf, request, clock } = await startTestServer()
  const headers = bearer(await tokenOf('prod', await aClient('prod')))
  clock.advance(300_000)
  for (const url of ['/v1/me', '/auth/realms/prod/v1/me']) assert.match((await request({ url, headers })).json().type, /\/expired-token$/)
})

test('the API of a realm is reached although the issuer of another realm is in front of it', async () => {
  const realm = (issuer: string) => `{ issuer: ${issuer}, tokenEndpoint: ${issuer}/token, audience: a }`
  const { request } = await startTestServer({ realms: ` { one: ${realm('/a')}, two: ${realm('/a/v1')} }` })
  for (const path of ['me', 'me/partners', 'me/secret-rotation', 'entitlement', 'changes', 'v1/me'])
    assert.match((await request({ url: `/a/v1/${path}` })).json().type, /\/missing-token$/, path)
})
