import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { seedRealms, shareTestServer } from '../../test/test-server.fixture.ts'
import { createKnownPaths } from './known-paths.ts'

const token = '/auth/realms/prod/protocol/openid-connect/token'
const clients = '/admin/v1/realms/prod/clients'

/** A path, what is said to differ, and the path that is meant. */
const misspelt: [path: string, difference: RegExp, meant: string][] = [
  ['/partner-api/oauth/token/', /a slash at its end/, '/partner-api/oauth/token'],
  [`//auth/realms/prod/protocol/openid-connect/token`, /two slashes in a row/, token],
  ['/auth/realms/prod//protocol/openid-connect/token', /two slashes in a row/, token],
  ['/auth%2Frealms/prod/protocol/openid-connect/token', /percent-encoded \(%2F\)/, token],
  [token.toUpperCase(), /upper and lower case/, token],
  ['/auth/realms/Prod/protocol/openid-connect/token', /upper and lower case/, token],
  ['//auth/realms/Prod/protocol/openid-connect/token/', /two slashes in a row and a slash at its end and upper and lower case/, token],
  [`${token};jsessionid=1`, /a semicolon/, token],
  [`${token}%20`, /white space/, token],
  ['/protocol/openid-connect/token', /lacks the realm/, '{realm}/protocol/openid-connect/token'],
  ['/protocol/openid-connect/token/introspect', /lacks the realm/, '{realm}/protocol/openid-connect/token/introspect'],
  ['/proxy/auth/realms/prod/protocol/openid-connect/token', /more in front/, token],
  ['/problems/', /a slash at its end/, '/problems'],
  ['//problems', /two slashes in a row/, '/problems'],
  ['/Problems/invalid-client', /upper and lower case/, '/problems/{code}'],
  ['/partner-api/v1/me/', /a slash at its end/, '/partner-api/v1/me'],
  ['/partner-api/.well-known/openid-configuration/', /a slash at its end/, '/partner-api/.well-known/openid-configuration'],
  [`${clients}/`, /a slash at its end/, '/admin/v1/realms/{realm}/clients'],
  ['/admin/v1//realms', /two slashes in a row/, '/admin/v1/realms'],
  ['/livez/', /a slash at its end/, '/livez'],
]
suite('unknown paths', () => {
  const shared = shareTestServer({ realms: seedRealms })
  for (const [path, difference, meant] of misspelt) {
    test(`fault 8.8: ${path.slice(0, 60)} gets 404 with what differs and the path that is meant`, async () => {
      const response = await shared().request({ method: path.includes('token') ? 'POST' : 'GET', url: path })
      const { detail, remedy, error, error_description: description, error_uri: page } = response.json()
      assert.equal(response.statusCode, 404, response.body)
      if (error !== undefined) assert.deepEqual([error, page], ['invalid_request', 'http://localhost:8080/problems/wrong-path'])
      assert.match(description ?? detail, difference)
      assert.ok((description ?? remedy).replaceAll('"', "'").includes(`'${meant}'`), response.body)
    })
  }

  test('fault 8.8: no answer names a realm that the caller has not named', async () => {
    for (const url of ['/protocol/openid-connect/token', '/realms/protocol/openid-connect/token', '/oauth2/introspect', '/x/y/token'])
      assert.doesNotMatch((await shared().request({ method: 'POST', url })).body, /prod|partner-api|realms\/operators/, url)
  })

  test('fault 8.8: a path with parameters gets 405 for a method that it does not support', async () => {
    const response = await shared().request({ method: 'PUT', url: '/problems/invalid-client' })
    assert.deepEqual([response.statusCode, String(response.headers['allow'])], [405, 'GET, HEAD'])
  })

  // A stranger who knows part of the path of an issuer could find out the rest piece by piece; discovery takes the whole.
  const incomplete = [
    '/auth/realms',
    '/realms/prod',
    '/auth/prod',
    '/prod',
    '/auth',
    '/auth/realms/nothing',
    '/nothing/at/all',
    '/auth/nothing/prod',
  ]
  for (const [ending, remedy] of [
    ['/protocol/openid-connect/token', "'{realm}/protocol/openid-connect/token'"],
    ['/protocol/openid-connect/revoke', "'{realm}/protocol/openid-connect/revoke'"],
    ['/v1/me', '"{realm}/v1/me"'],
  ] as const) {
    test(`fault 8.8: no part of the path of an issuer is told from another path before ${ending}`, async () => {
      const answers = incomplete.map(async (path) => {
        const { statusCode, body } = await shared().request({ method: ending === '/v1/me' ? 'GET' : 'POST', url: path + ending })
        assert.equal(statusCode, 404, body)
        return body.replace(/urn:request:[\w-]+/, '')
      })
      const [answer = '', ...different] = new Set(await Promise.all(answers))
      assert.deepEqual(different, [], answer)
      const { error_uri: page, error_description: description, remedy: said } = JSON.parse(answer)
      assert.ok((description ?? said).includes(remedy), answer)
      if (description !== undefined) assert.match(page, /\/wrong-realm$/)
    })
  }
})

