import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { aRealm, foreignPartnerId, organizationId, partnerId } from '../guard.fixture.ts'
import type { GuardDecision } from '../guard-decision.ts'
import { param } from '../requirement.ts'
import { countersignGuard, guardFetch, type FetchTableOptions } from './fetch.ts'
import { contractOf } from './adapter-contract.fixture.ts'
import { fetchTable, fetchHandlers } from './web-adapters.fixture.ts'

contractOf(fetchTable)
contractOf(fetchHandlers)

const origin = 'https://api.example.com'

function anApi(options: Partial<FetchTableOptions<[]>> = {}) {
  const realm = aRealm()
  const fetch = guardFetch<[]>({
    guard: realm.guard,
    routes: {
      'GET /v1/partners/{sellerId}/orders': {
        requires: { partner: param('sellerId') },
        handler: (_request, { access, params }) => Response.json([access.entitlement.organization.rights.id, params['sellerId']]),
      },
      'POST /v1/orders': { requires: {}, handler: async (request) => Response.json(await request.json()) },
      'GET /health': { public: true, handler: () => new Response('ok') },
    },
    ...options,
  })
  const headers = { authorization: `Bearer ${realm.token()}` }
  const get = (path: string, init: RequestInit = { headers }) => fetch(new Request(`${origin}${path}`, init))
  return { realm, fetch, get, headers }
}

async function codeOf(response: Response): Promise<string> {
  const { type } = (await response.json()) as { readonly type: string }
  return type.slice(type.lastIndexOf('/') + 1)
}

test('a request that meets the requirement reaches the handler, with its parameters', async () => {
  const { get } = anApi()
  assert.deepEqual(await (await get(`/v1/partners/${partnerId}/orders`)).json(), [organizationId, partnerId])
  assert.equal(await codeOf(await get(`/v1/partners/${foreignPartnerId}/orders`)), 'partner-not-authorized')
  assert.equal(await (await get('/health', {})).text(), 'ok')
})

test('what is not in the table is a problem with a request id, whatever its token', async () => {
  const { get, headers } = anApi()
  for (const init of [{ headers }, {}, { method: 'OPTIONS' }, { method: 'DELETE', headers }])
    for (const [path, status, code] of [
      ['/v1/orders', 405, 'method-not-allowed'],
      ['/v2/orders', 404, 'not-found'],
    ] as const) {
      const response = await get(path, init)
      assert.equal(response.status, status)
      assert.match(response.headers.get('x-request-id') ?? '', /^[0-9a-f]{12}-/)
      assert.equal(response.headers.get('allow'), status === 405 ? 'POST' : null)
      assert.equal(await codeOf(response), code)
    }
})

test('abuse 107: dot segments and backslashes are resolved before the route is looked for', async () => {
  const { get } = anApi()
  for (const path of [`/health/../v1/partners/${foreignPartnerId}/orders`, `/health/%2e%2e/v1/partners/${foreignPartnerId}/orders`])
    assert.equal((await get(path)).status, 403, path)
  assert.equal((await get(`/v1/partners/${foreignPartnerId}%2F..%2F${partnerId}/orders`)).status, 404)
  assert.equal((await get(`/v1/partners/${partnerId};x=1/orders`)).status, 403)
})

test('a denied body is left unread', async () => {
  const { fetch } = anApi()
  let reads = 0
  const body = new ReadableStream({ pull: () => void reads++ }, { highWaterMark: 0 })
  const request = new Request(`${origin}/v1/orders`, { method: 'POST', body, duplex: 'half' } as RequestInit)
  assert.equal((await fetch(request)).status, 401)
  assert.deepEqual([reads, request.bodyUsed], [0, false])
})

test('a HEAD of a denied request has no body', async () => {
  const { get } = anApi()
  const response = await get(`/v1/partners/${partnerId}/orders`, { method: 'HEAD' })
  assert.deepEqual([response.status, response.body], [401, null])
})

test('what is changed in the table after the start opens no route', async () => {
  const route = { requires: {}, handler: () => new Response('open') }
  const { get } = anApi({ routes: { 'GET /a': route } })
  Object.assign(route, { requires: undefined, public: true })
  assert.equal((await get('/a', {})).status, 401)
})

