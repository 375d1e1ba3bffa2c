import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { aGateway, foreignPartnerId, organizationId, partnerId, problemOf, requestorId, someRoutes } from './gateway.fixture.ts'
import { identityNames } from './identity-headers.ts'

const orders = `/v1/partners/${partnerId}/orders`
const gateway = aGateway()

test('a request that may pass gets who is calling', async () => {
  const { status, headers, body } = await gateway.ask('GET', `${orders}?limit=5`)
  assert.equal(status, 200)
  assert.equal(body, '')
  assert.deepEqual(
    { ...headers, 'x-request-id': headers['x-request-id']?.length },
    {
      'x-auth-client-id': 'api-client-acme',
      'x-auth-organization-id': organizationId,
      'x-auth-organization': 'acme',
      'x-auth-scope': 'orders:read orders:write',
      'x-auth-partner-id': partnerId,
      'x-auth-requestor-id': '',
      'x-auth-token-id': 'token-1',
      'x-auth-route': '/v1/partners/{sellerId}/**',
      'x-auth-signature': '',
      'x-request-id': 30,
      'cache-control': 'no-store',
    },
  )
})

test('a public route passes without a token, and says that nothing is known of the caller', async () => {
  const { status, headers } = await gateway.ask('GET', '/docs/index.html', ['Authorization', 'Basic YTpi'])
  assert.equal(status, 200)
  for (const name of identityNames) assert.equal(headers[`x-auth-${name}`], name === 'route' ? '/docs/**' : '')
})

test('the natural person is told where the route requires one', async () => {
  const { status, headers } = await gateway.ask('POST', '/v1/payments', ['Requestor-ID', requestorId])
  assert.equal(status, 200)
  assert.equal(headers['x-auth-requestor-id'], requestorId)
  const elsewhere = await gateway.ask('GET', '/v1/orders', ['Requestor-ID', requestorId])
  assert.equal(elsewhere.headers['x-auth-requestor-id'], '')
})

const denials: [what: string, method: string, target: string, headers: string[], status: number, problem: string][] = [
  ['no token', 'GET', '/v1/orders', ['Authorization', ''], 401, 'malformed-authorization'],
  ['another scheme', 'GET', '/v1/orders', ['Authorization', 'Basic YTpi'], 401, 'malformed-authorization'],
  ['a forged token', 'GET', '/v1/orders', ['Authorization', 'Bearer a.b.c'], 401, 'invalid-token'],
  ['a partner of others', 'GET', `/v1/partners/${foreignPartnerId}/orders`, [], 403, 'partner-not-authorized'],
  ['an encoded partner of others', 'GET', `/v1/partners/%35f0d2c4e-8a61-4c37-b7d9-1e2f3a4b5c99/orders`, [], 403, 'partner-not-authorized'],
  ['no Requestor-ID', 'POST', '/v1/payments', [], 400, 'requestor-id-missing'],
  ['two Requestor-IDs', 'POST', '/v1/payments', ['Requestor-ID', requestorId, 'requestor-id', requestorId], 400, 'requestor-id-malformed'],
  ['a path that is not in the table', 'GET', '/v1/order', [], 403, 'route-not-permitted'],
  ['a method that is not in the table', 'PUT', '/v1/orders', [], 403, 'route-not-permitted'],
  ['a trailing slash', 'GET', '/v1/orders/', [], 403, 'route-not-permitted'],
]
for (const [what, method, target, headers, status, problem] of denials) {
  test(`a request with ${what} is denied with ${status} ${problem}`, async () => {
    const verdict = await gateway.ask(method, target, headers)
    assert.deepEqual([verdict.status, problemOf(verdict)], [status, problem])
    assert.equal(verdict.headers['cache-control'], 'no-store')
    assert.equal(verdict.headers['content-type'], 'application/problem+json')
    assert.deepEqual(Object.keys(verdict.headers).filter((name) => name.startsWith('x-auth-')), []) // prettier-ignore
    assert.match(verdict.body, new RegExp(verdict.headers['x-request-id']!))
  })
}

test('a token of an hour ago is denied with a challenge', async () => {
  const old = gateway.token({ iat: 1_799_990_000, exp: 1_799_990_300 })
  const { status, headers } = await gateway.ask('GET', '/v1/orders', ['Authorization', `Bearer ${old}`])
  assert.equal(status, 401)
  assert.match(headers['www-authenticate'] ?? '', /^Bearer realm="nt24-idp", error="invalid_token"/)
})

