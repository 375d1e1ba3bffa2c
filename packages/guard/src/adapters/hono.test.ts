import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { Hono, type Context, type Next } from 'hono'
import { cors } from 'hono/cors'
import { aRealm, foreignPartnerId, partnerId } from '../guard.fixture.ts'
import type { GuardDecision } from '../guard-decision.ts'
import { meRequirement, param } from '../requirement.ts'
import { countersignGuard, type CountersignGuardOptions } from './hono.ts'
import { contractOf } from './adapter-contract.fixture.ts'
import { honoApp } from './web-adapters.fixture.ts'

contractOf(honoApp)

function aGuarded(options: Partial<CountersignGuardOptions> = {}) {
  const realm = aRealm()
  const guard = countersignGuard({ guard: realm.guard, onUndecided: () => {}, ...options })
  const app = new Hono()
  const headers = { authorization: `Bearer ${realm.token()}` }
  return { realm, app, headers, ...guard }
}

const ok = (c: Context) => c.text('ok')

test('a route has its requirement beside it, and its handler the access', async () => {
  const { app, headers, guarded, open, closed, checkRoutes } = aGuarded()
  app.use(closed)
  app.get('/health', open, ok)
  app.get('/v1/partners/:sellerId{[0-9a-f-]+}/orders', guarded({ partner: param('sellerId') }), (c) =>
    c.json([c.var.access.token.clientId, c.get('decision').allowed]),
  )
  checkRoutes(app)
  const answer = await app.request(`/v1/partners/${partnerId}/orders`, { headers })
  assert.deepEqual(await answer.json(), ['api-client-acme', true])
  assert.equal((await app.request(`/v1/partners/${foreignPartnerId}/orders`, { headers })).status, 403)
  assert.equal((await app.request('/health')).status, 200)
  assert.equal((await app.request('/nothing')).status, 404)
})

test('the app may be of the other format of Hono than the one that the guard would import', async () => {
  const ofCommonJs = createRequire(import.meta.url)('hono') as { Hono: typeof Hono }
  assert.notEqual(ofCommonJs.Hono, Hono)
  const { headers, guarded, open, closed } = aGuarded()
  const app = new ofCommonJs.Hono()
  app.use(closed)
  app.get('/health', open, ok)
  app.get('/v1/partners/:sellerId/orders', guarded({ partner: param('sellerId') }), ok)
  app.get('/nothing', ok)
  const paths = ['/health', `/v1/partners/${partnerId}/orders`, `/v1/partners/${foreignPartnerId}/orders`, '/nothing']
  assert.deepEqual(await Promise.all(paths.map(async (path) => (await app.request(path, { headers })).status)), [200, 200, 403, 500])
})

test('an app may have several guards below one closed, and the routes of all are checked', async () => {
  const { app, headers, guarded, closed, checkRoutes } = aGuarded()
  const other = aGuarded()
  app.use(closed)
  app.get('/mine', guarded({}), ok)
  app.get('/other', other.guarded({}), (c) => c.text(c.var.access.token.clientId))
  app.get('/open', other.open, ok)
  checkRoutes(app)
  app.get('/nothing', ok)
  app.get('/missing/:id', other.guarded({ partner: param('sellerId') }), ok)
  assert.throws(() => checkRoutes(app), /The route GET \/nothing is neither[^]*The route GET \/missing\/\{id\}: "partner" refers to/)
  const statuses = await Promise.all(
    ['/mine', '/other', '/open', '/nothing'].map(async (path) => (await app.request(path, { headers })).status),
  )
  assert.deepEqual(statuses, [200, 200, 200, 500])
  assert.equal((await app.request('/other')).status, 401)
})

test('reading the access of an open route throws, by c.var and by c.get()', async () => {
  const { app, open } = aGuarded()
  const read: string[] = []
  app.get('/a', open, (c) => {
    ;(c as Context).set('own', 'kept')
    for (const each of [() => c.var.access, () => c.get('access'), () => c.var.decision, () => c.get('decision')])
      try {
        each()
      } catch (error) {
        read.push((error as Error).message)
      }
    return c.text(`${(c.var as { own?: string }).own} ${(c as Context).get('own')}`)
  })
  assert.equal(await (await app.request('/a')).text(), 'kept kept')
  assert.equal(read.length, 4)
  assert.match(read[0]!, /This route is public/)
})

