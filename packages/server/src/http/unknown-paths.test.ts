import assert from 'node:assert/strict'
import { test } from 'node:test'
import { operations } from '@countersign/admin'
import { seedRealms, startTestServer, startTestServerOnAnyStore } from '../../test/test-server.fixture.ts'

const { request } = await startTestServerOnAnyStore()

for (const path of ['/', '/auth/realms/prod', '/nothing', '/admin/v1', '/problems/', '//problems', '/problems/a/b']) {
  test(`${path} gets 404 with a problem that carries the request id`, async () => {
    const response = await request({ url: path })
    assert.equal(response.statusCode, 404)
    assert.match(String(response.headers['content-type']), /^application\/problem\+json/)
    assert.equal(response.json().instance, `urn:request:${response.headers['x-request-id']}`)
  })
}

test('a method that a path does not support gets 405 with the methods that it does support', async () => {
  const response = await request({ method: 'DELETE', url: '/problems' })
  assert.equal(response.statusCode, 405)
  assert.deepEqual(String(response.headers['allow']).split(', ').toSorted(), ['GET', 'HEAD'])
})

/** A path of every surface that has parameters, with its methods. */
const withParameters: readonly (readonly [path: string, allow: string])[] = [
  ['/problems/invalid-client', 'GET, HEAD'],
  ['/admin/v1/realms/prod/organizations', 'GET, HEAD, POST'],
  ['/admin/v1/realms/prod/organizations/acme', 'DELETE, GET, HEAD, PATCH'],
  ['/admin/v1/realms/prod/clients/api-client-acme/secret-rotation', 'DELETE, GET, HEAD, POST'],
  ['/admin/v1/realms/prod/clients/%61pi-client-acme/secret-rotation?x=1', 'DELETE, GET, HEAD, POST'],
  ['/auth/realms/prod/v1/organizations/8c3d7a52-0000-4000-8000-000000000000/entitlement', 'GET, HEAD'],
  ['/admin/realms/prod/clients', 'GET, HEAD'],
  ['/admin/realms/prod/clients/8c3d7a52', 'GET, HEAD'],
  ['/admin/realms/prod/clients/8c3d7a52/client-secret', 'GET, HEAD, POST'],
  ['/admin/realms/prod/clients/8c3d7a52/client-secret/rotated', 'DELETE, GET, HEAD'],
  ['/%70roblems', 'GET, HEAD'],
  ['http://localhost/problems/invalid-client', 'GET, HEAD'],
]
for (const [path, allow] of withParameters) {
  test(`fault 7.8: a method that ${path} does not support gets 405 with Allow`, async () => {
    for (const method of ['PUT', 'TRACE', 'OPTIONS'] as const) {
      const response = await request({ method, url: path })
      assert.equal(response.statusCode, 405, method)
      assert.equal(String(response.headers['allow']).split(', ').toSorted().join(', '), allow)
      assert.equal(response.json().type, 'http://localhost:8080/problems/method-not-allowed')
    }
  })
}

test('fault 7.8: every route that an operation or a document has names its methods when another is used', async () => {
  const methodsOf = new Map<string, string[]>()
  for (const { method, path } of Object.values<{ method: string; path: string }>(operations))
    methodsOf.set(path, [...(methodsOf.get(path) ?? []), ...(method === 'GET' ? ['GET', 'HEAD'] : [method])])
  for (const [path, methods] of methodsOf) {
    const response = await request({ method: 'PUT', url: path.replaceAll(/\{\w+\}/g, 'x') })
    if (methods.includes('PUT')) assert.notEqual(response.statusCode, 405, path)
    else assert.deepEqual([response.statusCode, String(response.headers['allow']).split(', ').toSorted()], [405, methods.toSorted()], path)
  }
})

for (const path of ['/problems/a/b', '/admin/v1/realms/prod/nothing', '/admin/v1/realms//organizations', '/auth/realms/prod/v1/nothing']) {
  test(`a method other than GET on the unknown path ${path} gets 404`, async () => {
    assert.equal((await request({ method: 'PUT', url: path })).statusCode, 404)
  })
}

test('fault 7.8: a wrong method at an OAuth endpoint is answered in the form of OAuth, however its path is encoded', async () => {
  const token = '/auth/realms/prod/protocol/openid-connect/token'
  for (const url of [token, token.replace('token', '%74oken'), `http://localhost${token}?x=1`]) {
    const response = await request({ method: 'PUT', url })
    assert.deepEqual([response.statusCode, response.headers['allow'], response.json().error], [405, 'POST', 'invalid_request'], url)
  }
})

test('fault 7.8: a wrong method at introspection or revocation is not said to be at the token endpoint', async () => {
  for (const name of ['token', 'token/introspect', 'revoke']) {
    const response = await request({ method: 'PUT', url: `/auth/realms/prod/protocol/openid-connect/${name}` })
    assert.equal(response.statusCode, 405, name)
    assert.match(response.json().error_description, /^This endpoint supports only POST\./, name)
  }
})

