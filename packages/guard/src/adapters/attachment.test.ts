import assert from 'node:assert/strict'
import { IncomingMessage } from 'node:http'
import { test } from 'node:test'
import express, { type Express, type Request, type RequestHandler, type Response } from 'express'
// @ts-expect-error -- The types are those of Express 5.
import express4 from 'express4'
import Koa from 'koa'
import { aRealm } from '../guard.fixture.ts'
import { countersignGuard } from './express.ts'
import { countersignGuard as koaGuard } from './koa.ts'
import { contextWith } from './lambda-context.ts'
import { serve } from './serve.fixture.ts'

async function answerOf(app: Express, path: string, headers: Record<string, string> = {}): Promise<unknown> {
  const { send, close } = await serve(app)
  try {
    return await (await send(new Request(`http://api${path}`, { headers }))).json()
  } finally {
    await close()
  }
}

const own = { configurable: true, enumerable: true, writable: true }

test('a request on which no guard decided has no access, and others may set one', async () => {
  const { guard, token } = aRealm()
  const { guarded } = countersignGuard({ guard })
  const headers = { authorization: `Bearer ${token()}` }
  const app = express()
  app.get('/guarded', guarded({}), (req, res) => void res.json(req.access.token.tokenId))
  app.get('/other', (req, res) => {
    const before = req.access as unknown
    Object.assign(req, { access: 'own' })
    res.json([before ?? 'none', req.access, Object.keys(req).includes('access')])
  })
  assert.equal(await answerOf(app, '/guarded', headers), 'token-1')
  assert.deepEqual(await answerOf(app, '/other'), ['none', 'own', true])
})

test('abuse 116: what a middleware set as the access before the guard is not read in its place, and afterwards it is not set', async () => {
  const { guard, token } = aRealm()
  const { guarded } = countersignGuard({ guard })
  const headers = { authorization: `Bearer ${token()}` }
  const read = (req: Request, res: Response) => {
    assert.throws(() => Object.assign(req, { access: 'own' }), TypeError)
    res.json([req.access.token.tokenId, req.decision.allowed])
  }
  const app = express()
  app.get('/first', guarded({}), read)
  app.use('/assigned', (req, _res, next) => next(void Object.assign(req, { access: 'own', decision: 'own' })))
  app.use('/defined', (req, _res, next) => next(void Object.defineProperty(req, 'access', { ...own, value: 'own' })))
  app.get('/assigned', guarded({}), read)
  app.get('/defined', guarded({}), read)
  for (const path of ['/first', '/assigned', '/defined']) assert.deepEqual(await answerOf(app, path, headers), ['token-1', true], path)
})

test('abuse 116: an access that an app has of its own is not read in place of that of the guard', async () => {
  const { guard, token } = aRealm()
  const { guarded } = countersignGuard({ guard })
  const app = express()
  Object.defineProperty(app.request, 'access', { ...own, value: 'of the app' })
  app.get('/guarded', guarded({}), (req, res) => void res.json(req.access.token.tokenId))
  assert.equal(await answerOf(app, '/guarded', { authorization: `Bearer ${token()}` }), 'token-1')
})

test('the access of an app that is mounted is read after it, too', async () => {
  const { guard, token } = aRealm()
  const { guarded } = countersignGuard({ guard })
  const [app, mounted] = [express(), express()]
  mounted.use(guarded({}))
  app.use('/mounted', mounted)
  app.get('/mounted', (req, res) => void res.json(req.access.token.tokenId))
  assert.equal(await answerOf(app, '/mounted', { authorization: `Bearer ${token()}` }), 'token-1')
})

/** How an app comes to handle the requests of another one. */
const nestings: Record<string, (inner: Express, create: typeof express) => RequestHandler> = {
  mounted: (inner) => inner,
  'in a router': (inner, create) => create.Router().use(inner),
  called: (inner) => (req, res, next) => void inner(req, res, next),
}

for (const [name, outerOf, innerOf] of [
  ['Express 4 in 5', express, express4],
  ['Express 5 in 4', express4, express],
] as [string, typeof express, typeof express][])
  for (const [how, nest] of Object.entries(nestings))
    test(`abuse 116: ${name}, ${how}: the access and a denial under report-only are read in the inner app, whether it has a guard or not`, async () => {
      const { guard, token } = aRealm()
      const { guarded } = countersignGuard({ guard })
      const reportOnly = guarded({ scope: 'admin', reportOnly: { until: '2027-01-15T08:01:00Z' } })
      const any = guarded({})
      const [outer, inner] = [outerOf(), innerOf()]
      outer.use('/allowed', any)
      outer.use('/denied', reportOnly)
      inner.get('/access', (req, res) => void res.json(req.access.token.tokenId))
      inner.get('/guarded', any, (req, res) => void res.json(req.access.token.tokenId))
      inner.get('/decision', (req, res) => void res.json(req.decision.allowed))
      inner.get('/decision-guarded', any, (req, res) => void res.json(req.decision.allowed))
      outer.use(['/allowed', '/denied'], nest(inner, outerOf))
      outer.use((req, res) => void res.json([req.access.token.tokenId, 'after']))
      const headers = { authorization: `Bearer ${token()}` }
      assert.equal(await answerOf(outer, '/allowed/access', headers), 'token-1')
      assert.equal(await answerOf(outer, '/denied/decision', headers), false)
      assert.equal(await answerOf(outer, '/allowed/guarded', headers), 'token-1')
      assert.equal(await answerOf(outer, '/denied/decision-guarded', headers), false)
      assert.deepEqual(await answerOf(outer, '/allowed/none', headers), ['token-1', 'after'])
    })

