import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { Get, Injectable, Post, Req, SetMetadata, UseGuards, VersioningType, type INestApplication, type Type } from '@nestjs/common'
import type { AbstractHttpAdapter } from '@nestjs/core'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express'
import { aRealm, foreignPartnerId, partnerId } from '../guard.fixture.ts'
import type { GuardDecision } from '../guard-decision.ts'
import { param } from '../requirement.ts'
import { contractOf, handlerSaw } from './adapter-contract.fixture.ts'
import { aController, controllerOf, platforms, startNest, startNestWith, type Decorated } from './nest.fixture.ts'
import {
  CountersignGuard,
  CountersignModule,
  CurrentAccess,
  Public,
  RequestDeniedException,
  Requires,
  type CountersignGuardOptions,
} from './nest.ts'
import type { Guarded } from './attachment.ts'

const ok = () => 'ok'

for (const [name, adapter] of Object.entries(platforms)) {
  contractOf({
    name,
    seesRoutesAtStart: true,
    start: async (guard, routes, options) => startNest(adapter(), [controllerOf(routes)], { guard, ...options }),
  })

  async function anApp(
    controllers: readonly Type[],
    configure?: (app: INestApplication) => void,
    more: Partial<CountersignGuardOptions> = {},
  ) {
    const realm = aRealm()
    const told: GuardDecision[] = []
    const options = { guard: realm.guard, onDecision: (decision: GuardDecision) => told.push(decision), ...more }
    const { send, close } = await startNest(adapter(), controllers, options, configure)
    const headers = { authorization: `Bearer ${realm.token()}` }
    return {
      told,
      close,
      headers,
      ask: (path: string, init: RequestInit = {}) => send(new Request(`http://api${path}`, { headers, ...init })),
    }
  }

  test(`${name}: a controller declares for its handlers, and a handler for itself`, async () => {
    const methods: readonly Decorated[] = [
      ['inherited', [Get('inherited')], ok],
      ['closer', [Get('closer'), Requires({ scope: 'admin' })], ok],
      ['open', [Get('open'), Public()], ok],
    ]
    const parent = aController('parent', [['of', [Get('of')], ok]], [Requires({})])
    const child = aController('child', [], [Public()], parent)
    const { ask, close } = await anApp([aController('v1', methods, [Requires({})]), child])
    assert.equal((await ask('/v1/inherited')).status, 200)
    assert.equal((await ask('/v1/inherited', { headers: {} })).status, 401)
    assert.equal((await ask('/v1/closer')).status, 403)
    assert.equal((await ask('/v1/open', { headers: {} })).status, 200)
    assert.equal((await ask('/child/of', { headers: {} })).status, 200)
    await close()
  })

  test(`abuse 116: ${name}: without the module no handler with @Requires() runs, and the log says what to import`, async () => {
    const logged: string[] = []
    let calls = 0
    const methods: readonly Decorated[] = [
      ['inherited', [Get('inherited')], () => ++calls],
      ['own', [Get('own'), Requires({ partner: param('sellerId') })], () => ++calls],
      ['open', [Get('open'), Public()], ok],
    ]
    const bare = aController('bare', [
      ['access', [Get('access')], () => ++calls, [CurrentAccess()]],
      ['open', [Get('open')], ok],
    ])
    const { send, close } = await startNestWith(adapter(), { controllers: [aController('v1', methods, [Requires({})]), bare] }, (app) =>
      app.useLogger({ log() {}, warn() {}, error: (text: unknown) => void logged.push(String(text)) }),
    )
    const statusOf = async (path: string) => (await send(new Request(`http://api${path}`))).status
    const paths = ['/v1/inherited', '/v1/own', '/v1/open', '/bare/access', '/bare/open']
    const statuses = []
    for (const path of paths) statuses.push(await statusOf(path))
    await close()
    assert.deepEqual([statuses, calls], [[500, 500, 200, 500, 200], 0])
    assert.match(
      logged[0] ?? '',
      /Orders\.inherited\(\) has @Requires\(\), and nothing decides on it: import CountersignModule\.forRoot\(\{ guard \}\)/,
    )
  })

  test(`${name}: the module without its options is an error at the start`, async () => {
    const controllers = [aController('', [['read', [Get(), Public()], ok]])]
    const bare = startNestWith(adapter(), { imports: [CountersignModule], controllers })
    await assert.rejects(bare, /CountersignModule has no guard: import CountersignModule\.forRoot\(\{ guard \}\)/)
    assert.throws(() => CountersignModule.forRoot(undefined as never), /CountersignModule: expected an object of options, found undefined/)
    assert.throws(() => CountersignModule.forRoot({} as never), /"guard" is not a guard/)
  })

  test(`${name}: the body of a denied request is read up to the limit of the parser, which can be set`, async () => {
    const realm = aRealm()
    const small = name.endsWith('Fastify') ? (new FastifyAdapter({ bodyLimit: 1024 }) as unknown as AbstractHttpAdapter) : adapter()
    const configure = (app: INestApplication) => {
      if (!name.endsWith('Fastify')) (app as NestExpressApplication).useBodyParser('json', { limit: '1kb' })
    }
    const { send, close } = await startNest(
      small,
      [aController('v1', [['add', [Post('add'), Requires({})], ok]])],
      { guard: realm.guard },
      configure,
    )
    const statusOf = async (length: number) => {
      const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(['x'.repeat(length)]) }
      return (await send(new Request('http://api/v1/add', init))).status
    }
    assert.deepEqual([await statusOf(100), await statusOf(2000)], [401, 413])
    await close()
  })

  test(`${name}: a denial is an exception that filters of the application see`, async () => {
    const caught: unknown[] = []
    const filter = {
      catch(
        exception: RequestDeniedException,
        host: { switchToHttp(): { getResponse(): { status(code: number): { send(body: unknown): void } } } },
      ) {
        caught.push(exception)
        host.switchToHttp().getResponse().status(exception.getStatus()).send(exception.getResponse())
      },
    }
    const { ask, close } = await anApp([aController('', [['orders', [Get('orders'), Requires({})], ok]])], (app) =>
      app.useGlobalFilters(filter as never),
    )
    const response = await ask('/orders', { headers: {} })
    assert.equal(response.status, 401)
    assert.match(String(response.headers.get('www-authenticate')), /^Bearer /)
    assert.match(((await response.json()) as { type: string }).type, /missing-token$/)
    assert.ok(caught[0] instanceof RequestDeniedException)
    await close()
  })

  test(`${name}: prefixes, versions and paths of modules are part of the template`, async () => {
    const orders: readonly Decorated[] = [['orders', [Get('orders'), Requires({ partner: param('sellerId') })], ok]]
    const { ask, close, told } = await anApp([aController('partners/:sellerId', orders)], (app) => {
      app.setGlobalPrefix('api')
      app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' })
    })
    assert.equal((await ask(`/api/v1/partners/${partnerId}/orders`)).status, 200)
    assert.equal((await ask(`/api/v1/partners/${foreignPartnerId}/orders`)).status, 403)
    assert.deepEqual(
      told.map(({ route }) => route),
      Array(2).fill('/api/v1/partners/{sellerId}/orders'),
    )
    await close()
  })

  test(`${name}: a controller of another module can be left open, but not one that is guarded`, async () => {
    const metrics = aController('metrics', [['read', [Get()], ok]])
    const { ask, close } = await anApp([metrics], undefined, { open: [metrics] })
    assert.equal((await ask('/metrics', { headers: {} })).status, 200)
    await close()
    const guarded = aController('metrics', [['read', [Get(), Requires({})], ok]])
    await assert.rejects(anApp([guarded], undefined, { open: [guarded] }), /Orders.read\(\) is guarded, and "open" names Orders/)
  })

  test(`${name}: a guard twice on one request counts it once, and the request has the access`, async () => {
    const realm = aRealm()
    realm.setEntitlement({ organization: { rateLimit: { tier: 'standard', limit: 5, windowSeconds: 1 } } })
    const read = (request: Guarded, access: Guarded['access']) => ({ same: request.access === access, saw: handlerSaw(access) })
    const controller = aController('', [['read', [Get('/'), Requires({})], read as never, [Req(), CurrentAccess()]]])
    const again = (app: INestApplication) => app.useGlobalGuards(app.get(CountersignGuard))
    const { send, close } = await startNest(adapter(), [controller], { guard: realm.guard }, again)
    const response = await send(new Request('http://api/', { headers: { authorization: `Bearer ${realm.token()}` } }))
    assert.equal(response.headers.get('ratelimit'), '"standard";r=4;t=1')
    assert.equal(((await response.json()) as { same: boolean }).same, true)
    await close()
  })
}