test('a request that passes by report-only has a decision, and no access', async (t) => {
  t.mock.method(console, 'warn', () => {})
  const { app, guarded } = aGuarded()
  const until = new Date(1_800_000_000_000 + 86_400_000).toISOString()
  app.get('/a', guarded({ reportOnly: { until } }), (c) => {
    assert.throws(() => c.var.access, /read "c.var.decision"/)
    return c.json(c.var.decision.allowed)
  })
  assert.equal(await (await app.request('/a')).json(), false)
})

test('two guards on one request must both allow it, and it counts once', async () => {
  const told: GuardDecision[] = []
  const { app, realm, headers, guarded } = aGuarded({ onDecision: (decision) => told.push(decision) })
  realm.setEntitlement({ organization: { rateLimit: { tier: 'standard', limit: 1, windowSeconds: 60 } } })
  app.use('/v1/*', guarded({}))
  app.get('/v1/me', guarded(meRequirement), ok)
  app.get('/v1/admin', guarded({ scope: 'admin' }), ok)
  const answer = await app.request('/v1/me', { headers })
  assert.deepEqual([answer.status, answer.headers.get('ratelimit')], [200, '"standard";r=0;t=60'])
  assert.deepEqual(
    told.map(({ outcome }) => outcome),
    ['allowed'],
  )
})

for (const [what, add] of [
  ['a handler of its own', (app: Hono) => app.get('/b', ok)],
  ['app.all()', (app: Hono) => app.all('/b', ok)],
  ['a handler that takes next', (app: Hono) => app.get('/b', (c: Context, _next: Next) => c.text('b'))],
  ['a sub-app', (app: Hono) => app.route('/', new Hono().get('/b', ok))],
  ['a sub-app with an error handler', (app: Hono) => app.route('/', new Hono().onError((_error, c) => c.text('')).get('/b', ok))],
] as const)
  test(`a route that declares nothing, by ${what}, is found at the start, and closed by its first request`, async () => {
    const { app, guarded, closed, checkRoutes } = aGuarded()
    app.use(closed)
    app.get('/a', guarded({}), ok)
    add(app)
    assert.throws(() => checkRoutes(app), /The route (GET|ALL) \/b is neither guarded nor open/)
    assert.equal((await app.request('/b')).status, 500)
    assert.equal((await app.request('/a')).status, 401)
  })

test('abuse 116: Hono: open in a sub-app at "/" opens no routes of others', async () => {
  const { app, open, closed, checkRoutes } = aGuarded()
  app.use(closed)
  app.route('/', new Hono().use(open).get('/health', open, ok))
  app.route('/', new Hono().get('/admin', ok))
  app.get('*', open, ok)
  assert.throws(() => checkRoutes(app), { message: /^The route GET \/admin is neither guarded nor open[^\n]*$/ })
  assert.equal((await app.request('/admin')).status, 500)
  for (const path of ['/health', '/elsewhere']) assert.equal((await app.request(path)).status, 200, path)
})

test('a guard after the handler guards nothing, whatever stands before', async () => {
  const { app, guarded, closed, checkRoutes } = aGuarded()
  app.use(closed)
  app.get('/b', async (_c, next) => void (await next()), ok, guarded({}))
  assert.throws(() => checkRoutes(app), /The route GET \/b is neither guarded nor open/)
  assert.equal((await app.request('/b')).status, 500)
})

