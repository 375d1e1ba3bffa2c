import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import Fastify, { type FastifyInstance } from 'fastify'
import Fastify4 from 'fastify4'
import { contractOf, handlerSaw, type ContractRoute } from './adapter-contract.fixture.ts'
import { countersignGuard, type CountersignGuardOptions } from './fastify.ts'
import { running } from './serve.fixture.ts'
import { aRealm, foreignPartnerId, partnerId } from '../guard.fixture.ts'
import type { GuardDecision } from '../guard-decision.ts'
import type { GuardOptions } from '../guard-options.ts'
import { aGuardOfTwo } from '../several-issuers.fixture.ts'
import { meRequirement, param, type Requirement } from '../requirement.ts'

const versions = { 'Fastify 4': Fastify4 as unknown as typeof Fastify, 'Fastify 5': Fastify }

for (const [name, create] of Object.entries(versions)) {
  contractOf({
    name,
    seesRoutesAtStart: true,
    start: async (guard, routes, options) => {
      const app = create()
      app.addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload))
      await app.register(countersignGuard, { guard, ...options })
      for (const { method, path, handler, ...declared } of routes) addRoute(app, method, path, handler, declared)
      await app.listen({ port: 0, host: '127.0.0.1' })
      return running(app.server, () => app.close())
    },
  })

  async function aScope(open: CountersignGuardOptions['open']) {
    const app = create()
    app.get('/early', () => 'early')
    await app.register(countersignGuard, { guard: aRealm().guard, ...(open && { open }) })
    return app
  }

  test(`${name}: routes of other plugins are open if the app names them`, async () => {
    const app = await aScope(['GET /documentation/*', 'OPTIONS *', 'GET /early', 'POST /hooks'])
    await app.register(async (plugin) => {
      for (const url of ['/documentation', '/documentation/json', '/documentation/static/*']) plugin.get(url, () => url)
      plugin.options('*', () => 'preflight')
    })
    for (const url of ['/documentation', '/documentation/json', '/documentation/static/a.css', '/early'])
      assert.equal((await app.inject(url)).statusCode, 200, url)
    assert.equal((await app.inject({ method: 'HEAD', url: '/documentation/json' })).statusCode, 200)
    assert.equal((await app.inject({ method: 'OPTIONS', url: '/v1/orders' })).body, 'preflight')
  })

  test(`${name}: a function names routes of other plugins, and a promise is no yes`, async () => {
    const app = await aScope(({ method, url }) => method !== 'POST' && url === '/*')
    app.get('/*', () => 'file')
    assert.equal((await app.inject('/a.css')).body, 'file')
    const later = await aScope((async () => true) as never)
    assert.throws(() => later.get('/*', () => 'file'), /has neither/)
  })

  test(`abuse 116: ${name}: what opens a guarded route is an error at start, and what it does not name stays closed`, async () => {
    const app = await aScope(['GET /v1/*'])
    assert.throws(() => app.get('/v1/orders', { config: { requires: {} } }, () => 'let in'), /is guarded, and "open" names it/)
    assert.throws(() => app.post('/v1/orders', () => 'let in'), /The route POST \/v1\/orders has neither/)
    assert.throws(() => app.get('/v10', () => 'let in'), /has neither/)
    assert.throws(() => app.route({ method: ['GET', 'POST'], url: '/v1/x', handler: () => 'let in' }), /has neither/)
    const refused = await app.inject('/early')
    assert.equal(refused.statusCode, 500)
    assert.match(refused.body, /added before the guard was registered; await app\.register\(countersignGuard, .* before the routes/)
    for (const open of [['GET /*'], ['get /v1'], ['/v1'], ['GET v1'], ['GET /v1*'], ['GET /a*/b'], [7], 'GET /v1', ['* /v1']])
      await assert.rejects(aScope(open as never), { name: 'TypeError', message: /^"open"/ }, JSON.stringify(open))
  })
}

