// What every adapter must do, whatever its framework is: `contractOf()` adds the tests to the file of an adapter.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Access, Denial } from '../access.ts'
import { decisionRows, denialOf, everything } from '../decision-rows.fixture.ts'
import { denialResponse } from '../denial-response.ts'
import type { Guard } from '../guard.ts'
import type { GuardDecision } from '../guard-decision.ts'
import { aRealm, clientId, foreignPartnerId, organizationId, partnerId, requestorId, type TestRealm } from '../guard.fixture.ts'
import { meRequirement, param, type Requirement } from '../requirement.ts'
import { testManyRequests } from './adapter-corpus.fixture.ts'
import type { ContractApp, RunningApp } from './contract-app.fixture.ts'
import type { AdapterOptions } from './decide.ts'
import { firstResponse, testRawRequests } from './raw-requests.fixture.ts'

export type { RunningApp } from './contract-app.fixture.ts'

export interface ContractRoute {
  readonly method: string
  /** Such as `/v1/partners/{sellerId}/orders`; the adapter under test writes it as its framework does. */
  readonly path: string
  readonly requires?: Requirement
  readonly public?: true
  /**
   * `access` answers with the JSON of `handlerSaw()` of `access`; `decision` the same of `decision`; `throws` throws an Error with the
   * message "the handler failed"; `echo` answers with the bytes of the request body, as they come (none for GET).
   */
  readonly handler: 'access' | 'decision' | 'throws' | 'echo'
}

export interface HandlerSaw {
  readonly allowed: boolean
  readonly code?: string
  readonly clientId?: string
  readonly organizationId?: string
  readonly requestorId?: string
}

/** What a handler answers, for the suite to look at. */
export function handlerSaw(decision: Access | Denial): HandlerSaw {
  if (!decision.allowed) return { allowed: false, code: decision.code }
  const { token, entitlement, requestorId: requestor } = decision
  const organization = entitlement.organization.rights.id
  return {
    allowed: true,
    clientId: token.clientId,
    organizationId: organization,
    ...(requestor !== undefined && { requestorId: requestor }),
  }
}

/** The request in the listeners is that of the framework, of which the suite knows nothing. */
export type ContractOptions = Omit<AdapterOptions<unknown>, 'guard'>

export interface AdapterUnderTest {
  readonly name: string
  /** The origin of the requests that `send` takes is `http://api.example.com`; one that listens replaces it. */
  start(guard: Guard, routes: readonly ContractRoute[], options: ContractOptions): Promise<RunningApp>
  /** `start()` rejects for a route that declares nothing, or is wrong; otherwise its first request gets 500. */
  readonly seesRoutesAtStart: boolean
}

const origin = 'http://api.example.com'
const until = '2027-01-15T08:01:00Z'
const orders = '/v1/partners/{sellerId}/orders'

const requirements = [...new Set(decisionRows.map(({ requirement = everything }) => requirement))]
const pathOf = (requirement: Requirement) =>
  requirement === everything ? orders : `/v1/rows/${requirements.indexOf(requirement)}/{sellerId}/orders`

const routes: readonly ContractRoute[] = [
  ...requirements.map((requires): ContractRoute => ({ method: 'GET', path: pathOf(requires), requires, handler: 'access' })),
  { method: 'GET', path: '/v1/me', requires: meRequirement, handler: 'access' },
  { method: 'GET', path: '/v1/throws', requires: {}, handler: 'throws' },
  { method: 'POST', path: '/v1/echo', requires: {}, handler: 'echo' },
  { method: 'GET', path: '/health', public: true, handler: 'echo' },
  { method: 'GET', path: '/health/access', public: true, handler: 'access' },
  { method: 'GET', path: '/v1/watched', requires: { reportOnly: { until } }, handler: 'decision' },
  { method: 'GET', path: '/v1/watched/access', requires: { reportOnly: { until } }, handler: 'access' },
]

export function contractOf(adapter: AdapterUnderTest): void {
  const app = startOnce(adapter)
  testDecisions(app)
  testHandlers(app)
  testDeclarations(adapter)
  testManyRequests(app)
  testRawRequests(app)
}

function startOnce(adapter: AdapterUnderTest): ContractApp {
  let realm = aRealm()
  // One app for many realms: an app is started slowly.
  const guard = new Proxy({} as Guard, { get: (_target, member) => Reflect.get(realm.guard, member) as unknown })
  const told: GuardDecision[] = []
  const undecided: unknown[] = []
  const options = { onDecision: (decision: GuardDecision) => told.push(decision), onUndecided: (cause: unknown) => undecided.push(cause) }
  let started: Promise<RunningApp> | undefined
  const running = () => (started ??= adapter.start(guard, routes, options))
  after(async () => started && (await started).close())
  return {
    name: adapter.name,
    told,
    undecided,
    running,
    use(changes) {
      told.length = undecided.length = 0
      return (realm = aRealm(changes))
    },
    send: async (path, init) => (await running()).send(new Request(`${origin}${path}`, init)),
  }
}

