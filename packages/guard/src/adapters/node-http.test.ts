import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { test } from 'node:test'
import { aRealm, partnerId } from '../guard.fixture.ts'
import { param } from '../requirement.ts'
import { contractOf, handlerSaw, type ContractRoute } from './adapter-contract.fixture.ts'
import { countersignGuard, type GuardedListener, type NodeHttpRoute } from './node-http.ts'
import { sendPipelined } from './raw-requests.fixture.ts'
import { serve } from './serve.fixture.ts'

function handlerOf({ handler }: ContractRoute): GuardedListener {
  return async (request, response) => {
    if (handler === 'throws') throw new Error('the handler failed')
    if (handler === 'echo') return void request.pipe(response)
    response.setHeader('content-type', 'application/json').end(JSON.stringify(handlerSaw(request[handler])))
  }
}

contractOf({
  name: 'node-http',
  seesRoutesAtStart: true,
  start: async (guard, routes, options) => {
    const table = routes.map((route) => {
      const { requires, public: isPublic } = route
      const declared = { ...(requires !== undefined && { requires }), ...(isPublic && { public: isPublic }) }
      return [`${route.method} ${route.path}`, { ...declared, handle: handlerOf(route) }] as const
    })
    return serve(countersignGuard({ guard, routes: Object.fromEntries(table), onError: () => {}, ...options }))
  },
})

const ok: GuardedListener = (request, response) => void response.end(JSON.stringify(request.params))
const guarded: NodeHttpRoute = { requires: {}, handle: ok }
const open: NodeHttpRoute = { public: true, handle: ok }
const { guard, token } = aRealm()