for (const [name, create] of Object.entries(versions))
  test(`abuse 116: ${name}: a handler of what has no route answers with errors only, unless it is open`, async () => {
    const causes: unknown[] = []
    async function anApp(open: CountersignGuardOptions['open'] = []) {
      const app = create()
      await app.register(countersignGuard, { guard: aRealm().guard, open, onUndecided: (cause) => causes.push(cause) })
      app.setNotFoundHandler((request, reply) => {
        if (request.url === '/none') return reply.code(404).send('none')
        if (request.url === '/stream') return reply.header('x-secret', 'secret').send(Readable.from(['secret']))
        return reply.send(request.method === 'OPTIONS' && request.url === '/cors' ? '' : 'secret')
      })
      await app.listen({ port: 0, host: '127.0.0.1' })
      return running(app.server, () => app.close())
    }
    const closed = await anApp()
    for (const [method, path] of Object.entries({ GET: '/page', HEAD: '/stream', POST: '/stream', OPTIONS: '/page' })) {
      const response = await closed.send(new Request(`http://api${path}`, { method }))
      assert.equal(response.status, 500, path)
      assert.doesNotMatch(JSON.stringify([...response.headers]) + (await response.text()), /secret/)
    }
    assert.match(String(causes[0]), /GET \/page was answered, and nothing on its way/)
    assert.equal(await (await closed.send(new Request('http://api/none'))).text(), 'none')
    assert.equal((await closed.send(new Request('http://api/cors', { method: 'OPTIONS' }))).status, 200)
    await closed.close()
    const open = await anApp(['GET *'])
    assert.equal(await (await open.send(new Request('http://api/page'))).text(), 'secret')
    assert.equal((await open.send(new Request('http://api/page', { method: 'POST' }))).status, 500)
    await open.close()
  })

function addRoute(app: FastifyInstance, method: string, path: string, handler: ContractRoute['handler'], declared: object): void {
  app.route({
    method,
    url: path.replace(/\{(\w+)\}/g, ':$1'),
    config: declared,
    handler: async (request, reply) => {
      if (handler === 'throws') throw new Error('the handler failed')
      return handler === 'echo' ? reply.send(request.raw) : handlerSaw(request[handler])
    },
  })
}

async function anApi(options: Partial<GuardOptions> = {}) {
  const realm = aRealm(options)
  const lines: string[] = []
  const app = Fastify({ logger: { level: 'info', stream: { write: (line) => lines.push(line) } }, genReqId: () => 'request-1' })
  await app.register(countersignGuard, { guard: realm.guard })
  app.get('/v1/me', { config: { requires: meRequirement } }, (request) => realm.guard.me(request.access))
  app.get('/v1/partners/:sellerId/orders', { config: { requires: { partner: param('sellerId') } } }, () => [])
  app.post('/payments', { config: { requires: { requestor: 'required' } } }, (request) => request.access.requestorId)
  app.get('/health', { config: { public: true } }, () => 'ok')
  app.get('/health/access', { config: { public: true } }, (request) => request.access)
  const authorization = `Bearer ${realm.token()}`
  return { realm, app, lines, headers: { authorization } }
}

test('a request that meets the requirement reaches the handler, which knows the organization', async () => {
  const { app, headers } = await anApi()
  const response = await app.inject({ url: '/v1/me', headers })
  assert.equal(response.statusCode, 200)
  assert.equal(response.json().organization.slug, 'acme')
})

test('a guard of several issuers answers on behalf of the issuer of the token', async () => {
  const { guard, ours, theirs } = aGuardOfTwo()
  const app = Fastify()
  await app.register(countersignGuard, { guard })
  app.get('/orders', { config: { requires: { scope: 'admin' } } }, () => [])
  for (const [of, realm, host] of [
    [ours, 'ours', 'auth.example.com'],
    [theirs, 'theirs', 'id.example.org'],
  ] as const) {
    const response = await app.inject({ url: '/orders', headers: { authorization: `Bearer ${of.token()}` } })
    assert.equal(response.statusCode, 403)
    assert.equal(response.json().type, `https://${host}/problems/insufficient-scope`)
    assert.match(String(response.headers['www-authenticate']), new RegExp(`^Bearer realm="${realm}"`))
  }
})

test('a denial is a problem with the request id, and the handler does not run', async () => {
  const { app, headers } = await anApi()
  const response = await app.inject({ url: `/v1/partners/${foreignPartnerId}/orders`, headers })
  assert.equal(response.statusCode, 403)
  assert.match(String(response.headers['content-type']), /^application\/problem\+json/)
  assert.equal(response.json().type, 'https://auth.example.com/problems/partner-not-authorized')
  const id = response.headers['x-request-id']
  assert.match(String(id), /^[0-9a-f]{12}-[0-9a-f]{8}-[0-9a-f]{8}$/)
  assert.equal(response.json().instance, `urn:request:${String(id)}`)
})

