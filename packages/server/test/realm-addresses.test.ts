// A realm whose issuer is a full URL at another host than publicUrl, and its aliases: everything of a realm at each of its addresses.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createTokenProvider } from '@countersign/client'
import { createRemoteGuard, meRequirement } from '@countersign/guard'
import type { RealmAddress } from '../src/realms/realm-addresses.ts'
import { realmPaths } from '../src/realms/realm-paths.ts'
import { addManyPartners } from './many-clients.fixture.ts'
import { shareTestServer, tokenRequest, type TestServer } from './test-server.fixture.ts'

const origin = 'https://auth.novatrade24.example'
const issuer = `${origin}/realms/nt24-idp`
const realms = `
  nt24-idp:
    issuer: ${issuer}
    tokenEndpoint: /realms/nt24-idp/protocol/openid-connect/token
    aliases: [/auth/realms/nt24-idp, /legacy/idp]
    tokenProfile: keycloak
    signingAlgorithm: ES256
    audience: nt24-integration-api
    scopes: [profile]
    defaultScopes: [profile]
    addressProtection: { requestsPerSecond: 1000, failedAuthentications: { limit: 3, within: 60s, blockFor: 5m } }
  partner-api:
    issuer: https://id.partner.example:8443/partner-api
    tokenEndpoint: /partner-api/oauth/token
    aliases: [/v0/partner-api]
    audience: partner-api
    scopes: [commands]
    defaultScopes: [commands]
`
const prefixes = {
  'nt24-idp': ['/realms/nt24-idp', '/auth/realms/nt24-idp', '/legacy/idp'],
  'partner-api': ['/partner-api', '/v0/partner-api'],
} as const
const all = Object.entries(prefixes).flatMap(([realm, paths]) => paths.map((path) => [realm, path] as const))
const browser = { accept: 'text/html' }
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

