import assert from 'node:assert/strict'
import { StatementSync } from 'node:sqlite'
import { suite, test, type TestContext } from 'node:test'
import { fastify } from 'fastify'
import { Client } from 'pg'
import { seedRealms, shareTestServer, startTestServerOnAnyStore } from '../../test/test-server.fixture.ts'
import { parseConfiguration } from '../configuration/configuration.ts'
import type { RealmKeys } from '../keys/realm-keys.ts'
import { mountDiscovery } from './discovery.ts'

/** Paths at which each realm publishes its metadata and keys. */
const places = {
  'nt24-idp': {
    keys: '/realms/nt24-idp/protocol/openid-connect/certs',
    openid: '/realms/nt24-idp/.well-known/openid-configuration',
    metadata: '/.well-known/oauth-authorization-server/realms/nt24-idp',
    introspection: '/realms/nt24-idp/protocol/openid-connect/token/introspect',
    revocation: '/realms/nt24-idp/protocol/openid-connect/revoke',
  },
  'partner-api': {
    keys: '/partner-api/.well-known/jwks.json',
    openid: '/partner-api/.well-known/openid-configuration',
    metadata: '/.well-known/oauth-authorization-server/partner-api',
    introspection: '/partner-api/oauth2/introspect',
    revocation: '/partner-api/oauth2/revoke',
  },
  nxtsoft: {
    keys: '/.well-known/jwks.json',
    openid: '/.well-known/openid-configuration',
    metadata: '/.well-known/oauth-authorization-server',
    introspection: '/oauth2/introspect',
    revocation: '/oauth2/revoke',
  },
}

suite('what every realm publishes', () => {
  const shared = shareTestServer({ realms: seedRealms, settings: 'trustedProxies: [127.0.0.0/8]' })

  for (const [realm, paths] of Object.entries(places)) {
    test(`RFC 8414 §3: ${realm} publishes its metadata at both paths, with its own issuer and URLs`, async () => {
      const { request, realms } = shared()
      const [openid, metadata] = [await request({ url: paths.openid }), await request({ url: paths.metadata })]
      assert.equal(openid.body, metadata.body)
      const document = metadata.json()
      const base = 'http://localhost:8080'
      assert.equal(document.issuer, realms.get(realm)!.issuer)
      assert.equal(document.token_endpoint, base + realms.get(realm)!.tokenPath)
      assert.equal(document.jwks_uri, base + paths.keys)
      assert.equal(document.introspection_endpoint, base + paths.introspection)
      assert.equal(document.revocation_endpoint, base + paths.revocation)
      assert.deepEqual(document.grant_types_supported, ['client_credentials'])
      const openidScopes = realm === 'nt24-idp' ? ['openid'] : []
      assert.deepEqual(document.scopes_supported ?? [], [...openidScopes, ...realms.get(realm)!.scopes])
    })

    test(`fault 7.5: ${realm} publishes the same metadata under both names, appended to its issuer and inserted before its path`, async () => {
      const { request, realms } = shared()
      const { issuerPath } = realms.get(realm)!
      const expected = (await request({ url: paths.openid })).body
      for (const name of ['openid-configuration', 'oauth-authorization-server']) {
        for (const url of [`${issuerPath}/.well-known/${name}`, `/.well-known/${name}${issuerPath}`]) {
          const response = await request({ url })
          assert.deepEqual([response.statusCode, response.body], [200, expected], url)
        }
      }
    })

    test(`fault 7.5: ${realm} names an authorization endpoint, whose page says that there is no login and repeats no parameter`, async () => {
      const { request } = shared()
      const { authorization_endpoint: endpoint, token_endpoint: tokenEndpoint } = (await request({ url: paths.openid })).json()
      assert.ok(String(endpoint).startsWith('http://localhost:8080/'))
      const url = `${new URL(endpoint).pathname}?response_type=code&client_id=reflected&redirect_uri=https://reflected.example`
      const page = await request({ url })
      assert.equal(page.statusCode, 200)
      assert.match(String(page.headers['content-type']), /^text\/html/)
      assert.ok(page.body.includes('There is no login here') && page.body.includes(tokenEndpoint))
      assert.ok(!page.body.includes('reflected') && page.headers['location'] === undefined)
    })

    test(`fault 7.5: the metadata of ${realm} has what strict libraries require, and no empty list`, async () => {
      const { request } = shared()
      const document = (await request({ url: paths.openid })).json()
      const required = [
        'issuer',
        'authorization_endpoint',
        'token_endpoint',
        'jwks_uri',
        'response_types_supported',
        'subject_types_supported',
      ]
      for (const member of required) assert.ok(document[member]?.length > 0, member)
      assert.ok(document.id_token_signing_alg_values_supported.includes('RS256'))
      assert.ok(Object.values(document).every((value) => (value as string | unknown[]).length > 0))
      assert.deepEqual(document.access_token_signing_alg_values_supported, [realm === 'nxtsoft' ? 'RS256' : 'ES256'])
    })

    test(`RFC 7517 §5: ${realm} publishes its one public key, with a cache lifetime`, async () => {
      const { request } = shared()
      const response = await request({ url: paths.keys })
      assert.match(String(response.headers['cache-control']), /^public, max-age=\d+$/)
      const { keys } = response.json()
      assert.equal(keys.length, 1)
      assert.deepEqual([keys[0].use, keys[0].alg], ['sig', realm === 'nxtsoft' ? 'RS256' : 'ES256'])
    })
  }

  test('abuse 141: request headers do not change the published metadata', async () => {
    const { request } = shared()
    const forged = {
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      forwarded: 'host=evil.example',
    }
    for (const url of ['/realms/nt24-idp/.well-known/openid-configuration', '/problems', '/problems/invalid-client', '/realms/x/token']) {
      const [plain, forgedAnswer] = [await request({ url }), await request({ url, headers: forged })]
      assert.equal(forgedAnswer.body.replace(/urn:request:[\w-]+/, ''), plain.body.replace(/urn:request:[\w-]+/, ''))
    }
  })

  test('abuse 142: no public response has a private member of a key', async () => {
    const { request } = shared()
    const urls = Object.values(places).flatMap(({ keys, openid, metadata }) => [keys, openid, metadata])
    for (const url of [...urls, '/problems', '/realms/operators/.well-known/jwks.json']) {
      const response = await request({ url })
      assert.equal(response.statusCode, 200, url)
      const names = namesIn(response.json())
      assert.deepEqual(
        ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'].filter((name) => names.has(name)),
        [],
        url,
      )
      assert.ok(!response.body.includes('PRIVATE'))
    }
  })
})

