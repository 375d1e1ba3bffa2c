import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { Router } from '@koa/router'
import Koa, { type Context } from 'koa'
import { aRealm, foreignPartnerId, partnerId } from '../guard.fixture.ts'
import type { GuardDecision } from '../guard-decision.ts'
import { param } from '../requirement.ts'
import { contractOf, handlerSaw, type ContractRoute } from './adapter-contract.fixture.ts'
import { countersignGuard, type KoaMiddleware } from './koa.ts'
import { serve } from './serve.fixture.ts'

function handlerOf({ handler }: ContractRoute) {
  return async (ctx: Context) => {
    if (handler === 'throws') throw new Error('the handler failed')
    ctx.body = handler === 'echo' ? ctx.req.pipe(new PassThrough()) : handlerSaw(ctx[handler])
  }
}

contractOf({
  name: 'Koa',
  seesRoutesAtStart: true,
  start: async (guard, routes, options) => {
    const app = new Koa()
    const router = new Router()
    app.silent = true
    const { guarded, open, closed, checkRoutes } = countersignGuard({ guard, ...options })
    for (const route of routes) {
      const path = route.path.replace(/\{(\w+)\}/g, ':$1')
      const declared = [...(route.requires === undefined ? [] : [guarded(route.requires)]), ...(route.public === true ? [open] : [])]
      router.register(path, [route.method], [...declared, handlerOf(route)])
    }
    checkRoutes(router)
    app.use(closed).use(router.routes()).use(router.allowedMethods())
    return serve(app.callback())
  },
})

type Set = (app: Koa, router: Router, guard: ReturnType<typeof countersignGuard>) => void

async function anApp(set: Set, realm = aRealm()) {
  const told: GuardDecision[] = []
  const undecided: unknown[] = []
  const app = new Koa()
  const router = new Router()
  app.silent = true
  const guard = realm.guard
  set(app, router, countersignGuard({ guard, onDecision: (each) => told.push(each), onUndecided: (cause) => undecided.push(cause) }))
  app.use(router.routes())
  const { send, close } = await serve(app.callback())
  const headers = { authorization: `Bearer ${realm.token()}` }
  const ask = (path: string, init: RequestInit = {}) => send(new Request(`http://api${path}`, { headers, ...init }))
  return { app, ask, close, told, undecided }
}

test('abuse 116: Koa: below closed, a route that says nothing gets 500 before its middleware runs, also one that is added later', async () => {
  let ran = 0
  const handler = (ctx: Context) => void (ctx.body = `ran ${++ran}`)
  let late: Router | undefined
  const { ask, close, undecided } = await anApp((app, router, { guarded, open, closed }) => {
    app.use(closed)
    const nested = new Router()
    nested.get('/in', handler)
    router.get('/nothing', handler).post('/nothing', open, handler)
    router.get('/late', handler, guarded({}))
    router.get('/both', open, guarded({}), handler)
    router.use('/nested', nested.routes())
    late = router
  })
  for (const path of ['/nothing', '/nothing', '/late', '/both', '/nested/in'])
    assert.deepEqual([path, (await ask(path)).status], [path, 500])
  assert.equal((await ask('/nothing', { method: 'HEAD' })).status, 500)
  late?.get('/added', handler)
  assert.equal((await ask('/added')).status, 500)
  assert.equal(ran, 0)
  assert.equal((await ask('/nothing', { method: 'POST' })).status, 200)
  assert.match(String(undecided[0]), /The route HEAD,GET \/nothing has neither guarded\(\) nor open/)
  await close()
})

test('abuse 116: Koa: below closed, what answers without a route is withheld, and errors and OPTIONS without content are not', async () => {
  const { ask, close, undecided } = await anApp((app, _router, { guarded, open, closed }) => {
    app.use(async (ctx, next) => {
      await next()
      if (ctx.path === '/page') ctx.body = 'page'
    })
    app.use(closed)
    const at = (path: string, ...middleware: KoaMiddleware[]) =>
      app.use(async (ctx, next) => {
        if (ctx.path !== path) return next()
        const run = (index: number): Promise<unknown> => Promise.resolve(middleware[index]?.(ctx, () => run(index + 1)))
        await run(0)
      })
    at('/body', async (ctx) => void (ctx.set({ 'x-secret': 'secret' }), (ctx.body = 'secret')))
    at('/stream', async (ctx) => void (ctx.body = new PassThrough().end('secret')))
    at('/raw', async (ctx) => {
      ctx.respond = false
      ctx.res.writeHead(200, { 'x-secret': 'secret' }).end('secret')
    })
    at('/late', async (ctx) => {
      ctx.respond = false
      setTimeout(() => ctx.res.writeHead(200).end('secret'), 5)
    })
    at('/cors', async (ctx) => void (ctx.set({ 'access-control-allow-origin': '*' }), (ctx.status = 204)))
    at('/error', async (ctx) => void ((ctx.status = 418), (ctx.body = 'teapot')))
    at('/files', guarded({}), async (ctx) => void (ctx.body = 'file'))
    at('/docs', open, async (ctx) => void (ctx.body = 'docs'))
  })
  for (const path of ['/body', '/stream', '/raw', '/late']) {
    const response = await ask(path)
    assert.equal(response.status, 500)
    assert.doesNotMatch(JSON.stringify([...response.headers]) + (await response.text()), /secret/)
  }
  for (const path of ['/body', '/stream', '/raw', '/late']) {
    const response = await ask(path, { method: 'OPTIONS' })
    assert.deepEqual([response.status, /secret/.test(await response.text())], [500, false], path)
  }
  assert.equal((await ask('/cors', { method: 'OPTIONS' })).status, 204)
  assert.match(
    String(undecided[0]),
    /GET \/body was answered, and nothing on its way is guarded\(\) or open; put one of them before what answers it$/,
  )
  assert.equal((await ask('/error')).status, 418)
  assert.equal((await ask('/none')).status, 404)
  assert.equal(await (await ask('/page')).text(), 'page')
  assert.equal(await (await ask('/docs')).text(), 'docs')
  assert.equal(await (await ask('/files')).text(), 'file')
  assert.equal((await ask('/files', { headers: {} })).status, 401)
  await close()
})

