// What people write by mistake in an app, in every adapter: each is told at once, in words that name what to write in its place.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { Router } from '@koa/router'
import expressApp from 'express'
// @ts-expect-error -- The types are those of Express 5.
import express4 from 'express4'
import Fastify from 'fastify'
import fastify4 from 'fastify4'
import { Hono } from 'hono'
import Koa from 'koa'
import { aRealm } from '../guard.fixture.ts'
import * as express from './express.ts'
import { countersignGuard as fastifyGuard } from './fastify.ts'
import * as fetching from './fetch.ts'
import * as hono from './hono.ts'
import * as koa from './koa.ts'
import * as lambda from './lambda.ts'
import { CountersignGuard } from './nest.ts'
import * as nodeHttp from './node-http.ts'

/** How each adapter gets its options; a promise where it is a plugin. */
const adapters: Readonly<Record<string, (options: never) => unknown>> = {
  express: express.countersignGuard,
  'fastify 5': (options) => Fastify().register(fastifyGuard, options),
  'fastify 4': (options) => fastify4().register(fastifyGuard as never, options),
  fetch: fetching.countersignGuard,
  'table of fetch': (options: object) => fetching.guardFetch({ routes: {}, ...options } as never),
  hono: hono.countersignGuard,
  koa: koa.countersignGuard,
  lambda: lambda.countersignGuard,
  nest: (options) => new CountersignGuard(options),
  'node:http': (options: object) => nodeHttp.countersignGuard({ routes: {}, ...options } as never),
}

for (const [name, make] of Object.entries(adapters))
  test(`${name}: an option that is misspelt is refused, and the known ones are named`, async () => {
    const { guard } = aRealm()
    const given = async (options: object) => make(options as never)
    await given({ guard, onDecision() {} })
    await assert.rejects(given({ guard, onDecisions() {} }), /unknown option "onDecisions"; expected "guard", "onUndecided", "onDecision"/)
    await assert.rejects(given({}), /"guard" is not a guard, as createGuard\(\) or createRemoteGuard\(\) makes it/)
  })

for (const [name, make] of Object.entries(adapters).filter(([each]) => each !== 'node:http' && each !== 'table of fetch'))
  test(`${name}: the guard in place of the options, and no options, are refused by what was expected`, async () => {
    const { guard } = aRealm()
    await assert.rejects(
      async () => make(guard as never),
      name === 'nest' ? /found the guard itself; write \{ guard \}/ : /the guard itself|is not a guard/,
    )
    await assert.rejects(async () => make(undefined as never), /expected an object of options|is not a guard|forRoot\(\{ guard \}\)/)
  })

test('lambda: a function that makes the guard is refused, as there is nothing of which it could be made', () => {
  const { guard } = aRealm()
  assert.throws(() => lambda.countersignGuard({ guard: (() => guard) as never }), /"guard" is not a guard/)
})

test('Fastify: the plugin is told apart from its call, and from a scope that has a guard', async () => {
  const { guard } = aRealm()
  await assert.rejects(
    () => fastifyGuard({ guard } as never, undefined as never),
    /is a plugin, which is not called: await app\.register\(countersignGuard, \{ guard \}\)/,
  )
  const app = Fastify()
  await app.register(fastifyGuard, { guard, prefix: '/v1', logLevel: 'warn' } as never)
  await assert.rejects(async () => app.register(fastifyGuard, { guard }), /"request\.access" is there already.*a scope in which it is not/)
})

for (const [name, create] of Object.entries({ fetch: fetching.countersignGuard, lambda: lambda.countersignGuard }))
  test(`${name}: guarded() without a handler, with its arguments in the other order, or passed on without a call says how it is called`, async () => {
    const guarded = create({ guard: aRealm().guard }).guarded as (...given: unknown[]) => unknown
    const handler = () => new Response('ok')
    for (const given of [[{}], [handler, {}], [new Request('http://api/'), { params: {} }]])
      assert.throws(() => guarded(...given), /takes a requirement and the handler that it wraps: guarded\(\{ … \}, handler\); found/)
    const requires = { partner: { param: 'sellerId' } }
    assert.throws(
      () => guarded(requires, handler, '/v1/[sellerId]/orders'),
      /"\[sellerId\]" is the parameter of another syntax; write "\{sellerId\}"/,
    )
    guarded(requires, handler, '/v1/{sellerId}/orders')
  })

type Called = (...given: unknown[]) => unknown
interface ByMiddleware {
  readonly guarded: Called
  readonly open: Called
  readonly closed: Called
  readonly checkRoutes: Called
}

/** Adapters whose guard is middleware beside a route: the guard, an app with the routes, and what checks them. */
const byMiddleware: Readonly<
  Record<string, { readonly create: (options: never) => unknown; readonly routesOf: (middleware: Called) => unknown }>
> = {
  express: { create: express.countersignGuard, routesOf: (middleware) => expressApp().get('/a', middleware as never, () => {}) },
  'express 4': { create: express.countersignGuard, routesOf: (middleware) => express4().get('/a', middleware as never, () => {}) },
  koa: { create: koa.countersignGuard, routesOf: (middleware) => new Router().get('/a', middleware as never, () => {}) },
  hono: { create: hono.countersignGuard, routesOf: (middleware) => new Hono().get('/a', middleware as never, (c) => c.text('ok')) },
}

for (const [name, { create, routesOf }] of Object.entries(byMiddleware)) {
  const aGuard = () => create({ guard: aRealm().guard } as never) as ByMiddleware

  test(`${name}: open and closed that are called, and guarded that is not, say how they are written`, () => {
    const { guarded, open, closed, checkRoutes } = aGuard()
    assert.throws(() => open(), /^TypeError: open is the middleware itself; write open, not open\(\)$/)
    assert.throws(() => closed(), /^TypeError: closed is the middleware itself; write closed, not closed\(\)$/)
    // As the framework would call it.
    assert.throws(() => guarded({ req: {} }, () => {}), /^TypeError: guarded is not a middleware itself; write guarded\(\{ … \}\)$/)
    const faults = messageOf(() => checkRoutes(routesOf(guarded)))
    assert.match(faults, /^The route \S+ \/a has guarded without a call; write guarded\(\{ … \}\)$/)
  })

  test(`${name}: checkRoutes() refuses what has no routes to be checked`, () => {
    const { checkRoutes } = aGuard()
    for (const given of [undefined, null, 'app', {}, () => {}, createServer()])
      assert.throws(() => checkRoutes(given), /^TypeError: checkRoutes\(\) takes (?:the app|a router)/)
  })
}

test('Koa: checkRoutes() names the router where the app, or the middleware of a router, is passed', () => {
  const { checkRoutes } = koa.countersignGuard({ guard: aRealm().guard })
  const router = new Router()
  for (const given of [new Koa(), router.routes()])
    assert.throws(
      () => checkRoutes(given as never),
      /checkRoutes\(\) takes a router itself, as in checkRoutes\(router\), not the app or router\.routes\(\)/,
    )
  checkRoutes(router)
})

test('Hono: a route with several handlers that says nothing is named once', () => {
  const { checkRoutes } = hono.countersignGuard({ guard: aRealm().guard })
  const app = new Hono().get(
    '/a',
    async (_c, next) => next(),
    (c) => c.text('ok'),
  )
  assert.equal(messageOf(() => checkRoutes(app)).split('\n').length, 1)
})

function messageOf(run: () => unknown): string {
  try {
    run()
    return ''
  } catch (error) {
    return (error as Error).message
  }
}