for (const [what, headers] of Object.entries({
  'two Authorization headers': ['Authorization', 'Bearer a.b.c'],
  'two Authorization headers in other letters': ['AUTHORIZATION', 'Bearer a.b.c'],
})) {
  test(`abuse 272: ${what} are 400`, async () => {
    const rawHeaders = ['Authorization', `Bearer ${gateway.token()}`, ...headers]
    const verdict = await gateway.decide({ method: 'GET', target: '/v1/orders', rawHeaders })
    assert.deepEqual([verdict.status, problemOf(verdict)], [400, 'several-tokens'])
  })
}

test('abuse 272: two Authorization headers that a proxy made one of are 400', async () => {
  const list = `Bearer ${gateway.token()}, Bearer a.b.c`
  const verdict = await gateway.ask('GET', '/v1/orders', ['Authorization', list])
  assert.deepEqual([verdict.status, problemOf(verdict)], [400, 'several-tokens'])
})

test('abuse 272: a second token in the query is 400', async () => {
  const verdict = await gateway.ask('GET', '/v1/orders?access_token=a.b.c')
  assert.deepEqual([verdict.status, problemOf(verdict)], [400, 'several-tokens'])
})

const identities = ['X-Auth-Client-Id', 'x-auth-client-id', 'X-AUTH-ROUTE', 'x-auth-signature', 'x-auth-partner-id']
for (const name of identities) {
  test(`abuse 262: what the caller sends as ${name} is in no answer`, async () => {
    const { status, headers } = await gateway.ask('GET', orders, [name, 'evil'])
    assert.equal(status, 200)
    assert.equal(Object.values(headers).includes('evil'), false)
    for (const own of identityNames) assert.equal(typeof headers[`x-auth-${own}`], 'string')
  })
}

const aliases: Record<string, string> = {
  X_Auth_Client_Id: 'evil',
  'X.Auth.Client.Id': 'evil',
  'X-Auth-Client_Id': 'evil',
  x_auth_signature: 'evil',
  'X!Auth!Scope': 'evil',
  X_Partner_Id: foreignPartnerId,
  Requestor_ID: requestorId,
  Connection: 'close, X-Auth-Client-Id',
  connection: 'x_auth_client_id',
  Trailer: 'X-Auth-Client-Id',
}
for (const [name, value] of Object.entries(aliases)) {
  test(`abuse 262: "${name}: ${value}" is 400, because an API or a proxy may read it as ours`, async () => {
    const verdict = await gateway.ask('GET', orders, [name, value])
    assert.deepEqual([verdict.status, problemOf(verdict)], [400, 'ambiguous-request'])
  })
}

test('abuse 262: headers that only look similar pass', async () => {
  const similar = ['X-Auth-User', 'a', 'X-Authorization', 'b', 'Connection', 'keep-alive, Upgrade', 'X_Forwarded_For', 'c']
  assert.equal((await gateway.ask('GET', orders, similar)).status, 200)
})

const contradictions: Record<string, string> = {
  'X-HTTP-Method-Override': 'DELETE',
  'x-http-method': 'delete',
  'X-Method-Override': 'PUT',
  'X-Original-Method': 'POST',
  'X-Original-URL': '/v1/payments',
  'X-Rewrite-URL': 'https://api.example.com/v1/payments',
  'X-Original-URI': '/v1/orders?x=1',
  'X-Override-URL': '/v1/payments',
  // As CGI, WSGI and their successors name headers.
  X_HTTP_Method_Override: 'DELETE',
  'X.Rewrite.URL': '/v1/payments',
  // Gunicorn and others cut it off the path.
  SCRIPT_NAME: '/v1',
  'X-Script-Name': '/v1',
}
for (const [name, value] of Object.entries(contradictions)) {
  test(`abuse 264: "${name}: ${value}" is 400, because frameworks follow it`, async () => {
    const verdict = await gateway.ask('GET', '/v1/orders', [name, value])
    assert.deepEqual([verdict.status, problemOf(verdict)], [400, 'ambiguous-request'])
  })
}

test('abuse 264: the same headers pass where a proxy sets them to what is asked', async () => {
  const headers = ['X-Original-URL', 'https://api.example.com/v1/orders', 'X-Original-Method', 'GET', 'x-http-method-override', 'get']
  assert.equal((await gateway.ask('GET', '/v1/orders', headers)).status, 200)
})