suite('the addresses of a realm', () => {
  const shared = shareTestServer({ realms })

  function at(server: TestServer, realm: string, path: string): RealmAddress & ReturnType<typeof realmPaths> {
    const { addresses, tokenProfile } = server.realms.get(realm)!
    return { ...addresses.find((address) => address.path === path)!, ...realmPaths({ issuerPath: path, tokenProfile }) }
  }

  for (const [realm, path] of all) {
    test(`RFC 8414 §3: the metadata at ${path} names the endpoints of that address at the origin of the issuer, and the issuer of the tokens`, async () => {
      const server = shared()
      const { openidConfiguration, metadataCopies, keys, introspection, revocation, authorization, tokenPath } = at(server, realm, path)
      const copies = [openidConfiguration, ...metadataCopies]
      assert.equal(copies.length, 4)
      assert.ok(
        copies.includes(`/.well-known/oauth-authorization-server${path}`) && copies.includes(`/.well-known/openid-configuration${path}`),
      )
      const own = server.realms.get(realm)!
      for (const url of copies) {
        const document = (await server.request({ url, headers: { host: 'evil.example', 'x-forwarded-host': 'evil.example' } })).json()
        assert.equal(document.issuer, own.issuer, url)
        assert.deepEqual(
          [
            document.token_endpoint,
            document.jwks_uri,
            document.introspection_endpoint,
            document.revocation_endpoint,
            document.authorization_endpoint,
          ],
          [tokenPath, keys, introspection, revocation, authorization].map((endpoint) => own.origin + endpoint),
        )
        assert.equal(document.service_documentation, 'http://localhost:8080/problems')
      }
      assert.ok(tokenPath.startsWith(`${path}/`))
    })

    test(`${path} issues, introspects and revokes the same tokens, and has the same keys`, async () => {
      const server = shared()
      const { tokenPath, keys, introspection, revocation } = at(server, realm, path)
      const own = server.realms.get(realm)!
      const client = await server.aClient(realm)
      const answer = await server.postForm(tokenPath, tokenRequest(client))
      assert.equal(answer.statusCode, 200, answer.body)
      const token = answer.json().access_token as string
      assert.equal(claimsOf(token)['iss'], own.issuer)
      assert.equal((await server.request({ url: keys })).body, (await server.request({ url: realmPaths(own).keys })).body)

      const form = { client_id: client.clientId, client_secret: client.clientSecret, token }
      const introspected = (await server.postForm(introspection, form)).json()
      assert.deepEqual([introspected.active, introspected.iss], [true, own.issuer])
      assert.equal((await server.postForm(revocation, form)).statusCode, 200)
      assert.equal((await server.postForm(realmPaths(own).introspection, form)).json().active, false)
    })

    test(`${path} serves token holders and guards, and its links stay at that address`, async () => {
      const server = shared()
      const { url } = at(server, realm, path)
      const client = await server.aClient(realm, { scopes: ['entitlements:read'] })
      await addManyPartners(server, { realm, organizationId: client.organizationId, count: 101 })
      const headers = bearer(await server.tokenOf(realm, client))
      const get = (what: string) => server.request({ url: `${path}/v1/${what}`, headers })
      assert.equal((await get('me')).json().partnersUrl, `${url}/v1/me/partners`)
      assert.equal((await get('me/partners?limit=1')).json().items.length, 1)
      const rotation = await get('me/secret-rotation')
      assert.deepEqual([rotation.json().state, rotation.headers['content-location']], ['stable', `${path}/v1/me/secret-rotation`])
      assert.equal((await get(`entitlement?client_id=${client.clientId}`)).json().client.clientId, client.clientId)
      assert.equal((await get('changes')).statusCode, 200)
      assert.equal((await get(`organizations/${client.organizationId}/entitlement`)).json().organization.id, client.organizationId)
      const started = await server.request({
        method: 'POST',
        url: `${path}/v1/me/secret-rotation`,
        headers: { authorization: `Basic ${btoa(`${client.clientId}:${client.clientSecret}`)}` },
      })
      assert.equal(started.statusCode, 201, started.body)
    })

    test(`the pages at ${path} name the token endpoint of that address, the issuer, and the problem pages at publicUrl`, async () => {
      const server = shared()
      const { tokenUrl, authorization, openidConfiguration } = at(server, realm, path)
      for (const url of [path, authorization]) {
        const { body, statusCode } = await server.request({ url, headers: browser })
        assert.equal(statusCode, 200, url)
        for (const text of [tokenUrl, server.realms.get(realm)!.issuer, 'href="http://localhost:8080/problems"'])
          assert.ok(body.includes(text), `${text} at ${url}`)
      }
      assert.ok((await server.request({ url: path, headers: browser })).body.includes(`href="${openidConfiguration}"`))
    })

    test(`errors at ${path} name the path of that address`, async () => {
      const { request, postForm } = shared()
      const { tokenPath } = at(shared(), realm, path)
      const upper = await postForm(tokenPath.toUpperCase(), {})
      assert.equal(upper.statusCode, 404)
      assert.ok(upper.json().error_description.includes(`'${tokenPath}'`), upper.body)
      const longer = await postForm(`/proxy${tokenPath}`, {})
      assert.ok(longer.json().error_description.includes(`'${tokenPath}'`), longer.body)
      const twice = await request({ url: `${path}//v1/me` })
      assert.ok(twice.json().remedy.includes(`"${path}/v1/me"`), twice.body)
      const wrongMethod = await request({ url: tokenPath })
      assert.deepEqual([wrongMethod.statusCode, wrongMethod.headers['allow']], [405, 'POST'])
      assert.equal(wrongMethod.json().error_uri, 'http://localhost:8080/problems/token-method-not-allowed')
      const method = await request({ method: 'POST', url: `${path}/v1/changes` })
      assert.deepEqual([method.statusCode, method.headers['allow']], [405, 'GET, HEAD'])
      assert.equal((await request({ url: `${path}/nothing` })).statusCode, 404)
      const denied = await request({ url: `${path}/v1/me` })
      assert.match(String(denied.headers['www-authenticate']), /^Bearer realm="/)
      assert.ok(!denied.body.includes('example'), denied.body)
    })
  }

  test('abuse 141: no request header gets into a document at any address', async () => {
    const server = shared()
    const forged = { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'http', forwarded: 'host=evil.example' }
    for (const [realm, path] of all) {
      const { openidConfiguration, keys, authorization, tokenPath } = at(server, realm, path)
      for (const url of [openidConfiguration, keys, authorization, path, tokenPath, `${path}/nothing`]) {
        const { body, headers } = await server.request({ url, headers: { ...browser, ...forged } })
        assert.ok(!`${body}${JSON.stringify(headers)}`.includes('evil'), url)
      }
    }
  })

  test('with trailingSlash, every path of the realm is the same with a slash at its end, once, and the methods are the same', async () => {
    const server = shared()
    const client = await server.aClient('nt24-idp')
    const token = await server.tokenOf('nt24-idp', client)
    for (const path of prefixes['nt24-idp']) {
      const { tokenPath, introspection, revocation, openidConfiguration, metadataCopies, keys, authorization } = at(
        server,
        'nt24-idp',
        path,
      )
      for (const url of [path, openidConfiguration, ...metadataCopies, keys, authorization, `${path}/v1/me`]) {
        const get = (target: string) => server.request({ url: target, headers: { ...browser, ...bearer(token) } })
        const [plain, slashed] = [await get(url), await get(`${url}/`)]
        assert.deepEqual([slashed.statusCode, slashed.body], [200, plain.body], url)
        assert.equal((await get(`${url}//`)).statusCode, 404, url)
      }
      assert.equal((await server.postForm(`${tokenPath}/`, tokenRequest(client))).statusCode, 200)
      assert.equal((await server.postForm(`${tokenPath}//`, tokenRequest(client))).statusCode, 404)
      const form = { client_id: client.clientId, client_secret: client.clientSecret, token: 'x' }
      for (const url of [introspection, revocation]) assert.equal((await server.postForm(`${url}/`, form)).statusCode, 200, url)
      const wrongMethod = await server.request({ url: `${tokenPath}/` })
      assert.deepEqual([wrongMethod.statusCode, wrongMethod.headers['allow']], [405, 'POST'])
      assert.equal((await server.postForm(`${tokenPath}/?client_secret=canary`, {})).statusCode, 400)
    }
  })

  test('without trailingSlash, a slash at the end is not found, and the answer says so', async () => {
    const server = shared()
    for (const path of prefixes['partner-api']) {
      const { tokenPath, openidConfiguration } = at(server, 'partner-api', path)
      const refused = await server.postForm(`${tokenPath}/`, {})
      assert.deepEqual([refused.statusCode, refused.json().error_uri], [404, 'http://localhost:8080/problems/wrong-path'])
      assert.match((await server.request({ url: `${openidConfiguration}/` })).json().detail, /a slash at its end/)
    }
  })

  test('tokens are guarded at every address, also at the root, and a realm has no token of another one', async () => {
    const server = shared()
    const token = await server.tokenOf('nt24-idp', await server.aClient('nt24-idp'))
    const statusAt = async (path: string) => (await server.request({ url: `${path}/v1/me`, headers: bearer(token) })).statusCode
    for (const path of ['', ...prefixes['nt24-idp']]) assert.equal(await statusAt(path), 200, path)
    for (const path of prefixes['partner-api']) assert.equal(await statusAt(path), 401, path)
  })

  test('guard and client library work with an issuer at another host than publicUrl', async () => {
    const server = shared()
    const { origin: listening } = await server.listen()
    const asked = new Set<string>()
    const byHost = (input: string | URL | Request, init?: RequestInit) => {
      const url = new URL(input instanceof Request ? input.url : String(input))
      asked.add(url.origin)
      return fetch(listening + url.pathname + url.search, init)
    }
    const client = await server.aClient('nt24-idp')
    const provider = createTokenProvider({ issuer, clientId: client.clientId, clientSecret: client.clientSecret, fetch: byHost })
    const guard = createRemoteGuard({
      issuer,
      realm: 'nt24-idp',
      tokenProfile: 'keycloak',
      audience: 'nt24-integration-api',
      credentials: await server.aClient('nt24-idp', { scopes: ['entitlements:read'] }),
      clock: server.clock.now,
      fetch: byHost,
    })
    await guard.ready()
    const access = await guard.authorize(
      { rawHeaders: ['Authorization', `Bearer ${await provider.getToken()}`], params: {} },
      meRequirement,
    )
    assert.ok(access.allowed)
    assert.equal(access.entitlement.client.rights.clientId, client.clientId)
    const atAlias = createTokenProvider({
      tokenUrl: `${origin}/legacy/idp/protocol/openid-connect/token`,
      clientId: client.clientId,
      clientSecret: client.clientSecret,
      fetch: byHost,
    })
    assert.ok((await guard.verifyToken(await atAlias.getToken())).valid)
    assert.deepEqual([...asked], [origin])
  })

  test('the list of realms has the issuer and the token endpoint at its origin', async () => {
    const { items } = await shared().admin('realms.list', { params: {} })
    const listed = items.find(({ name }) => name === 'nt24-idp')!
    assert.deepEqual([listed.issuer, listed.tokenUrl], [issuer, `${issuer}/protocol/openid-connect/token`])
    assert.equal(items.find(({ name }) => name === 'operators')!.issuer, 'http://localhost:8080/realms/operators')
  })
})

suite('what a realm counts', () => {
  const shared = shareTestServer({ realms, nodes: 1 })

  test('a client that fails at one address of a realm is blocked at all of them', async () => {
    const { postForm, aClient, realms: known } = shared()
    const client = await aClient('nt24-idp')
    const paths = known.get('nt24-idp')!.addresses.map(({ tokenPath }) => tokenPath)
    for (const path of paths) assert.equal((await postForm(path, tokenRequest({ ...client, clientSecret: 'wrong' }))).statusCode, 401)
    for (const path of paths) assert.equal((await postForm(path, tokenRequest(client))).statusCode, 429)
  })

  test('the audit log and the access log name the realm, whatever the address', async () => {
    const { postForm, aClient, auditEvents, realms: known } = shared()
    const client = await aClient('partner-api')
    for (const { tokenPath } of known.get('partner-api')!.addresses)
      assert.equal((await postForm(tokenPath, tokenRequest(client))).statusCode, 200)
    const tokens = (await auditEvents()).filter(({ kind, client_id: id }) => kind === 'token.request' && id === client.clientId)
    assert.deepEqual(
      tokens.map(({ realm }) => realm),
      ['partner-api', 'partner-api'],
    )
  })
})

function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as Record<string, unknown>
}