const handler = () => new Response('ok')
const wrong: readonly [what: string, routes: unknown, message: RegExp][] = [
  ['a route that declares nothing', { 'GET /a': { handler } }, /The route GET \/a has neither "requires" nor "public"/],
  ['a route that declares both', { 'GET /a': { handler, requires: {}, public: true } }, /both guarded and public/],
  ['public that is not true', { 'GET /a': { handler, public: 'yes' } }, /has neither/],
  [
    'a parameter that the route does not have',
    { 'GET /a/{b}': { handler, requires: { partner: param('c') } } },
    /The route GET \/a\/\{b\}: .*"c"/,
  ],
  ['an unknown member', { 'GET /a': { handler, requires: { scopes: 'a' } } }, /"scopes"/],
  ['no handler', { 'GET /a': { requires: {} } }, /has no "handler"/],
  [
    'a parameter as Next.js has it',
    { 'GET /a/[b]': { handler, requires: {} } },
    /"\[b\]" is the parameter of another syntax; write "\{b\}"/,
  ],
  ['a member that is misspelt', { 'GET /a': { handler, requires: {}, handle: handler } }, /The route GET \/a: unknown option "handle"/],
  ['a handler in place of the route', { 'GET /a': handler }, /The route GET \/a: expected an object of options, found function/],
  ['nothing in place of the route', { 'GET /a': null }, /The route GET \/a: expected an object of options, found null/],
  ['no routes', undefined, /"routes" is not a table/],
]

for (const [what, routes, message] of wrong)
  test(`a table with ${what} is an error at the start`, () => {
    assert.throws(() => anApi({ routes } as never), { name: 'TypeError', message })
  })

test('options that are no functions, or no guard, are errors at the start', () => {
  for (const [options, message] of [
    [{ guard: {} }, /"guard" is not a guard/],
    [{ onDecision: true }, /"onDecision" is not a function/],
    [{ address: 'x' }, /"address" is not a function/],
    [{ waitUntil: {} }, /"waitUntil" is not a function/],
  ] as const)
    assert.throws(() => anApi(options as never), { name: 'TypeError', message })
})

test('a guard that is made by the first request is made once, of what the runtime passes', async () => {
  const realm = aRealm()
  const made: unknown[] = []
  const fetch = guardFetch<[env: { readonly secret: string }]>({
    guard: (env) => {
      made.push(env.secret)
      return realm.guard
    },
    routes: { 'GET /a': { requires: {}, handler: (_request, { access }, { secret }) => Response.json([access.token.clientId, secret]) } },
  })
  const request = () => new Request(`${origin}/a`, { headers: { authorization: `Bearer ${realm.token()}` } })
  assert.deepEqual(await (await fetch(request(), { secret: 's' })).json(), ['api-client-acme', 's'])
  await fetch(request(), { secret: 't' })
  assert.deepEqual(made, ['s'])
})

test('a guard that cannot be made answers nothing, and is tried again by the next request', async () => {
  const realm = aRealm()
  let attempts = 0
  const guard = () => {
    if (++attempts === 1) throw new TypeError('there is no secret')
    return realm.guard
  }
  const fetch = guardFetch<[]>({ guard, routes: { 'GET /a': { requires: {}, handler } } })
  await assert.rejects(fetch(new Request(`${origin}/a`)), /there is no secret/)
  assert.equal((await fetch(new Request(`${origin}/a`))).status, 401)
})

test('the address and the id are those that the API tells, for reports only', async () => {
  const told: GuardDecision[] = []
  const options = { onDecision: (decision: GuardDecision) => told.push(decision), requestId: () => 'ray-1' }
  const { get } = anApi({ ...options, address: ({ headers }) => headers.get('cf-connecting-ip') ?? undefined })
  await get(`/v1/partners/${partnerId}/orders`, { headers: { 'cf-connecting-ip': '203.0.113.2' } })
  const [{ address, apiRequestId, route, method } = assert.fail()] = told
  assert.deepEqual([address, apiRequestId, method, route], ['203.0.113.2', 'ray-1', 'GET', '/v1/partners/{sellerId}/orders'])
})