function testDecisions(app: ContractApp): void {
  const { name, send } = app
  const bearer = (realm: TestRealm) => ({ authorization: `Bearer ${realm.token()}` })

  for (const row of decisionRows) {
    test(`abuse 121: ${name} answers as the guard decides, ${row.name}`, async () => {
      const expected = denialResponse(aRealm().guard, await denialOf(row))
      const realm = app.use(row.options)
      if (row.rights) realm.setEntitlement(row.rights)
      const { headers = ['Authorization', `Bearer ${realm.token(row.claims)}`], requestor = [requestorId], sellerId = partnerId } = row
      const sent = new Headers()
      for (let at = 0; at < headers.length; at += 2) sent.append(headers[at] as string, headers[at + 1] as string)
      for (const id of requestor) sent.append('Requestor-ID', id)
      const query = row.url?.replace('/', '') ?? ''
      const path = `${pathOf(row.requirement ?? everything).replace('{sellerId}', sellerId)}${query}`
      for (let call = 1; call < (row.calls ?? 1); call++) await (await send(path, { headers: sent })).arrayBuffer()
      await assertDenied(await send(path, { headers: sent }), expected)
    })
  }

  test(`${name} answers a request that cannot be decided with 503, and tells why`, async () => {
    const cause = new Error('the entitlement server is away')
    const realm = app.use({ entitlements: { find: () => Promise.reject(cause) } })
    const response = await send('/v1/me', { headers: bearer(realm) })
    assert.deepEqual([response.status, response.headers.get('retry-after')], [503, '5'])
    assert.doesNotMatch(await response.text(), /entitlement server/)
    assert.deepEqual(app.undecided, [cause])
  })

  test(`${name} tells the template of the route, the method and the outcome of each decision`, async () => {
    const realm = app.use()
    const path = orders.replace('{sellerId}', foreignPartnerId)
    const denied = await send(path, { headers: { ...bearer(realm), 'requestor-id': requestorId, 'x-request-id': 'job-7' } })
    await (await send('/v1/me', { headers: bearer(realm) })).text()
    assert.deepEqual(
      app.told.map(({ method, route, outcome }) => [method, route, outcome]),
      [
        ['GET', orders, 'partner-not-authorized'],
        ['GET', '/v1/me', 'allowed'],
      ],
    )
    assert.equal(app.told[0]?.requestId, denied.headers.get('x-request-id'))
    assert.deepEqual([app.told[0]?.callerRequestId, app.told[0]?.requestorId], ['job-7', requestorId])
    await denied.text()
  })

  test(`${name} sends the state of the rate with an allowed response`, async () => {
    const realm = app.use()
    realm.setEntitlement({ organization: { rateLimit: { tier: 'standard', limit: 3, windowSeconds: 1 } } })
    const response = await send('/v1/me', { headers: bearer(realm) })
    assert.equal(response.headers.get('ratelimit'), '"standard";r=2;t=1')
    assert.equal(response.headers.get('ratelimit-policy'), '"standard";q=3;w=1')
    await response.text()
  })

  test(`${name} lets a denied request pass while its route is report-only, with the denial and without an access`, async () => {
    app.use()
    const passed = await send('/v1/watched')
    assert.deepEqual([passed.status, await passed.json()], [200, { allowed: false, code: 'missing-token' }])
    for (const header of ['www-authenticate', 'ratelimit']) assert.equal(passed.headers.get(header), null)
    assert.deepEqual(
      app.told.map(({ outcome, reportOnly }) => [outcome, reportOnly]),
      [['missing-token', true]],
    )
    assert.equal((await send('/v1/watched/access')).status, 500)
    const realm = app.use()
    realm.clock.advance(61)
    assert.equal((await send('/v1/watched')).status, 401)
  })
}

async function assertDenied(response: Response, expected: ReturnType<typeof denialResponse>): Promise<void> {
  const { 'x-request-id': _id, 'content-type': type = '', ...headers } = expected.headers
  assert.equal(response.status, expected.status)
  for (const [name, value] of Object.entries(headers)) assert.equal(response.headers.get(name), value, name)
  for (const name of ['www-authenticate', 'retry-after', 'ratelimit'])
    if (!(name in headers)) assert.equal(response.headers.get(name), null)
  assert.ok(response.headers.get('content-type')?.startsWith(type))
  const id = response.headers.get('x-request-id')
  assert.match(String(id), /^[0-9a-f]{12}-[0-9a-f]{8}-[0-9a-f]{8}$/)
  const text = await response.text()
  assert.doesNotMatch(text, /eyJ/)
  assert.deepEqual(JSON.parse(text), { ...JSON.parse(expected.body), instance: `urn:request:${id}` })
}

