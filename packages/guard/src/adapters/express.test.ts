import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createGzip } from 'node:zlib'
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express'
// @ts-expect-error -- The types are those of Express 5.
import express4 from 'express4'
import { aRealm, foreignPartnerId, partnerId } from '../guard.fixture.ts'
import type { GuardDecision } from '../guard-decision.ts'
import { param } from '../requirement.ts'
import { contractOf, handlerSaw, type ContractRoute } from './adapter-contract.fixture.ts'
import { countersignGuard } from './express.ts'
import { sendPipelined } from './raw-requests.fixture.ts'
import { serve } from './serve.fixture.ts'

const versions: Record<string, typeof express> = { 'Express 4': express4, 'Express 5': express }

function handlerOf({ handler }: ContractRoute): RequestHandler {
  return (req, res) => {
    if (handler === 'throws') throw new Error('the handler failed')
    if (handler === 'echo') return void req.pipe(res)
    res.json(handlerSaw(req[handler]))
  }
}

/** Without the log of Express, which prints each error. */
const fail: ErrorRequestHandler = (error: { status?: number }, _req, res, _next) => void res.status(error.status ?? 500).send('failed')

for (const [name, create] of Object.entries(versions)) {
  contractOf({
    name,
    seesRoutesAtStart: true,
    start: async (guard, routes, options) => {
      const app: Express = create()
      const { guarded, open, closed, checkRoutes } = countersignGuard({ guard, ...options })
      app.use(closed)
      for (const route of routes) {
        const path = route.path.replace(/\{(\w+)\}/g, ':$1')
        const declared = [...(route.requires === undefined ? [] : [guarded(route.requires)]), ...(route.public === true ? [open] : [])]
        app[route.method.toLowerCase() as 'get'](path, ...declared, handlerOf(route))
      }
      checkRoutes(app)
      app.use(fail)
      return serve(app)
    },
  })

  async function anApp(set: (app: Express, guard: ReturnType<typeof countersignGuard>) => void, realm = aRealm()) {
    const told: GuardDecision[] = []
    const undecided: unknown[] = []
    const guard = countersignGuard({
      guard: realm.guard,
      onDecision: (decision) => told.push(decision),
      onUndecided: (cause) => undecided.push(cause),
    })
    const app: Express = create()
    set(app, guard)
    app.use(fail)
    const { send, close, port = 0 } = await serve(app)
    const headers = { authorization: `Bearer ${realm.token()}` }
    const ask = (path: string, init: RequestInit = {}) => send(new Request(`http://api${path}`, { headers, ...init }))
    return { ask, close, port, told, undecided, realm, headers }
  }

  test(`abuse 116: ${name}: below closed, a route that says nothing gets 500 before its handler runs, at whatever depth it is`, async () => {
    let ran = 0
    const handler: RequestHandler = (_req, res) => void res.send(`ran ${++ran}`)
    const { ask, close, undecided } = await anApp((app, { closed, open, guarded }) => {
      const router = create.Router()
      const mounted: Express = create()
      app.use(closed)
      app.get('/app', handler)
      app.all('/all', handler)
      app.get('/late', handler, guarded({}))
      app.get('/both', open, guarded({}), handler)
      router.get('/in', handler)
      mounted.get('/in', handler)
      app.use('/router', router)
      app.use('/mounted', mounted)
      app.post('/app', open, handler)
      app.get('/later', (_req, _res, next) => void setImmediate(() => next()))
      app.get('/later', handler)
    })
    for (const path of ['/app', '/app', '/all', '/late', '/both', '/router/in', '/mounted/in', '/later']) {
      const response = await ask(path)
      assert.deepEqual(
        [path, response.status, ((await response.json()) as { type: string }).type.split('/').at(-1)],
        [path, 500, 'internal-error'],
      )
    }
    assert.equal((await ask('/app', { method: 'HEAD' })).status, 500)
    assert.equal((await ask('/all', { method: 'DELETE' })).status, 500)
    assert.equal(ran, 0)
    assert.equal((await ask('/app', { method: 'POST' })).status, 200)
    assert.match(String(undecided[0]), /The route GET \/app has neither guarded\(\) nor open as its first handler/)
    assert.match(String(undecided[4]), /is both guarded and open/)
    await close()
  })

  test(`abuse 116: ${name}: below closed, what answers without a route is withheld, and errors and OPTIONS without content are not`, async () => {
    const { ask, close, undecided } = await anApp((app, { closed, open, guarded }) => {
      app.use(closed)
      app.use('/by-hand', (_req, res) => void res.set('Access-Control-Allow-Origin', '*').sendStatus(200))
      app.use('/by-head', (_req, res) => void res.writeHead(200, { 'access-control-allow-origin': '*' }).end())
      app.use('/methods', (_req, res) => void res.writeHead(200, { Allow: 'GET' }).end('GET'))
      app.get('/route', guarded({}), (_req, res) => void res.send('let in'))
      app.use('/send', (_req, res) => void res.cookie('session', 'secret').send('secret'))
      app.use('/head', (_req, res) => void res.writeHead(200, { 'x-secret': 'secret' }).end('secret'))
      app.use('/stream', (_req, res) => {
        res.write('secret', () => res.end('secret'))
      })
      app.use('/error', (_req, res) => void res.status(418).send('teapot'))
      app.use('/cors', (_req, res) => void res.set('Access-Control-Allow-Origin', '*').sendStatus(204))
      app.use('/files', guarded({}), (_req, res) => void res.send('file'))
      app.use('/docs', open, (_req, res) => void res.send('docs'))
    })
    for (const path of ['/send', '/head', '/stream', '/cors']) {
      const response = await ask(path)
      assert.equal(response.status, 500)
      assert.doesNotMatch(JSON.stringify([...response.headers]) + (await response.text()), /secret/)
      assert.equal(response.headers.get('access-control-allow-origin'), path === '/cors' ? '*' : null)
    }
    assert.match(
      String(undecided[0]),
      /GET \/send was answered, and nothing on its way is guarded\(\) or open; put one of them before what answers it$/,
    )
    assert.equal((await ask('/error')).status, 418)
    for (const path of ['/send', '/stream', '/head']) {
      const response = await ask(path, { method: 'OPTIONS' })
      assert.deepEqual([response.status, /secret/.test(await response.text())], [500, false], path)
    }
    for (const path of ['/cors', '/by-hand', '/by-head', '/methods', '/route']) assert.ok((await ask(path, { method: 'OPTIONS' })).ok, path)
    assert.equal((await ask('/none')).status, 404)
    assert.equal(await (await ask('/docs')).text(), 'docs')
    assert.equal(await (await ask('/files')).text(), 'file')
    assert.equal((await ask('/files', { headers: {} })).status, 401)
    await close()
  })

  test(`abuse 116: ${name}: below closed, what is open in one router opens no routes of others`, async () => {
    const { ask, close, undecided } = await anApp((app, { closed, open }) => {
      const handler: RequestHandler = (_req, res) => void res.send('let in')
      const health = create.Router().use(open)
      const inner = create.Router().get('/ready', handler)
      const admin = create.Router().get('/admin', handler).get('/status', handler)
      const docs = create.Router().get('/page', handler)
      app.use(closed)
      app.use(health.get('/health', handler).use('/inner', inner))
      app.use(admin)
      app.use('/v1', health, admin)
      app.use('/docs', open, docs)
      app.all(create === express ? '/pages/*any' : '/pages/*', open)
      app.get('/pages/a', handler)
    })
    for (const path of ['/health', '/inner/ready', '/v1/health', '/docs/page', '/HEALTH/', '/pages/a'])
      assert.equal(await (await ask(path)).text(), 'let in', path)
    for (const path of ['/admin', '/v1/admin', '/status?x=/health']) assert.equal((await ask(path)).status, 500, path)
    assert.match(String(undecided[0]), /The route GET \/admin has neither/)
    await close()
  })

  for (const order of ['before', 'after'])
    test(`abuse 116: ${name}: a middleware ${order} closed that compresses neither lets a response out nor fails`, async () => {
      const compress: RequestHandler = (_req, res, next) => {
        const { write, end } = res as unknown as Record<'write' | 'end', (...given: unknown[]) => unknown>
        const stream = createGzip()
        stream.on('data', (chunk) => write.call(res, chunk)).on('end', () => end.call(res))
        Object.assign(res, {
          end: (chunk: unknown) => {
            res.removeHeader('content-length')
            res.setHeader('content-encoding', 'gzip').writeHead(res.statusCode)
            return stream.end(chunk)
          },
        })
        next()
      }
      const { ask, close } = await anApp((app, { closed, guarded }) => {
        app.use(...(order === 'before' ? [compress, closed] : [closed, compress]))
        app.use('/leak', (_req, res) => void res.json({ secret: 'secret' }))
        app.get('/guarded', guarded({}), (_req, res) => void res.send('let in'))
      })
      const response = await ask('/leak')
      assert.equal(response.status, 500)
      assert.doesNotMatch(await response.text(), /secret/)
      assert.equal(await (await ask('/guarded')).text(), 'let in')
      await close()
    })

  test(`abuse 116: ${name}: checkRoutes() names every route with a fault, in routers too`, () => {
    const { guarded, open, checkRoutes } = countersignGuard({ guard: aRealm().guard })
    const app: Express = create()
    const router = create.Router()
    const handler: RequestHandler = () => {}
    app.get('/ok/:sellerId', guarded({ partner: param('sellerId') }), handler)
    app.get('/nothing', handler).post('/nothing', open, handler)
    app.get('/both', guarded({}), open, handler)
    app.get('/missing/:id', guarded({ partner: param('sellerId') }), handler)
    app.use('/admin', guarded({}))
    app.get('/admin/covered', handler)
    router.get('/deep', handler)
    app.use('/v1', router)
    assert.throws(
      () => checkRoutes(app),
      (error: TypeError) => {
        assert.deepEqual(
          error.message.split('\n').map((line) => /^The route (\S+ \S+?)(?::? )/.exec(line)?.[1]),
          ['GET /nothing', 'GET /both', 'GET /missing/:id', 'GET /v1/deep'],
        )
        return true
      },
    )
    assert.throws(() => checkRoutes(router), /The route GET \/deep has neither/)
  })

  test(`abuse 116: ${name}: checkRoutes() sees into routers beside what is open or guarded at another path, and names whole paths`, () => {
    const { guarded, open, checkRoutes } = countersignGuard({ guard: aRealm().guard })
    const app: Express = create()
    const handler: RequestHandler = () => {}
    const routerOf = (path: string, ...handlers: RequestHandler[]) => create.Router({ mergeParams: true }).get(path, ...handlers)
    const mine = guarded({ partner: param('sellerId') })
    app.use('/docs', open, handler)
    app.use('/admin', guarded({}))
    app.use('/v1', routerOf('/nothing', handler).use('/in', routerOf('/deeper', handler)).use('/ok', guarded({}), routerOf('/x', handler)))
    app.use('/admin', routerOf('/covered', handler), create.Router().use('/in', routerOf('/covered', handler)))
    app.use(routerOf('/root', handler))
    app.use('/docs', routerOf('/:page', handler))
    app.use('/p/:sellerId', routerOf('/orders', mine))
    app.use('/v2', routerOf('/:sellerId', mine), routerOf('/:id', mine))
    assert.throws(
      () => checkRoutes(app),
      (error: TypeError) => {
        assert.deepEqual(
          error.message.split('\n').map((line) => /^The route (\S+ \S+?)(?::? )/.exec(line)?.[1]),
          ['GET /v1/nothing', 'GET /v1/in/deeper', 'GET /root', 'GET /v2/:id'],
        )
        return true
      },
    )
  })

  test(`${name}: an app may have several guards below one closed, and the routes of all are checked, each by its own`, async () => {
    const other = countersignGuard({ guard: aRealm({ capabilities: ['kyc'] }).guard })
    const { ask, close } = await anApp((app, { closed, guarded, checkRoutes }) => {
      app.use(closed)
      app.get('/mine', guarded({}), (_req, res) => void res.send('mine'))
      app.get('/other', other.guarded({}), (req, res) => void res.json(handlerSaw(req.access)))
      app.get('/open', other.open, (_req, res) => void res.send('open'))
      checkRoutes(app)
      app.get('/nothing', (_req, res) => void res.send('nothing'))
      app.get('/missing/:id', other.guarded({ partner: param('sellerId') }), (_req, res) => void res.send('missing'))
      assert.throws(() => checkRoutes(app), /The route GET \/nothing has neither[^]*The route GET \/missing\/:id: "partner" refers to/)
    })
    const statuses = await Promise.all(['/mine', '/other', '/open', '/nothing'].map(async (path) => (await ask(path)).status))
    assert.deepEqual(statuses, [200, 200, 200, 500])
    assert.equal((await ask('/other', { headers: {} })).status, 401)
    await close()
  })

  test(`${name}: several guards on one request must all allow it, and count it once`, async () => {
    const realm = aRealm()
    realm.setEntitlement({ organization: { rateLimit: { tier: 'standard', limit: 2, windowSeconds: 1 } } })
    const { ask, close, told } = await anApp((app, { guarded }) => {
      const any = guarded({})
      app.use(any)
      app.use('/v1/:sellerId', any, guarded({ partner: param('sellerId') }))
      app.get('/v1/:sellerId/orders', any, any, guarded({ scope: 'orders:read' }), (req, res) => void res.json(handlerSaw(req.access)))
      app.get('/v1/:sellerId/admin', guarded({ scope: 'admin' }), (_req, res) => void res.send('let in'))
    }, realm)
    const allowed = await ask(`/v1/${partnerId}/orders`)
    assert.deepEqual([allowed.status, allowed.headers.get('ratelimit')], [200, '"standard";r=1;t=1'])
    assert.deepEqual(
      told.map(({ outcome }) => outcome),
      ['allowed'],
    )
    assert.equal((await ask(`/v1/${partnerId}/admin`)).status, 403)
    assert.equal((await ask(`/v1/${partnerId}/orders`)).status, 429)
    await close()
  })

  test(`${name}: the same requirement on two routes of one request is decided for both of their parameters`, async () => {
    const { ask, close } = await anApp((app, { guarded }) => {
      const partner = guarded({ partner: param('id') })
      const router = create.Router()
      router.get('/to/:id', partner, (_req, res) => void res.send('let in'))
      app.use('/from/:id', partner, router)
    })
    assert.equal((await ask(`/from/${partnerId}/to/${partnerId}`)).status, 200)
    assert.equal((await ask(`/from/${partnerId}/to/${foreignPartnerId}`)).status, 403)
    await close()
  })

  test(`${name}: a denial that passes because of report-only stays the decision, whatever is allowed after it`, async () => {
    const realm = aRealm()
    const { ask, close } = await anApp((app, { guarded }) => {
      app.use(guarded({ scope: 'admin', reportOnly: { until: '2027-01-15T08:01:00Z' } }))
      app.get('/', guarded({}), (req, res) => void res.json(handlerSaw(req.decision)))
    }, realm)
    assert.deepEqual(await (await ask('/')).json(), { allowed: false, code: 'insufficient-scope' })
    await close()
  })

  test(`${name}: routers and apps that are mounted are reported by template, and never by what was sent`, async () => {
    const { ask, close, told } = await anApp((app, { guarded }) => {
      const handler: RequestHandler = (_req, res) => void res.send('ok')
      const plain = create.Router()
      const merged = create.Router({ mergeParams: true })
      const nested = create.Router()
      const mounted: Express = create()
      plain.get('/orders', guarded({}), handler).get('/', guarded({}), handler)
      merged.get('/orders/:id', guarded({ partner: param('sellerId') }), handler)
      nested.use('/:tenant', plain)
      mounted.get('/:x', guarded({}), handler)
      app.use('/v1', plain)
      app.use('/v1/partners/:sellerId', merged)
      app.use('/tenants', nested)
      app.use('/sub', mounted)
      app.get(/^\/pattern\/\w+$/, guarded({}), handler)
      app.get('/files/:name.json', guarded({}), handler)
    })
    for (const path of [
      '/V1/orders',
      '/v1',
      `/v1/partners/${partnerId}/orders/7`,
      `/v1/partners/${foreignPartnerId}/orders/8`,
      '/tenants/acme/orders',
      '/tenants/orders/orders',
      '/tenants/eyJhbGciOi/orders',
      '/sub/secret',
      '/pattern/secret',
      '/files/a.json',
    ])
      await (await ask(path)).text()
    const known = told.map(({ route }) => route)
    const tenant = '/tenants/{tenant}/orders'
    assert.deepEqual(known, [
      '/v1/orders',
      '/v1',
      '/v1/partners/{sellerId}/orders/{id}',
      '/v1/partners/{sellerId}/orders/{id}',
      tenant,
      known[5] === null ? null : tenant,
      tenant,
      '/sub/{x}',
      null,
      '/files/{name}.json',
    ])
    await close()
  })

  test(`abuse 107: ${name}: what a route lacks or has twice is not the partner`, async () => {
    const { ask, close, undecided } = await anApp((app, { guarded }) => {
      const handler: RequestHandler = (_req, res) => void res.send('let in')
      app.get('/missing/:id', guarded({ partner: param('sellerId') }), handler)
      app.get('/object/:id', guarded({ partner: param('constructor') }), handler)
      app.get(/^\/pattern\/(.*)$/, guarded({ partner: param('0') }), handler)
      if (create === express) app.get('/list/*ids', guarded({ partner: param('ids') }), handler)
      else app.get('/list/*', guarded({ partner: param('0') }), handler)
    })
    assert.equal((await ask(`/missing/${partnerId}`)).status, 500)
    assert.equal((await ask('/object/1')).status, 500)
    assert.match(String(undecided[0]), /The route GET \/\S+: "partner" refers to the parameter "sellerId"; the route has id$/)
    assert.equal((await ask(`/pattern/${partnerId}`)).status, 200)
    assert.equal((await ask(`/pattern/${foreignPartnerId}`)).status, 403)
    assert.equal((await ask(`/list/${partnerId}/${partnerId}`)).status, 403)
    await close()
  })

  test(`${name}: an error of an async handler, an error middleware and a later middleware are as without the guard`, async () => {
    const { ask, close } = await anApp((app, { guarded }) => {
      app.get('/async', guarded({}), async (_req, _res, next) => next(new Error('the handler failed')))
      app.get('/next', guarded({}), (_req, _res, next) => next('route'))
      app.get('/next', (req, res) => void res.json(handlerSaw(req.access)))
    })
    assert.equal(await (await ask('/async')).text(), 'failed')
    assert.equal((await ask('/next')).status, 200)
    await close()
  })

  test(`${name}: the address is that of Express, and access is neither printed nor replaced`, async () => {
    const { ask, close, told, headers } = await anApp((app, { guarded }) => {
      app.set('trust proxy', 'loopback')
      app.get('/', guarded({}), (req, res) => {
        assert.throws(() => Object.assign(req, { access: {} }), TypeError)
        res.json(Object.keys(req).filter((key) => key === 'access' || key === 'decision'))
      })
    })
    const response = await ask('/', { headers: { ...headers, 'x-forwarded-for': '198.51.100.7' } })
    assert.deepEqual(await response.json(), [])
    assert.equal(told[0]?.address, '198.51.100.7')
    await close()
  })

  test(`abuse 111: ${name}: the guard reads the headers as they came, also behind a body parser`, async () => {
    const { close, port, headers } = await anApp((app, { guarded }) => {
      app.use(create.json())
      app.post('/', guarded({}), (req, res) => void res.json(req.body))
    })
    const bearer = `Authorization: ${headers.authorization}`
    const body = ['Content-Type: application/json', 'Content-Length: 2', '', '{}']
    const [allowed = ''] = await sendPipelined(port, [['POST / HTTP/1.1', bearer, ...body]])
    assert.match(allowed, /^200 /)
    const [refused = ''] = await sendPipelined(port, [['POST / HTTP/1.1', bearer, bearer, ...body]])
    assert.match(refused, /^400 /)
    await close()
  })
}

test('Express: options that protect nothing are refused', () => {
  assert.throws(() => countersignGuard({ guard: undefined as never }), /"guard" is not a guard/)
  assert.throws(() => countersignGuard({ guard: aRealm().guard, onDecision: 1 as never }), /"onDecision" is not a function/)
  const { guarded } = countersignGuard({ guard: aRealm({ scopes: ['orders:read'] }).guard })
  assert.throws(() => guarded({ scope: 'orders:raed' }), /has no scope "orders:raed"/)
  assert.throws(() => guarded(undefined as never), TypeError)
})