const server = {}

function pathsWith(prefix: string, oauthPaths: readonly string[], otherPaths: readonly string[] = []) {
  const known = createKnownPaths<object>(server)
  known.addRealm({ places: [{ prefix, paths: [...oauthPaths, ...otherPaths], oauthPaths }], ignoresTrailingSlash: false }, {})
  return known
}

test('fault 8.8: a token endpoint of any name is explained in the form of OAuth, also before a request to its realm', () => {
  const paths = pathsWith('/realms/a', ['/realms/a/access'], ['/realms/a/v1/me'])
  assert.deepEqual(
    ['/realms/a/access/', '/x/realms/a/access', '/realms/a/v1/me/'].map((path) => paths.explain(path)?.isOAuth),
    [true, true, false],
  )
})

test('fault 8.8: segments "." and ".." are named', () => {
  const paths = createKnownPaths<object>(server)
  paths.addRoute('/problems/:code', ['GET'], server)
  for (const path of ['/./problems/a', '/x/../problems/a', '/problems/%2e/a', '/problems/b/../a']) {
    const meant = paths.explain(path)
    assert.match(meant?.difference ?? '', /a segment "\." or "\.\."/, path)
    assert.equal(meant?.remedy, 'Send the request to "/problems/{code}".')
  }
})

test('fault 8.8: nothing of the path is repeated, and a path of any length is answered', () => {
  const paths = pathsWith('/realms/a', ['/realms/a/oauth2/token'])
  assert.equal(paths.explain('/'.repeat(16_000)), undefined)
  assert.equal(paths.explain('/<script>'), undefined)
  assert.match(paths.explain(`${'/.'.repeat(8_000)}/realms/a/oauth2/token`)!.difference, /a segment/)
})

test('a longer path that ends with an alias is explained by the alias, not by the issuer that the alias ends with', () => {
  const paths = createKnownPaths<object>(server)
  const places = ['/realms/a', '/auth/realms/a'].map((prefix) => ({ prefix, paths: [`${prefix}/token`], oauthPaths: [`${prefix}/token`] }))
  paths.addRealm({ places, ignoresTrailingSlash: true }, {})
  assert.match(paths.explain('/x/auth/realms/a/token')!.remedy, /"\/auth\/realms\/a\/token"/)
  assert.match(paths.explain('/x/realms/a/token')!.remedy, /"\/realms\/a\/token"/)
  assert.match(paths.explain('/auth/realms/A/token')!.remedy, /"\/auth\/realms\/a\/token"/)
})