test('Nest on Express: a denial keeps its type also in Nest 11, which gives every refusal that is an object the type of JSON', async () => {
  class Adapter11 extends ExpressAdapter {
    override reply(response: ServerResponse, body: unknown, status?: number) {
      const type = response.getHeader('Content-Type')
      if (typeof type === 'string' && !type.startsWith('application/json') && typeof body === 'object' && Number(status) >= 400)
        response.setHeader('Content-Type', 'application/json')
      return super.reply(response, body, status) as unknown
    }
  }
  const adapter = new Adapter11() as unknown as AbstractHttpAdapter
  const controller = aController('', [['read', [Get('/'), Requires({})], ok]])
  const { send, close } = await startNest(adapter, [controller], { guard: aRealm().guard })
  const response = await send(new Request('http://api/'))
  assert.deepEqual([response.status, response.headers.get('content-type')], [401, 'application/problem+json'])
  assert.match(((await response.json()) as { type: string }).type, /missing-token$/)
  await close()
})

test('abuse 116: Nest: the start names every handler with a fault, also below the path of a module', async () => {
  const controller = aController('v1/:tenant', [
    ['nothing', [Get('nothing')], ok],
    ['missing', [Get('missing'), Requires({ partner: param('sellerId') })], ok],
    ['known', [Get('known'), Requires({ partner: param('tenant') })], ok],
    ['notARoute', [], ok],
  ])
  const [adapter] = Object.values(platforms)
  const starting = startNest(adapter!(), [controller], { guard: aRealm().guard })
  await assert.rejects(starting, (error: TypeError) => {
    assert.deepEqual(
      error.message.split('\n').map((line) => line.split(/[ :]/, 1)[0]),
      ['Orders.nothing()', 'Orders.missing()'],
    )
    assert.match(
      error.message,
      /has neither @Requires\(\) nor @Public\(\); add one of them, or name a controller of another module in "open" of forRoot\(\)/,
    )
    return true
  })
})

