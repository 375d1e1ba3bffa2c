import assert from 'node:assert/strict'
import { IncomingMessage } from 'node:http'
import { test } from 'node:test'
import express, { type Express, type Request, type Response } from 'express'
import Koa from 'koa'
import { aRealm } from '../guard.fixture.ts'
import { createAttachment } from './attachment.ts'
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

test('a context of Koa has the access, and neither the app nor an object without a framework gets getters', async () => {
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
  assert.equal((app.context as { readonly access?: unknown }).access, undefined)
  const attach = createAttachment<object>(
    'it',
    (it) => it,
    (it) => Object.getPrototypeOf(it) as object,
  )
  const target = {}
  attach(target)
  assert.deepEqual([Object.hasOwn(target, 'access'), 'access' in {}, 'access' in IncomingMessage.prototype], [true, false, false])
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