function testHandlers(app: ContractApp): void {
  const { name, send } = app
  const authorized = () => ({ authorization: `Bearer ${app.use().token()}`, 'requestor-id': requestorId })
  const path = orders.replace('{sellerId}', partnerId)

  test(`${name} gives the handler the access`, async () => {
    const response = await send(path, { headers: authorized() })
    assert.deepEqual([response.status, await response.json()], [200, { allowed: true, clientId, organizationId, requestorId }])
    assert.equal(response.headers.get('www-authenticate'), null)
  })

  test(`${name} leaves a public route open, where no access is available`, async () => {
    app.use()
    assert.equal((await send('/health')).status, 200)
    assert.equal((await send('/health/access')).status, 500)
    assert.deepEqual(app.told, [])
  })

  test(`${name} leaves a path that does not exist to its framework`, async () => {
    app.use()
    assert.equal((await send('/v2')).status, 404)
    assert.deepEqual([app.told, app.undecided], [[], []])
  })

  test(`${name} leaves an error of a handler to its framework, and goes on`, async () => {
    const headers = authorized()
    const response = await send('/v1/throws', { headers })
    assert.deepEqual([response.status, app.undecided], [500, []])
    await response.text()
    assert.equal((await send('/v1/me', { headers })).status, 200)
  })

  test(`${name} decodes a parameter once`, async () => {
    const ask = async (id: string) => (await send(orders.replace('{sellerId}', id), { headers: authorized() })).status
    assert.equal(await ask(partnerId.replace('5', '%35')), 200)
    for (const id of [partnerId.replace('5', '%2535'), `${partnerId};x=1`, `${foreignPartnerId}%2F..%2F${partnerId}`, '%zz'])
      assert.ok([400, 403, 404].includes(await ask(id)), id)
  })

  test(`abuse 116: ${name} guards HEAD as GET, and lets OPTIONS reach no handler`, async () => {
    app.use()
    const denied = await send(path, { method: 'HEAD' })
    assert.deepEqual([denied.status, await denied.text()], [401, ''])
    assert.match(String(denied.headers.get('www-authenticate')), /^Bearer realm=/)
    assert.equal((await send(path, { method: 'HEAD', headers: authorized() })).status, 200)
    app.use()
    const options = await send(path, { method: 'OPTIONS', headers: { 'x-http-method-override': 'GET' } })
    assert.doesNotMatch(await options.text(), /"allowed":/)
    assert.deepEqual(app.undecided, [])
  })

  test(`${name} streams a body to the handler of an allowed request`, async () => {
    const chunk = new Uint8Array(10_000).fill(7)
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let sent = 0; sent < 30; sent++) controller.enqueue(chunk)
        controller.close()
      },
    })
    const headers = { ...authorized(), 'content-type': 'application/octet-stream' }
    const response = await send('/v1/echo', { method: 'POST', headers, body, duplex: 'half' })
    assert.deepEqual([response.status, (await response.arrayBuffer()).byteLength], [200, 300_000])
  })

  test(`${name} denies a request before its body is read`, async () => {
    app.use()
    const { port } = await app.running()
    const headers = { 'content-type': 'application/octet-stream' }
    // A body that never comes: an adapter that reads it never answers.
    if (port !== undefined) {
      const sent = ['POST /v1/echo HTTP/1.1', 'Content-Length: 1000000', 'Content-Type: application/octet-stream']
      return assert.match(await firstResponse(port, sent), /^HTTP\/1\.1 401 /)
    }
    const response = await send('/v1/echo', { method: 'POST', headers, body: new ReadableStream({}), duplex: 'half' })
    assert.equal(response.status, 401)
  })
}

const wrong: readonly [what: string, route: Omit<ContractRoute, 'method' | 'path' | 'handler'>][] = [
  ['declares nothing', {}],
  ['is guarded and public', { requires: {}, public: true }],
  ['has a requirement that is misspelt', { requires: { partners: param('sellerId') } as Requirement }],
  ['has a requirement that is no object', { requires: 'orders:read' as Requirement }],
  ['requires a parameter that it lacks', { requires: { partner: param('partnerId') } }],
  ['requires a parameter with the name of a member of every object', { requires: { partner: param('constructor') } }],
  ['says public: "yes"', { public: 'yes' as never }],
]

function testDeclarations({ name, start, seesRoutesAtStart }: AdapterUnderTest): void {
  const { guard, token } = aRealm()
  for (const [what, declared] of wrong) {
    test(`abuse 116: ${name} opens no route that ${what}`, async () => {
      const undecided: unknown[] = []
      const route: ContractRoute = { method: 'GET', path: '/v1/sellers/{sellerId}', handler: 'decision', ...declared }
      const starting = start(guard, [route], { onUndecided: (cause) => undecided.push(cause) })
      if (seesRoutesAtStart) return assert.rejects(starting, { name: 'TypeError' })
      const app = await starting.catch(() => undefined) // What does not depend on the route may be seen at once.
      if (!app) return
      const headers = { authorization: `Bearer ${token()}` }
      const response = await app.send(new Request(`${origin}/v1/sellers/${partnerId}`, { headers }))
      assert.equal(response.status, 500)
      assert.doesNotMatch(await response.text(), /"allowed"/)
      assert.equal(undecided.length, 1)
      await app.close()
    })
  }
}