test('a path belongs to the realm that names it with and without a slash, and the methods there are the same if the realm serves it', () => {
  const known = createKnownPaths<object>(server)
  const [strict, lenient] = [{ name: 'strict' }, { name: 'lenient' }]
  const placeAt = (path: string) => ({ places: [{ prefix: `/realms${path}`, paths: [path], oauthPaths: [path] }] })
  known.addRealm({ ...placeAt('/strict'), ignoresTrailingSlash: false }, strict)
  known.addRealm({ ...placeAt('/lenient'), ignoresTrailingSlash: true }, lenient)
  assert.deepEqual([known.ownerOf('/lenient/'), known.ownerOf('/lenient'), known.ownerOf('/lenient//')], [lenient, lenient, server])
  assert.deepEqual([known.routeAt('/lenient/', lenient).isOAuth, known.routeAt('/lenient//', lenient).isOAuth], [true, false])
  assert.equal(known.routeAt('/strict/', strict).isOAuth, false)
})

test('1,000 realms with three aliases each are told apart by a constant number of comparisons', (t) => {
  const known = createKnownPaths<object>(server)
  for (let i = 0; i < 1000; i++) {
    const places = ['/realms', '/auth/realms', '/a', '/b/c'].map((base) => {
      const prefix = `${base}/realm-${i}`
      return { prefix, paths: [`${prefix}/token`, `${prefix}/certs`], oauthPaths: [`${prefix}/token`] }
    })
    known.addRealm({ places, ignoresTrailingSlash: true }, { realm: i })
  }
  const lookups = t.mock.method(Map.prototype, 'get').mock
  const paths = ['/b/c/realm-999/token', '/realms/realm-5/certs/', '/auth/realms/realm-7/v1/me', '/realms/realm-9/nothing/at/all']
  const owners = paths.map((path) => known.ownerOf(path))
  const count = lookups.callCount()
  lookups.restore()
  assert.deepEqual(owners, [{ realm: 999 }, { realm: 5 }, { realm: 7 }, { realm: 9 }])
  assert.ok(count <= 12, `${count} lookups`)
})

test('fault 8.8: a long path is not compared with the issuers at each of its slashes', (t) => {
  const paths = pathsWith('/realms/a', ['/realms/a/oauth2/token'])
  const comparisons = t.mock.method(Set.prototype, 'has').mock
  assert.equal(paths.explain(`${'/a'.repeat(8000)}/oauth2/token`)?.isRealmUnknown, true)
  const count = comparisons.callCount()
  comparisons.restore()
  assert.ok(count < 10, `${count} comparisons`)
  assert.match(paths.explain(`${'/a'.repeat(8000)}/realms/a/oauth2/token`)!.remedy, /"\/realms\/a\/oauth2\/token"/)
})

function someRoutes() {
  const owner = {}
  const known = createKnownPaths<object>(owner)
  const add = (pattern: string, method: string, of = owner) => known.addRoute(pattern, [method], of)
  add('/', 'GET')
  add('/a/:id', 'GET')
  add('/a/b', 'POST')
  add('/a/:id/c', 'DELETE')
  add('/a/:id', 'PUT', {})
  return (target: string) => known.routeAt(target, owner).methods
}

for (const [target, methods] of [
  ['/', ['GET']],
  ['/a/x', ['GET']],
  ['/a/b', ['POST', 'GET']],
  ['/a/b/c', ['DELETE']],
  ['/%61/x?y=/z#/', ['GET']],
  ['/a/x%2Fc', ['GET']],
  ['/a/%zz', ['GET']],
  ['http://example.com/a/b/c', ['DELETE']],
  ['/a/', []],
  ['/a', []],
  ['/a/x/c/', []],
  ['//a/x', []],
  ['*', []],
  ['/__proto__', []],
  ['/A/b/c', []],
  [`/a/x/${'c/'.repeat(4000)}`, []],
] as const) {
  test(`fault 7.8: the methods of ${target.slice(0, 30)} are ${methods.join(', ') || 'none'}`, () => {
    assert.deepEqual(someRoutes()(target), methods)
  })
}