test('abuse 116: Hono: middleware and mounted apps that answer by themselves are closed when they have answered', async () => {
  const causes: unknown[] = []
  const { app, open, closed } = aGuarded({ onUndecided: (cause) => causes.push(cause) })
  app.use(closed)
  app.use('/static/*', async (c, _next) => c.text('file'))
  app.mount('/old', () => new Response('old', { headers: { 'set-cookie': 'a=b' } }))
  app.mount('/plain', (request: Request) => new Response(new URL(request.url).pathname === '/ok' ? 'OK' : ''))
  app.use('/docs/*', open)
  app.mount('/docs', () => new Response('docs'))
  for (const path of ['/static/a', '/old/a']) {
    const response = await app.request(path)
    assert.deepEqual([response.status, response.headers.get('set-cookie')], [500, null], path)
    assert.match(response.headers.get('content-type') ?? '', /problem/)
  }
  assert.equal(causes.length, 2)
  assert.match(
    String(causes[0]),
    /GET \/static\/a was answered, and nothing on its way is guarded\(\) or open; put one of them before what answers it$/,
  )
  assert.equal(await (await app.request('/docs/a')).text(), 'docs')
  assert.equal((await app.request('/old/a', { method: 'OPTIONS' })).status, 500)
  for (const path of ['/plain/ok', '/plain/empty']) assert.equal((await app.request(path, { method: 'OPTIONS' })).status, 200)
})

test('CORS lives before the guard: preflights pass, and denials have its headers', async () => {
  const { app, guarded, closed, checkRoutes } = aGuarded()
  app.use(cors({ origin: 'https://app.example.com' })).use(closed)
  app.get('/a', guarded({}), ok)
  checkRoutes(app)
  const preflight = await app.request('/a', {
    method: 'OPTIONS',
    headers: { origin: 'https://app.example.com', 'access-control-request-method': 'GET' },
  })
  assert.equal(preflight.status, 204)
  const denied = await app.request('/a', { headers: { origin: 'https://app.example.com' } })
  assert.deepEqual([denied.status, denied.headers.get('access-control-allow-origin')], [401, 'https://app.example.com'])
})

test('what is wrong with a route is said at the start, all of it', () => {
  const { app, guarded, open, checkRoutes } = aGuarded()
  app.get('/a', guarded({}), open, ok)
  app.get('/b/:id', guarded({ partner: param('sellerId') }), ok)
  app.get('/c', ok, guarded({}))
  app.get('/d', async (_c, next) => void (await next()), guarded({}), ok)
  app.use('/e/*', guarded({}))
  app.get('/e/f', ok)
  let message = ''
  try {
    checkRoutes(app)
  } catch (error) {
    ;({ message } = error as Error)
  }
  assert.deepEqual(
    message.split('\n').map((line) => line.replace(/;.*/, '')),
    [
      'The route GET /a is both guarded and open',
      'The route GET /c is neither guarded nor open',
      'The route GET /b/{id}: "partner" refers to the parameter "sellerId"',
    ],
  )
})

test('a requirement that names a missing parameter answers 500 where the routes are not checked', async () => {
  const { app, guarded, headers } = aGuarded()
  let calls = 0
  app.get('/b/:id', guarded({ partner: param('sellerId') }), (c) => c.text(String(++calls)))
  assert.equal((await app.request(`/b/${partnerId}`, { headers })).status, 500)
  assert.equal(calls, 0)
  assert.throws(() => guarded({ scopes: 'a' } as never), { name: 'TypeError' })
})

test('the guard can be made of the context of the first request, and its work is kept by the execution context', async () => {
  const realm = aRealm()
  const settled: unknown[] = []
  const kept: Promise<unknown>[] = []
  const made: unknown[] = []
  const settle = async (how: unknown) => void settled.push(how)
  const { guarded } = countersignGuard({
    guard: (c) => {
      made.push((c.env as { readonly secret: string }).secret)
      return { ...realm.guard, settle } as typeof realm.guard
    },
    address: (c) => c.req.header('cf-connecting-ip'),
  })
  const app = new Hono()
  app.get('/a', guarded({}), ok)
  const context = { waitUntil: (work: Promise<unknown>) => void kept.push(work), passThroughOnException: () => {}, props: {} }
  for (const execution of [context, context, undefined])
    await app.fetch(new Request('https://api.example.com/a'), { secret: 's' }, execution as never)
  await Promise.all(kept)
  assert.deepEqual([made, kept.length, settled], [['s'], 2, [{ waitSeconds: 5 }, { waitSeconds: 5 }]])
})