test('the listener gets the template of the route, the address and the id of the API, with the request', async () => {
  const realm = aRealm()
  const told: { decision: GuardDecision; url: string }[] = []
  const app = Fastify({ genReqId: () => 'request-1' })
  await app.register(countersignGuard, { guard: realm.guard, onDecision: (decision, { url }) => told.push({ decision, url }) })
  app.get('/v1/partners/:sellerId(^[0-9a-f-]+$)/files/:name.json', { config: { requires: {} } }, () => [])
  const url = `/v1/partners/${partnerId}/files/one.json`
  const denied = await app.inject({ url, remoteAddress: '198.51.100.7' })
  await app.inject({ url, headers: { authorization: `Bearer ${realm.token()}` } })
  const [{ decision: refused, url: path } = assert.fail(), allowed] = told
  assert.equal(path, url)
  assert.equal(refused.requestId, denied.headers['x-request-id'])
  assert.deepEqual([refused.outcome, allowed?.decision.outcome], ['missing-token', 'allowed'])
  const { method, route, address, apiRequestId } = refused
  assert.deepEqual(
    [method, route, address, apiRequestId],
    ['GET', '/v1/partners/{sellerId}/files/{name}.json', '198.51.100.7', 'request-1'],
  )
})

test('a request id that the caller chose is not the id of the denial', async () => {
  const app = Fastify({ requestIdHeader: 'X-Request-Id' })
  await app.register(countersignGuard, { guard: aRealm().guard })
  app.get('/orders', { config: { requires: {} } }, () => [])
  const chosen = '019ac5d2f000-0badcafe-00000007'
  const { headers } = await app.inject({ url: '/orders', headers: { 'x-request-id': chosen } })
  assert.notEqual(headers['x-request-id'], chosen)
})

test('abuse 107: a path segment that is encoded, doubled or has a parameter is not the partner', async () => {
  const { app, headers } = await anApi()
  const encoded = partnerId.replace('5', '%35')
  assert.equal((await app.inject({ url: `/v1/partners/${encoded}/orders`, headers })).statusCode, 200)
  for (const segment of [partnerId.replace('5', '%2535'), `${partnerId};x=1`, '%2e%2e', `${foreignPartnerId}%2F..%2F${partnerId}`]) {
    const { statusCode } = await app.inject({ url: `/v1/partners/${segment}/orders`, headers })
    assert.ok(statusCode === 403 || statusCode === 404, `${segment}: ${statusCode}`)
  }
})

test('a public route requires no token, and has no access', async () => {
  const { app } = await anApi()
  assert.equal((await app.inject('/health')).statusCode, 200)
  assert.equal((await app.inject('/health/access')).statusCode, 500)
})

test('a path that does not exist is a 404 as without the guard', async () => {
  const { app } = await anApi()
  assert.equal((await app.inject('/v2')).statusCode, 404)
})

test('a body is not read before the request is authorized', async () => {
  const { app } = await anApi()
  const response = await app.inject({ method: 'POST', url: '/payments', headers: { 'content-type': 'application/json' }, body: '{broken' })
  assert.equal(response.statusCode, 401)
})

test('an allowed response has the state of the limit, and so has the 429 beyond it', async () => {
  const { app, headers, realm } = await anApi()
  realm.setEntitlement({ organization: { rateLimit: { tier: 'standard', limit: 1, windowSeconds: 1 } } })
  const allowed = await app.inject({ url: '/v1/me', headers })
  assert.equal(allowed.statusCode, 200)
  assert.equal(allowed.headers['ratelimit'], '"standard";r=0;t=1')
  const denied = await app.inject({ url: '/v1/me', headers })
  assert.equal(denied.statusCode, 429)
  assert.equal(denied.headers['ratelimit-policy'], '"standard";q=1;w=1')
  assert.equal(denied.headers['retry-after'], '2')
})

test('abuse 112: a token in the query is not used', async () => {
  const { app, realm } = await anApi()
  const other = realm.token({ jti: 'token-2' })
  const missing = await app.inject({ url: '/v1/me', query: { access_token: other } })
  assert.equal(missing.json().type, 'https://auth.example.com/problems/missing-token')
  assert.doesNotMatch(missing.body + JSON.stringify(missing.headers), /eyJ/)
})

test('fault 3.5: a token in the query beside one in the header is denied, and not repeated', async () => {
  const { app, headers, realm } = await anApi()
  const other = realm.token({ jti: 'token-2' })
  const both = await app.inject({ url: '/v1/me', query: { access_token: other }, headers })
  assert.equal(both.statusCode, 400)
  assert.equal(both.json().type, 'https://auth.example.com/problems/several-tokens')
  assert.match(String(both.headers['www-authenticate']), /error="invalid_request"/)
  assert.doesNotMatch(both.body + JSON.stringify(both.headers), /eyJ/)
})