test('Koa: an app may have several guards below one closed, and the routes of all are checked', async () => {
  const other = countersignGuard({ guard: aRealm().guard })
  const { ask, close } = await anApp((app, router, { closed, guarded, checkRoutes }) => {
    app.use(closed)
    router.get('/mine', guarded({}), (ctx: Context) => void (ctx.body = 'mine'))
    router.get('/other', other.guarded({}), (ctx: Context) => void (ctx.body = handlerSaw(ctx.access)))
    router.get('/open', other.open, (ctx: Context) => void (ctx.body = 'open'))
    checkRoutes(router)
    router.get('/nothing', (ctx: Context) => void (ctx.body = 'nothing'))
    assert.throws(() => checkRoutes(router), /The route HEAD,GET \/nothing has neither/)
  })
  const statuses = await Promise.all(['/mine', '/other', '/open', '/nothing'].map(async (path) => (await ask(path)).status))
  assert.deepEqual(statuses, [200, 200, 200, 500])
  assert.equal((await ask('/other', { headers: {} })).status, 401)
  await close()
})

test('Koa: several guards on one request must all allow it, and count it once', async () => {
  const realm = aRealm()
  realm.setEntitlement({ organization: { rateLimit: { tier: 'standard', limit: 2, windowSeconds: 1 } } })
  const { ask, close, told } = await anApp((app, router, { guarded }) => {
    const any = guarded({})
    app.use(any)
    router.use(any)
    router.get('/v1/:sellerId/orders', any, guarded({ partner: param('sellerId') }), (ctx: Context) => {
      ctx.body = handlerSaw(ctx.access)
    })
  }, realm)
  const allowed = await ask(`/v1/${partnerId}/orders`)
  assert.deepEqual([allowed.status, allowed.headers.get('ratelimit')], [200, '"standard";r=1;t=1'])
  assert.deepEqual(
    told.map(({ outcome }) => outcome),
    ['allowed'],
  )
  assert.equal((await ask(`/v1/${foreignPartnerId}/orders`)).status, 403)
  await close()
})

test('Koa: routes of routers with prefixes are reported by template', async () => {
  const { ask, close, told } = await anApp((_app, router, { guarded }) => {
    const nested = new Router({ prefix: '/orders' })
    nested.get('/:id', guarded({ partner: param('sellerId') }), (ctx: Context) => void (ctx.body = 'ok'))
    router.prefix('/v1').use('/:sellerId', nested.routes())
    router.get(/^\/pattern\/\w+$/, guarded({}), (ctx: Context) => void (ctx.body = 'ok'))
  })
  assert.equal((await ask(`/v1/${partnerId}/orders/7`)).status, 200)
  await ask('/v1/pattern/secret')
  assert.deepEqual(told.map(({ route }) => route).slice(0, 1), ['/v1/{sellerId}/orders/{id}'])
  assert.doesNotMatch(JSON.stringify(told), /secret/)
  await close()
})

test('abuse 116: Koa: what router.use() adds guards nothing in an exclusive router', () => {
  const { guarded, checkRoutes } = countersignGuard({ guard: aRealm().guard })
  const handler = (ctx: Context) => void (ctx.body = 'ok')
  const plain = new Router()
  const exclusive = new Router({ exclusive: true })
  for (const router of [plain, exclusive]) {
    router.use(guarded({}))
    router.get('/orders', handler)
  }
  checkRoutes(plain)
  assert.throws(() => checkRoutes(exclusive), /The route HEAD,GET \/orders has neither/)
})

test('Koa: a cause that is undecided is an error event of the app, and ctx.state has no access', async () => {
  const errors: Error[] = []
  const realm = aRealm({ entitlements: { find: () => Promise.reject(new Error('away')) } })
  const app = new Koa()
  app.on('error', (error: Error) => errors.push(error))
  const { guarded } = countersignGuard({ guard: realm.guard })
  app.use(guarded({}))
  const { send, close } = await serve(app.callback())
  const response = await send(new Request('http://api/', { headers: { authorization: `Bearer ${realm.token()}` } }))
  assert.equal(response.status, 503)
  // The listener of Koa prints no cause.
  assert.equal(errors[0]?.message, 'The guard could not decide on GET /: away')
  assert.match(String(errors[0]?.cause), /away/)
  await close()
})