for (const query of [
  '_method=DELETE',
  'a=1&_METHOD=delete',
  '%5fmethod=DELETE',
  '.method=DELETE',
  '_method=GET&_method=DELETE',
  'a;_method=PUT',
  '_method%00=DELETE',
  '_method%00x=DELETE',
  'X-HTTP-Method-Override=DELETE',
  'x%2dhttp_method=PUT',
])
  test(`abuse 264: the query "${query}" is 400, because frameworks take the method from it`, async () => {
    const verdict = await gateway.ask('GET', `/v1/orders?${query}`)
    assert.deepEqual([verdict.status, problemOf(verdict)], [400, 'ambiguous-request'])
  })

test('abuse 264: a query that names the same method, or only looks similar, passes', async () => {
  for (const query of [
    '_method=GET',
    '_method=get&x',
    'method=DELETE',
    'x=_method=DELETE',
    '_methods=DELETE',
    'X-HTTP-Method=GET',
    '_method=%',
  ])
    assert.equal((await gateway.ask('GET', `/v1/orders?${query}`)).status, query.endsWith('%') ? 400 : 200, query)
})

for (const target of [
  '/docs/../v1/orders',
  '/docs/%2e%2e/v1/orders',
  '/docs/..;/v1/orders',
  '/docs%2Findex',
  '/docs/%2523',
  '/docs//x',
  '/docs/\\x',
]) {
  test(`abuse 264: "${target}" is 400, whatever the table says`, async () => {
    const verdict = await gateway.ask('GET', target)
    assert.deepEqual([verdict.status, problemOf(verdict)], [400, 'ambiguous-request'])
  })
}

test('abuse 264: a path that a server may take for a narrower route is 400, also where a wider one has it', async () => {
  const wide = aGateway({
    routes: [
      { path: '/v1/**', methods: ['GET'], requires: {} },
      { path: '/v1/admin', methods: ['GET'], requires: { scope: 'orders:delete' } },
      { path: '/v1/health', methods: ['GET'], public: true },
    ],
  })
  for (const target of [
    '/v1/ADMIN',
    '/v1/admin/',
    '/v1/admin.json',
    '/v1/admin%20',
    '/v1/%41dmin',
    '/v1/Health',
    '/v1/%20admin',
    '/v1/adm%C4%B1n',
    '/v1/ADM%C4%B0N',
  ]) {
    const verdict = await wide.ask('GET', target)
    assert.deepEqual([verdict.status, problemOf(verdict)], [400, 'ambiguous-request'], target)
  }
  assert.equal((await wide.ask('GET', '/v1/admin')).status, 403)
  assert.equal((await wide.ask('GET', '/v1/%61dmin')).status, 403)
  assert.equal((await wide.ask('GET', '/v1/Other.json')).status, 200)
})

test('long paths and many headers cost no more than their length', async () => {
  const parts = ['.'.repeat(8000), '%20'.repeat(2600), '/a'.repeat(4000), '%EF%B7%BA'.repeat(880)]
  for (const part of parts) assert.equal((await gateway.ask('GET', `/docs/a${part}a`)).status, 200)
  const many = Array.from({ length: 20_000 }, () => ['a', 'b']).flat()
  assert.equal((await gateway.ask('GET', '/docs/a', many)).status, 200)
})

test('abuse 264: letter case and queries open nothing', async () => {
  for (const target of ['/DOCS/index', '/Docs/', '/v1/orders?/docs/', '/?/docs/index'])
    assert.notEqual((await gateway.ask('GET', target, ['Authorization', 'none'])).status, 200)
})

test('abuse 269: HEAD is decided as GET, and no other method that the table does not name passes', async () => {
  assert.equal((await gateway.ask('HEAD', '/v1/orders')).status, 200)
  assert.equal((await gateway.ask('HEAD', '/v1/payments', ['Requestor-ID', requestorId])).status, 403)
  for (const method of ['OPTIONS', 'CONNECT', 'TRACE', 'PROPFIND', 'get', 'GET ', 'G', '', 'DELETE, GET', 'constructor', '__proto__'])
    assert.equal((await gateway.ask(method, '/docs/x')).status, 403, method)
})