test('abuse 114: the reason of a 503 is in the log, without the token', async () => {
  const lines: string[] = []
  const app = Fastify({ logger: { stream: { write: (line) => lines.push(line) } } })
  const realm = aRealm({ entitlements: { find: () => Promise.reject(new Error('the entitlement server is down')) } })
  await app.register(countersignGuard, { guard: realm.guard })
  app.get('/v1/me', { config: { requires: {} } }, () => 'let in')
  const response = await app.inject({ url: '/v1/me', headers: { authorization: `Bearer ${realm.token()}` } })
  assert.equal(response.statusCode, 503)
  assert.equal(response.headers['retry-after'], '5')
  assert.match(lines.join(''), /the entitlement server is down/)
  assert.doesNotMatch(lines.join('') + response.body, /eyJ/)
})

const badConfigs: [name: string, config: Record<string, unknown> | undefined, message: RegExp][] = [
  [
    'without a config',
    undefined,
    /The route GET \/v1\/partners\/:sellerId has neither "config.requires" nor "config.public"; set one of them, or name a route of another plugin in "open": \["GET \/v1\/partners\/:sellerId"\]/,
  ],
  ['with an empty config', {}, /has neither/],
  ['with public: false', { public: false }, /has neither/],
  ['with public: "yes"', { public: 'yes' }, /has neither/],
  ['that is both', { public: true, requires: {} }, /is both guarded and public/],
  [
    'whose requirement is misspelt',
    { requires: { partners: param('sellerId') } },
    /The route GET .*: requirement: unknown option "partners"/,
  ],
  ['that refers to a parameter it lacks', { requires: { partner: param('partnerId') } }, /the route has sellerId/],
]
for (const [name, config, message] of badConfigs) {
  test(`abuse 116: a route ${name} is rejected when it is added`, async () => {
    const app = Fastify()
    await app.register(countersignGuard, { guard: aRealm().guard })
    const options = config === undefined ? {} : { config }
    assert.throws(() => app.get('/v1/partners/:sellerId', options, () => 'let in'), { name: 'TypeError', message })
  })
}

test('abuse 116: a route that was added before the guard denies every request', async () => {
  const app = Fastify()
  app.get('/early', () => 'let in')
  await app.register(countersignGuard, { guard: aRealm().guard })
  assert.equal((await app.inject('/early')).statusCode, 500)
})

test('abuse 116: HEAD, OPTIONS, a trailing slash, other capitals and a method override do not bypass the guard', async () => {
  const app = Fastify({ routerOptions: { caseSensitive: false, ignoreTrailingSlash: true, ignoreDuplicateSlashes: true } })
  await app.register(countersignGuard, { guard: aRealm().guard })
  app.get('/v1/orders', { config: { requires: {} } }, () => 'let in')
  app.options('/v1/orders', { config: { requires: {} } }, () => 'let in')
  for (const [method, url] of [
    ['GET', '/v1/orders/'],
    ['GET', '/V1/Orders'],
    ['GET', '//v1//orders'],
    ['HEAD', '/v1/orders'],
    ['OPTIONS', '/v1/orders'],
  ] as const) {
    const response = await app.inject({ method, url, headers: { 'x-http-method-override': 'OPTIONS' } })
    assert.equal(response.statusCode, 401, `${method} ${url}`)
  }
})

test('it guards nested scopes and no sibling scope', async () => {
  const app = Fastify()
  const guarded = async (scope: FastifyInstance) => {
    await scope.register(countersignGuard, { guard: aRealm().guard })
    await scope.register(async (inner) => void inner.get('/inner', { config: { requires: {} } }, () => 'let in'), { prefix: '/v1' })
  }
  await app.register(guarded, { prefix: '/a' })
  await app.register(guarded, { prefix: '/b' })
  app.get('/outside', () => 'ok')
  assert.equal((await app.inject('/a/v1/inner')).statusCode, 401)
  assert.equal((await app.inject('/b/v1/inner')).statusCode, 401)
  assert.equal((await app.inject('/outside')).statusCode, 200)
})