test('abuse 116: what an app sets for all of its requests after the first one is not read in place of the access', async () => {
  const { guard, token } = aRealm()
  const { guarded } = countersignGuard({ guard })
  const headers = { authorization: `Bearer ${token()}` }
  const app = express()
  app.use(guarded({}), (req, res) => void res.json(req.access.token.tokenId))
  assert.equal(await answerOf(app, '/', headers), 'token-1')
  const shared = express.request as Partial<Request>
  try {
    Object.assign(shared, { access: 'of all apps' })
    Object.assign(app.request, { access: 'of the app' })
    assert.equal(await answerOf(app, '/', headers), 'token-1')
  } finally {
    Reflect.deleteProperty(shared, 'access')
  }

  const koa = new Koa()
  koa.use(koaGuard({ guard }).guarded({})).use((ctx) => void (ctx.body = ctx.access.token.tokenId))
  const { send, close } = await serve(koa.callback())
  const ask = async () => (await send(new Request('http://api/', { headers }))).text()
  assert.equal(await ask(), 'token-1')
  Object.assign(koa.context, { access: 'of the app' })
  assert.equal(await ask(), 'token-1')
  await close()
})

test('abuse 116: what a middleware puts in the place of the access between two guards is not read after the second', async () => {
  const { guard, token } = aRealm()
  const { guarded } = countersignGuard({ guard })
  const app = express()
  const any = guarded({})
  app.use(any)
  app.get('/replaced', (req, _res, next) => next(void Object.defineProperty(req, 'access', { ...own, value: 'own' })))
  app.get('/removed', (req, _res, next) => next(void [Reflect.deleteProperty(req, 'access'), Reflect.deleteProperty(req, 'decision')]))
  app.use(any, (req, res) => void res.json([req.access.token.tokenId, req.decision.allowed]))
  for (const path of ['/replaced', '/removed'])
    assert.deepEqual(await answerOf(app, path, { authorization: `Bearer ${token()}` }), ['token-1', true], path)
})

test('a context of Koa has the access, and neither the app nor what all requests inherit from gets getters', async () => {
  const { guard, token } = aRealm()
  const { guarded } = koaGuard({ guard })
  const app = new Koa()
  const headers = { authorization: `Bearer ${token()}` }
  app.use(async (ctx, next) => (ctx.path === '/open' ? void (ctx.body = String(ctx.access as unknown)) : next()))
  app.use(guarded({})).use((ctx) => void (ctx.body = ctx.access.token.tokenId))
  const { send, close } = await serve(app.callback())
  assert.equal(await (await send(new Request('http://api/', { headers }))).text(), 'token-1')
  assert.equal(await (await send(new Request('http://api/open', { headers }))).text(), 'undefined')
  await close()
  const shared = [app.context, Object.getPrototypeOf(app.context), express.request, express4.request, IncomingMessage.prototype, {}]
  assert.deepEqual(
    shared.map((each: object) => 'access' in each || 'decision' in each),
    shared.map(() => false),
  )
})

test('the context of Lambda has the members of the runtime, and a copy or a text of it nothing of the decision', async () => {
  const { guard, token } = aRealm()
  const access = await guard.authorize({ rawHeaders: ['authorization', `Bearer ${token()}`], params: {} }, {})
  let waits = true
  const runtime = {
    awsRequestId: 'request-1',
    get callbackWaitsForEmptyEventLoop() {
      return waits
    },
    set callbackWaitsForEmptyEventLoop(value: boolean) {
      waits = value
    },
  }
  const context = contextWith(runtime, access)
  context.callbackWaitsForEmptyEventLoop = false
  assert.deepEqual([waits, context.access, context.decision, 'access' in context], [false, access, access, true])
  assert.deepEqual(Object.keys({ ...context }), ['awsRequestId', 'callbackWaitsForEmptyEventLoop'])
  assert.doesNotMatch(JSON.stringify(context), /token-1/)
  assert.throws(() => Object.assign(context, { access: 'own' }), TypeError)
})