const unclear: readonly [what: string, routes: Record<string, NodeHttpRoute>, message: RegExp][] = [
  [
    'a public route that contains a guarded one',
    { 'GET /v1/**': open, 'GET /v1/orders': guarded },
    /GET \/v1\/\*\* is public, and contains/,
  ],
  ['a public parameter beside a guarded text', { 'GET /v1/{x}': open, 'GET /v1/orders': guarded }, /is public, and contains/],
  ['a public HEAD of a guarded GET', { 'HEAD /v1/orders': open, 'GET /v1/orders': guarded }, /is public, and contains/],
  ['two routes of which neither is narrower', { 'GET /{x}/orders': guarded, 'GET /v1/{y}': guarded }, /neither is narrower/],
  ['the same route twice', { 'GET /{x}': guarded, 'GET /{y}': guarded }, /neither is narrower/],
  ['a route without a method', { '/v1': guarded }, /is not a method and a template/],
  ['a method in lower case', { 'get /v1': guarded }, /is not a method and a template/],
  ['a parameter in the syntax of Express', { 'GET /v1/*': guarded }, /neither a segment/],
  ['a parameter within a segment', { 'GET /v1/{x}.json': guarded }, /neither a segment/],
  ['an encoded segment', { 'GET /v1/%6f': guarded }, /neither a segment/],
  ['a dot segment', { 'GET /v1/../v2': guarded }, /neither a segment/],
  ['an empty segment', { 'GET /v1//orders': guarded }, /neither a segment/],
  ['the same parameter twice', { 'GET /{x}/{x}': guarded }, /has a parameter twice/],
  ['no handler', { 'GET /v1': { requires: {} } }, /has no handler, and there is no listener/],
  ['a parameter as Express has it', { 'GET /v1/:id': guarded }, /":id" is the parameter of another syntax; write "\{id\}"/],
  ['a parameter as Next.js has it', { 'GET /v1/[id]': guarded }, /"\[id\]" is the parameter of another syntax; write "\{id\}"/],
  ['a parameter as regular expression', { 'GET /v1/:id(\\d+)': guarded }, /":id\(.*another syntax; write "\{id\}"/],
  [
    'a member that is misspelt',
    { 'GET /v1': { ...guarded, handler: ok } as never },
    /The route GET \/v1: unknown option "handler"; expected .*"handle"/,
  ],
  ['a handler in place of the route', { 'GET /v1': ok as never }, /The route GET \/v1: expected an object of options, found function/],
  [
    'nothing in place of the route',
    { 'GET /v1': undefined as never },
    /The route GET \/v1: expected an object of options, found undefined/,
  ],
  ['no table', undefined as never, /"routes" is not a table, such as \{ "GET \/v1\/orders": \{ requires: \{\}, .*found undefined/],
  ['a list of routes', [guarded] as never, /"routes" is not a table.*found an array of 1/],
]
for (const [what, routes, message] of unclear)
  test(`abuse 116: node-http does not start with ${what}`, () => {
    assert.throws(() => countersignGuard({ guard, routes }), { name: 'TypeError', message })
  })

test('abuse 107: node-http knows a path in one spelling only', async () => {
  const app = await serve(countersignGuard({ guard, routes: { 'GET /v1/{id}/orders': guarded, 'GET /docs/**': open, 'GET /': open } }))
  const ask = async (target: string) =>
    (await sendPipelined(app.port ?? 0, [[`GET ${target} HTTP/1.1`, `Authorization: Bearer ${token()}`]])).join('')
  for (const target of [
    '/v1/a/orders',
    'http://else/v1/a/orders?x',
    '/docs',
    '/docs/',
    '/docs/a/b',
    '/?x=1',
    'http://else',
    '/v1/%2561/orders',
  ])
    assert.match(await ask(target), /^200 /, target)
  for (const target of [
    '/v1/../v1/a/orders',
    '/v1/%2e%2e/orders',
    '/v1/a%2Fb/orders',
    '/v1/a%5cb/orders',
    '/v1/a%00/orders',
    '/v1/%zz/orders',
    '/v1//orders',
    '/v1/a/orders/',
    '/V1/a/orders',
    '/%761/a/orders',
    '/docs/../v1',
    '/docs/..;/v1',
    '/docs/%2e%2e/v1',
    '//docs',
    '/docs#/../v1',
  ])
    assert.match(await ask(target), /^404 [\s\S]*not-found/, target)
  await app.close()
})

test('abuse 116: what is changed in the table of node-http after the start opens no route', async () => {
  const route: { -readonly [member in keyof NodeHttpRoute]: NodeHttpRoute[member] } = { requires: { scope: 'orders:delete' }, handle: ok }
  const app = await serve(countersignGuard({ guard, routes: { 'GET /v1': route } }))
  delete route.requires
  route.public = true
  assert.equal((await app.send(new Request('http://api/v1', { headers: { authorization: `Bearer ${token()}` } }))).status, 403)
  await app.close()
})

test('node-http tells the methods of a path, passes parameters of any name, and answers by one listener', async () => {
  const told: (string | null)[] = []
  const routes = { 'GET /v1/{__proto__}': { requires: { partner: param('__proto__') } }, 'POST /v1/{x}': { requires: {} } }
  const listener = (request: IncomingMessage & { params: object }, response: ServerResponse) =>
    response.end(Object.keys(request.params).join())
  const app = await serve(countersignGuard({ guard, routes, onDecision: ({ route }) => told.push(route) }, listener))
  const headers = { authorization: `Bearer ${token()}` }
  const send = (method: string) => app.send(new Request(`http://api/v1/${partnerId}`, { method, headers }))
  const refused = await send('PUT')
  assert.deepEqual([refused.status, refused.headers.get('allow')], [405, 'GET, POST'])
  assert.equal(await (await send('GET')).text(), '__proto__')
  assert.equal(await (await send('POST')).text(), 'x')
  assert.deepEqual(told, ['/v1/{__proto__}', '/v1/{x}'])
  await app.close()
})

test('node-http closes the connection of a handler that fails after it has begun to answer', async () => {
  const failed: unknown[] = []
  const handle: GuardedListener = async (_request, response) => {
    response.write('half')
    throw new Error('the handler failed')
  }
  const app = await serve(
    countersignGuard({ guard, routes: { 'GET /': { public: true, handle } }, onError: (error) => failed.push(error) }),
  )
  await assert.rejects(async () => (await app.send(new Request('http://api/'))).text())
  assert.equal(failed.length, 1)
  await app.close()
})