test('parameters are found in every form of path', async () => {
  const app = Fastify()
  await app.register(countersignGuard, { guard: aRealm().guard })
  const bySeller: Requirement = { partner: param('sellerId') }
  const add = (url: string) => app.get(url, { config: { requires: bySeller } }, () => 'let in')
  for (const url of [
    '/a/:sellerId',
    '/b/:sellerId/x',
    '/c/:sellerId(^[0-9a-f-]+$)',
    '/d/:kind-:sellerId',
    '/e/:sellerId.json',
    '/f/:sellerId?',
  ])
    add(url)
  assert.throws(() => add('/g/::sellerId'), /the route has none/)
})

test('abuse 117: over HTTP/2 the verdicts are those over HTTP/1', async (t) => {
  const realm = aRealm()
  const app = Fastify({ http2: true })
  await app.register(countersignGuard, { guard: realm.guard })
  app.get('/v1/me', { config: { requires: {} } }, ({ access }) => handlerSaw(access))
  t.after(() => app.close())
  const session = connectHttp2(await app.listen({ port: 0, host: '127.0.0.1' }))
  t.after(() => session.close())
  const ask = async (headers: Readonly<Record<string, string>>, path = '/v1/me') => {
    const [answered] = (await once(session.request({ ':path': path, ...headers }).resume(), 'response')) as [
      Readonly<Record<string, unknown>>,
    ]
    return [answered[':status'], typeof answered['www-authenticate']]
  }
  const authorization = `Bearer ${realm.token()}`
  assert.deepEqual(await ask({ authorization }), [200, 'undefined'])
  assert.deepEqual(await ask({}), [401, 'string'])
  assert.deepEqual(await ask({ authorization: `${authorization},${authorization}` }), [400, 'string'])
  assert.deepEqual(await ask({ authorization }, '/v1/me?access_token=x'), [400, 'string'])
})

test('abuse 117: a listener of upgrades, which the guard does not see, is told at the start, but not that of @fastify/websocket', async () => {
  const warningsOf = async (prepare: (app: FastifyInstance) => void) => {
    const lines: string[] = []
    const app = Fastify({ logger: { level: 'warn', stream: { write: (line) => lines.push(line) } } })
    await app.register(countersignGuard, { guard: aRealm().guard })
    prepare(app)
    await app.ready()
    return lines.join('')
  }
  const listen = (app: FastifyInstance) => void app.server.on('upgrade', () => {})
  assert.equal(await warningsOf(() => {}), '')
  assert.match(
    await warningsOf(listen),
    /"msg":"the server has a listener of \\"upgrade\\": it gets WebSocket connections before the guard/,
  )
  assert.equal(await warningsOf((app) => listen(app.decorate('websocketServer', {}))), '')
})

test('a path with other letters than ASCII is reported as it is sent', async () => {
  const routes: (string | null)[] = []
  const app = Fastify()
  await app.register(countersignGuard, { guard: aRealm().guard, onDecision: ({ route }) => routes.push(route) })
  app.get('/v1/größe/:teil', { config: { requires: {} } }, () => '')
  assert.equal((await app.inject(encodeURI('/v1/größe/1'))).statusCode, 401)
  assert.deepEqual(routes, ['/v1/gr%C3%B6%C3%9Fe/{teil}'])
})

test('abuse 111: over real HTTP, two Authorization headers are rejected although Node would drop one', async (t) => {
  const { app, headers } = await anApi()
  t.after(() => app.close())
  const { port } = new URL(await app.listen({ port: 0, host: '127.0.0.1' }))
  const ask = async (...lines: string[]) => {
    const socket = connect(Number(port), '127.0.0.1')
    socket.end(['GET /v1/me HTTP/1.1', 'Host: api', 'Connection: close', ...lines, '', ''].join('\r\n'))
    let text = ''
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
    await once(socket, 'close')
    return text
  }
  const bearer = `Authorization: ${headers.authorization}`
  assert.match(await ask(bearer), /^HTTP\/1\.1 200 /)
  assert.match(await ask(bearer, bearer), /^HTTP\/1\.1 400 [\s\S]*error="invalid_request"/)
  assert.match(await ask(), /^HTTP\/1\.1 401 [\s\S]*www-authenticate: Bearer realm="nt24-idp"\r\n/i)
})

test('fault 6.8: a source that throws undefined or null is a 503 that the log explains', async () => {
  for (const value of [undefined, null]) {
    const find = () => {
      throw value
    }
    const { app, lines, headers } = await anApi({ entitlements: { find } })
    assert.equal((await app.inject({ url: '/v1/me', headers })).statusCode, 503)
    assert.match(lines.join(''), /could not decide/)
  }
})