test('abuse 117: Nest: a gateway of WebSockets, whose connections no guard sees, is an error at the start unless it is public or named open', async () => {
  const [adapter] = Object.values(platforms)
  const controller = aController('', [['read', [Get(), Requires({})], ok]])
  const aGateway = (...decorators: readonly ClassDecorator[]): Type => {
    const gateway = class Stream {
      handleConnection() {}
    }
    // As @WebSocketGateway() of @nestjs/websockets marks a class.
    for (const decorate of [Injectable(), SetMetadata('websockets:is_gateway', true), ...decorators]) decorate(gateway)
    return gateway
  }
  const starting = (gateway: Type, open: readonly Type[] = []) =>
    startNest(adapter!(), [controller], { guard: aRealm().guard, open }, undefined, [gateway])
  await assert.rejects(starting(aGateway()), /^TypeError: Stream takes WebSocket connections, on which no guard decides/)
  await assert.rejects(starting(aGateway(Requires({}))), /Stream takes WebSocket connections/)
  await (await starting(aGateway(Public()))).close()
  const named = aGateway()
  await (await starting(named, [named])).close()
})

test('Nest: the guard on a controller is an error at the start, because it guards all of them', async () => {
  const controller = aController('', [['read', [Get(), Requires({})], ok]], [UseGuards(CountersignGuard)])
  const [adapter] = Object.values(platforms)
  await assert.rejects(startNest(adapter!(), [controller], { guard: aRealm().guard }), /remove it from @UseGuards\(\)/)
})

test('abuse 116: Nest: two declarations on one handler are an error when the class is defined', () => {
  assert.throws(() => aController('', [['read', [Get(), Requires({}), Public()], ok]]), /read has two of @Requires\(\) and @Public\(\)/)
  assert.throws(() => aController('', [], [Public(), Requires({})]), /Orders has two of/)
})