for (const [method, path, status, command] of [
  ['PUT', '/admin/realms/prod/clients/8c3d7a52', 405, 'countersign client update <client-id> --realm prod'],
  ['DELETE', '/admin/realms/prod/clients/8c3d7a52', 405, 'countersign client delete <client-id> --realm prod'],
  ['POST', '/admin/realms/prod/clients', 405, 'countersign client create --realm prod'],
  ['PATCH', '/admin/realms/prod/clients/8c3d7a52/client-secret', 405, 'countersign secret rotate <client-id> --realm prod'],
  ['PUT', '/admin/realms/prod/clients/8c3d7a52/client-secret/rotated', 405, 'countersign secret confirm <client-id> --realm prod'],
  ['GET', '/admin/realms/prod/clients/8c3d7a52/roles', 404, 'countersign client list --realm prod'],
  ['GET', '/admin/realms/prod/users', 404, 'countersign --help'],
  ['GET', '/admin/realms', 404, 'countersign --help'],
  ['PUT', '/admin/realms/%22%3E/clients/8c3d7a52', 405, 'countersign client update <client-id> --realm <realm>'],
] as const) {
  test(`fault 7.8: ${method} ${path} names our command in Keycloak's errorMessage`, async () => {
    const response = await request({ method, url: path })
    assert.equal(response.statusCode, status)
    assert.ok(response.json().errorMessage.includes(command), response.json().errorMessage)
  })
}

for (const [path, difference, meant] of [
  ['/admin/realms/prod//clients', 'two slashes in a row', '/admin/realms/{realm}/clients'],
  ['/admin/realms//prod/clients/8c3d7a52/client-secret', 'two slashes in a row', '/admin/realms/{realm}/clients/{id}/client-secret'],
  ['/admin/realms/prod/Clients', 'upper and lower case letters that differ', '/admin/realms/{realm}/clients'],
  ['/admin/realms/prod/clients/8c3d7a52/client-secret/', 'a slash at its end', '/admin/realms/{realm}/clients/{id}/client-secret'],
] as const) {
  test(`fault 8.8: ${path} is not said to be missing from Keycloak's admin API`, async () => {
    const { errorMessage } = (await request({ url: path })).json()
    assert.equal(errorMessage, `The path has ${difference}. Send the request to "${meant}".`)
  })
}

test('fault 8.8: the root with a second slash is told to have it', async () => {
  const { detail, remedy } = (await request({ url: '//' })).json()
  assert.match(`${detail} ${remedy}`, /two slashes in a row.*Send the request to "\/"\./)
})

test("fault 7.8: our command is named below Keycloak's paths also beside a realm at the root", async () => {
  const beside = await startTestServer({ realms: seedRealms })
  const response = await beside.request({ url: '/admin/realms/prod/users' })
  assert.equal(response.statusCode, 404)
  assert.ok(response.json().errorMessage.includes('countersign --help'), response.json().errorMessage)
})

test("fault 7.8: an error below Keycloak's paths has its errorMessage also where no route was found", async () => {
  for (const url of [
    '/admin/realms/%zz',
    '/%61dmin/realms/prod/users',
    '/%61dmin/realms/prod/clients',
    `/admin/realms/prod/clients/${'x'.repeat(800)}`,
    '/admin/realms/prod/clients',
  ])
    assert.equal(typeof (await request({ url })).json().errorMessage, 'string', url)
  assert.equal('errorMessage' in (await request({ url: '/admin/realmsx' })).json(), false)
})

for (const path of ['/%zz', '/problems/%', '/problems/%ff', `/problems/${'x'.repeat(800)}`]) {
  test(`${path.slice(0, 20)} cannot be decoded and gets a problem`, async () => {
    const response = await request({ url: path })
    assert.equal(response.statusCode, 400)
    assert.match(response.json().type, /\/invalid-request$/)
    assert.equal(response.json().instance, `urn:request:${response.headers['x-request-id']}`)
  })
}

const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'

for (const [path, status, said] of [
  ['/nothing', 404, 'Not found'],
  ['/problems/', 404, 'Not found'],
  ['/admin/v1/nothing', 404, 'Not found'],
  ['//problems', 404, 'Send the request to &quot;/problems&quot;'],
  ['/realms/nothing/protocol/openid-connect/token', 404, 'The realm does not exist'],
  ['/auth/realms/prod/protocol/openid-connect/token', 405, 'This endpoint supports only POST'],
] as const) {
  test(`a browser that opens ${path} gets a page with status ${status} and a remedy`, async () => {
    const page = await request({ url: path, headers: { accept: browser } })
    assert.deepEqual([page.statusCode, page.headers['content-type'], page.headers['vary']], [status, 'text/html; charset=utf-8', 'accept'])
    assert.equal(page.headers['cache-control'], 'no-store')
    assert.match(String(page.headers['content-security-policy']), /^default-src 'none'; style-src/)
    assert.ok(page.body.includes(said) && page.body.includes(`<code>${String(page.headers['x-request-id'])}</code>`))
    if (status === 405) assert.equal(page.headers['allow'], 'POST')
    const document = await request({ url: path })
    assert.deepEqual([document.statusCode, /json/.test(String(document.headers['content-type']))], [status, true])
  })
}

for (const [who, headers] of Object.entries({
  'the HTTP client of the JDK': { accept: 'text/html, image/gif, image/jpeg, */*; q=0.2' },
  curl: { accept: '*/*' },
  'a program that names JSON, too': { accept: `application/json, ${browser}` },
  'a request with a token': { accept: browser, authorization: 'Bearer x' },
  'a script of a page': { accept: browser, 'sec-fetch-dest': 'empty' },
})) {
  test(`${who} gets the problem of an unknown path as a document`, async () => {
    const response = await request({ url: '/nothing', headers })
    assert.deepEqual([response.statusCode, response.headers['content-type']], [404, 'application/problem+json; charset=utf-8'])
  })
}

test('a form that a browser sends to a wrong path gets a document', async () => {
  assert.match(
    String((await request({ method: 'POST', url: '/nothing', headers: { accept: browser } })).headers['content-type']),
    /problem\+json/,
  )
})

test('a page of an unknown path repeats nothing of the request', async () => {
  const page = await request({ url: '/reflected%3Cb%3E?reflected', headers: { accept: browser, referer: 'http://reflected/' } })
  assert.ok(!page.body.includes('reflected'))
})