test('abuse 269: a preflight passes with "cors" only, for a method that the table has, and without an identity', async () => {
  const preflight = ['Origin', 'https://shop.example', 'Access-Control-Request-Method', 'DELETE', 'Authorization', '']
  assert.equal((await gateway.ask('OPTIONS', '/v1/orders', preflight)).status, 403)
  const cors = aGateway({ allowsPreflights: true })
  const { status, headers } = await cors.ask('OPTIONS', '/v1/orders', preflight)
  assert.equal(status, 200)
  assert.equal(headers['x-auth-client-id'], '')
  const others = [
    ['Origin', 'https://shop.example'],
    ['Access-Control-Request-Method', 'DELETE'],
    ['Origin', 'https://shop.example', 'Access-Control-Request-Method', 'PUT'],
    ['Origin', 'a', 'Origin', 'b', 'Access-Control-Request-Method', 'GET'],
    ['Origin', 'a', 'Access-Control-Request-Method', 'GET', 'Access-Control-Request-Method', 'GET'],
    ['Origin', 'a', 'Access-Control-Request-Method', 'OPTIONS'],
  ]
  for (const headersOf of others) assert.equal((await cors.ask('OPTIONS', '/v1/orders', headersOf)).status, 403)
  assert.equal((await cors.ask('OPTIONS', '/v1/unknown', preflight)).status, 403)
  assert.equal((await cors.ask('GET', '/v1/orders', preflight)).status, 401)
})

test('abuse 271: the partner in the path decides; a header that names another one is 403', async () => {
  assert.equal((await gateway.ask('GET', orders, ['X-Partner-Id', partnerId])).headers['x-auth-partner-id'], partnerId)
  for (const headers of [
    ['X-Partner-Id', foreignPartnerId],
    ['X-Partner-Id', partnerId, 'x-partner-id', partnerId],
    ['x-partner-id', ''],
  ]) {
    // prettier-ignore
    const verdict = await gateway.ask('GET', orders, headers)
    assert.deepEqual([verdict.status, problemOf(verdict)], [403, 'partner-not-authorized'])
  }
  assert.equal((await gateway.ask('GET', '/v1/orders', ['X-Partner-Id', foreignPartnerId])).headers['x-auth-partner-id'], '')
})

test('abuse 270: no answer may be stored, whatever it says', async () => {
  for (const target of ['/v1/orders', '/v1/nothing', '/docs/a', '/docs/../a'])
    assert.equal((await gateway.ask('GET', target)).headers['cache-control'], 'no-store')
})

test('abuse 275: one rule about time counts, that of the guard: 5 s after the expiry, 60 s before the issue', async () => {
  const timed = aGateway({ guard: { issuedAheadSeconds: 60 } })
  const now = timed.clock.now() / 1000
  const statusOf = async (claims: object) => {
    const token = timed.token({ iat: now - 100, exp: now + 100, ...claims })
    const { status } = await timed.ask('GET', '/v1/orders', ['Authorization', `Bearer ${token}`])
    const asked = await timed.authorize(token, { scope: 'orders:read' })
    assert.equal(status === 200, asked.allowed, 'the gateway and a guard in an API differ')
    return status
  }
  assert.deepEqual(await Promise.all([{ exp: now - 4 }, { exp: now - 6 }, { iat: now + 59 }, { iat: now + 61 }].map(statusOf)), [200, 401, 200, 401]) // prettier-ignore
})

test('a limited rate is told, and 429 with Retry-After when it is used up', async () => {
  const limited = aGateway()
  limited.setEntitlement({ organization: { rateLimit: { tier: 'small', limit: 1, windowSeconds: 60 } } })
  const first = await limited.ask('GET', '/v1/orders')
  assert.equal(first.headers['ratelimit-policy'], '"small";q=1;w=60')
  const { status, headers } = await limited.ask('GET', '/v1/orders')
  assert.equal(status, 429)
  assert.ok(Number(headers['retry-after']) > 0)
  assert.match(headers['ratelimit'] ?? '', /r=0/)
})

test('a request that is denied until a date passes without an identity, and is told', async () => {
  const requires = { scope: 'orders:delete', reportOnly: { until: '2027-01-20' } }
  const reporting = aGateway({ routes: [{ path: '/v1/orders', methods: ['GET'], requires }] })
  const { status, headers } = await reporting.ask('GET', '/v1/orders')
  assert.equal(status, 200)
  assert.equal(headers['x-auth-client-id'], '')
  assert.equal(reporting.decided[0]?.outcome, 'report-only')
})

