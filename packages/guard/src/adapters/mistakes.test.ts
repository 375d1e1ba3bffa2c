// What people write by mistake in an app, in every adapter: each is told at once, in words that name what to write in its place.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import Fastify from 'fastify'
import fastify4 from 'fastify4'
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