test('a context has its own members and the decision, and neither a copy nor a log of it has anything of the token', async () => {
  const realm = aRealm()
  const seen: object[] = []
  const { guarded } = countersignGuard({ guard: realm.guard })
  const handler = guarded({}, (_request: Request, context: { readonly params?: object }) => {
    seen.push(context)
    return new Response('ok')
  })
  const own = JSON.parse('{ "params": {}, "access": "own", "__proto__": { "decision": "own" }, "toString": "own" }') as { params: object }
  const token = realm.token()
  await handler(new Request(origin, { headers: { authorization: `Bearer ${token}` } }), own)
  const context = seen[0] as { readonly params: object; readonly access: { readonly allowed: boolean }; readonly decision: unknown }
  assert.deepEqual([context.params, context.access.allowed, context.decision], [{}, true, context.access])
  assert.deepEqual({ ...context }, { params: {} })
  for (const text of [inspect(context, { showHidden: true, depth: 9 }), JSON.stringify(context)])
    assert.doesNotMatch(text, /tokenId|clientId/)
})

test('a route handler gets the access with its own context, whose parameters may be a promise', async () => {
  const realm = aRealm()
  const { guarded } = countersignGuard({ guard: realm.guard })
  const GET = guarded({ partner: param('sellerId') }, async (_request, { params, access }) =>
    Response.json([(await params)['sellerId'], access.token.clientId]),
  )
  const request = () => new Request(origin, { headers: { authorization: `Bearer ${realm.token()}` } })
  const answer = await GET(request(), { params: Promise.resolve({ sellerId: partnerId }) })
  assert.deepEqual(await answer.json(), [partnerId, 'api-client-acme'])
  const inNext14 = guarded({ partner: param('sellerId') }, (_request, { params }: { readonly params: { readonly sellerId: string } }) =>
    Response.json(params.sellerId),
  )
  assert.equal(await (await inNext14(request(), { params: { sellerId: partnerId } })).json(), partnerId)
})

test('a route handler without the parameter of its requirement answers 500, at the start if its template is known', async () => {
  const realm = aRealm()
  const causes: unknown[] = []
  const { guarded } = countersignGuard({ guard: realm.guard, onUndecided: (cause) => causes.push(cause) })
  const requires = { partner: param('sellerId') }
  let calls = 0
  const GET = guarded(requires, () => new Response(String(++calls)))
  const headers = { authorization: `Bearer ${realm.token()}` }
  for (const params of [{}, { sellerid: partnerId }, { sellerId: [partnerId] }])
    assert.equal((await GET(new Request(origin, { headers }), { params: Promise.resolve(params as never) })).status, 500)
  assert.deepEqual([calls, causes.length], [0, 3])
  assert.match(String(causes[1]), /GET https?:\/\/[^?]+: "partner" refers to the parameter "sellerId"; the route has sellerid$/)
  assert.throws(() => guarded(requires, handler, '/v1/orders'), /"sellerId"; the route has none/)
})

test('a route handler with an invalid requirement is an error when it is wrapped', () => {
  const { guarded } = countersignGuard({ guard: aRealm().guard })
  for (const requires of [undefined, { scopes: 'a' }, { scope: undefined }, { public: true }])
    assert.throws(() => guarded(requires as never, handler), { name: 'TypeError' })
})

test('requests at the same time get each their own access', async () => {
  const realm = aRealm()
  const fetch = guardFetch<[]>({
    guard: realm.guard,
    routes: {
      'GET /a': {
        requires: {},
        async handler(_request, context) {
          await new Promise(setImmediate)
          return new Response(context.access.token.tokenId)
        },
      },
    },
  })
  const ids = Array.from({ length: 20 }, (_each, index) => `token-${index}`)
  const ask = async (jti: string) => {
    const request = new Request(`${origin}/a`, { headers: { authorization: `Bearer ${realm.token({ jti })}` } })
    return (await fetch(request)).text()
  }
  assert.deepEqual(await Promise.all(ids.map(ask)), ids)
})