test('what fails unexpectedly is denied with 500, and a log that fails changes nothing', async () => {
  const failing = aGateway({
    sign: () => {
      throw new Error('a defect')
    },
    onDecided: () => {
      throw new Error('another defect')
    },
  })
  assert.equal((await failing.ask('GET', '/v1/orders')).status, 500)
  assert.equal((await failing.ask('GET', '/v1/unknown')).status, 403)
})

test('two ids are never the same text in a header', async () => {
  const ids = ['café', 'caf%C3%A9', ' a', 'a ', 'a\tb', 'ä\r\nX-Auth-Route: /', '\ud800', 'a,b', '%']
  const seen = new Set<string>()
  for (const id of ids) {
    const other = aGateway()
    other.setEntitlement({ client: { clientId: id } })
    const token = other.token({ azp: id, client_id: id })
    const { status, headers } = await other.ask('GET', '/v1/orders', ['Authorization', `Bearer ${token}`])
    if (status !== 200) continue
    assert.match(headers['x-auth-client-id']!, /^[\x21-\x7e]+$/)
    seen.add(headers['x-auth-client-id']!)
  }
  assert.ok(seen.size >= 4, `${seen.size} of the ids are possible`)
})

/** Weighted towards what may pass. */
const method = fc.oneof({ weight: 4, arbitrary: fc.constantFrom('GET', 'HEAD', 'POST', 'OPTIONS', 'DELETE') }, fc.string({ maxLength: 8 }))
const target = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(orders, '/v1/orders', '/v1/payments', '/v1/me', '/docs/x', '/', '/v1/partners/../me') },
  fc.string({ maxLength: 30 }).map((text) => `/${text}`),
  fc.webPath(),
)
const headerName = fc.oneof(fc.constantFrom('Cookie', 'X_Auth_Client_Id', 'x-auth-client-id', 'Connection', 'Requestor-ID', 'Origin'), fc.string({ minLength: 1, maxLength: 12 })) // prettier-ignore
const value = fc.oneof(fc.string({ maxLength: 40, unit: 'binary' }), fc.constant(requestorId))
const credentials = fc.oneof({ weight: 4, arbitrary: fc.constant(`Bearer ${gateway.token()}`) }, fc.string({ maxLength: 60, unit: 'binary' }).map((text) => `Bearer ${text}`), value) // prettier-ignore

test('abuse 266: whatever is asked, 200 has every identity header, and everything else has none and is a problem', async () => {
  const cors = aGateway({ allowsPreflights: true })
  let passed = 0
  await fc.assert(
    fc.asyncProperty(
      method,
      target,
      fc.array(fc.tuple(headerName, value), { maxLength: 3 }),
      fc.option(credentials),
      async (asks, at, more, authorization) => {
        // prettier-ignore
        const rawHeaders = [...more.flat(), ...(authorization === null ? [] : ['Authorization', authorization])]
        const verdict = await cors.decide({ method: asks, target: at, rawHeaders })
        const present = identityNames.filter((name) => typeof verdict.headers[`x-auth-${name}`] === 'string')
        assert.equal(verdict.headers['cache-control'], 'no-store')
        if (verdict.status === 200) {
          passed++
          assert.equal(present.length, identityNames.length)
          const isGuarded = someRoutes.some(({ path, requires }) => requires && path === verdict.headers['x-auth-route'])
          if (isGuarded && asks !== 'OPTIONS') assert.equal(verdict.headers['x-auth-client-id'], 'api-client-acme')
        } else {
          assert.equal(present.length, 0)
          assert.equal(JSON.parse(verdict.body).status, verdict.status)
        }
      },
    ),
    { numRuns: 2000 },
  )
  assert.ok(passed > 50, `${passed} requests passed`)
})

test('what is told of a decision has no token, no query and no header', async () => {
  const watched = aGateway()
  const token = watched.token()
  await watched.ask('GET', '/v1/orders?secret=hidden-value', ['Cookie', 'hidden-value'])
  await watched.ask('GET', '/v1/unknown?secret=hidden-value', ['Authorization', `Bearer ${token}x`])
  await watched.ask('G"hidden-value', '/v1/orders')
  assert.doesNotMatch(JSON.stringify(watched.decided), /hidden-value|eyJ/)
  assert.deepEqual(watched.decided.map(({ outcome, path }) => [outcome, path]), [['allowed', undefined], ['route-not-permitted', '/v1/unknown'], ['route-not-permitted', '/v1/orders']]) // prettier-ignore
})