test('abuse 139: 500 guards that ask for the keys at once get them from memory, cacheable, without a query', async (t) => {
  const queries = countKeyQueries(t)
  const { request } = await startTestServerOnAnyStore()
  const url = places['nt24-idp'].keys
  const first = await request({ url })
  const queriesOfTheStart = queries()
  assert.ok(queriesOfTheStart > 0)
  const answers = await Promise.all(Array.from({ length: 500 }, () => request({ url })))
  assert.deepEqual([...new Set(answers.map(({ statusCode, body }) => `${statusCode} ${body}`))], [`200 ${first.body}`])
  assert.match(String(answers[0]!.headers['cache-control']), /^public, max-age=\d+$/)
  assert.equal(queries(), queriesOfTheStart)
})

/** How many statements about signing keys any store gets from now on. */
function countKeyQueries(t: TestContext): () => number {
  let count = 0
  const note = (text: unknown) => void (String(text).includes('signing_keys') && count++)
  for (const name of ['all', 'get', 'run', 'iterate'] as const) {
    const run = StatementSync.prototype[name] as (this: StatementSync, ...values: never[]) => unknown
    t.mock.method(StatementSync.prototype, name, function (this: StatementSync, ...values: never[]) {
      note(this.sourceSQL)
      return run.apply(this, values)
    })
  }
  const query = Client.prototype.query as (this: Client, ...values: unknown[]) => unknown
  t.mock.method(Client.prototype, 'query', function (this: Client, ...values: unknown[]) {
    note(typeof values[0] === 'string' ? values[0] : (values[0] as { text?: string } | undefined)?.text)
    return query.apply(this, values)
  })
  return () => count
}

/** The names of all members in a document, at any depth. */
function namesIn(document: unknown): Set<string> {
  const names = new Set<string>()
  JSON.stringify(document, (name, value: unknown) => {
    names.add(name)
    return value
  })
  return names
}

test('while the store does not take the key of another algorithm, the keys of the realm are published, and without any it is a failure', async () => {
  const realm = parseConfiguration('realms: { one: { issuer: /one, tokenEndpoint: /one/token, audience: one } }', '/').realms.get('one')!
  const statuses: number[] = []
  for (const published of [[{ kty: 'EC', kid: 'a', use: 'sig', alg: 'ES256' }], undefined] as const) {
    const app = fastify()
    const keys = { algorithms: () => ['ES256'], open: () => Promise.reject(new Error('read-only')), published: () => published }
    mountDiscovery(app, realm, keys as unknown as RealmKeys, 'http://localhost:8080')
    statuses.push((await app.inject({ url: '/one/.well-known/jwks.json' })).statusCode)
  }
  assert.deepEqual(statuses, [200, 500])
})
