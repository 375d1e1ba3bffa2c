// The whole gateway over real connections, in front of an authorization server behind a fetch.
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { aRemoteGuard } from '@countersign/guard/remote.fixture'
import { foreignPartnerId, issuer, partnerId } from '@countersign/guard/guard.fixture'
import { parseGatewayConfiguration } from './configuration.ts'
import { createGateway, type Gateway } from './gateway.ts'
import { identityNames } from './identity-headers.ts'

const folder = mkdtempSync(join(tmpdir(), 'countersign-gateway-'))
after(() => rmSync(folder, { recursive: true }))
writeFileSync(join(folder, 'secret'), 'not-a-real-secret\n', { mode: 0o600 })
const aKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })
writeFileSync(join(folder, 'key.json'), JSON.stringify({ keys: [{ ...aKey(), kid: 'old' }] }), { mode: 0o600 })

const { server, clock, sign } = aRemoteGuard()
const token = sign()
const partnerRoute = "{ path: '/v1/partners/{sellerId}/**', methods: [GET], requires: { partner: sellerId } }"
const docsRoute = '{ path: /docs/**, methods: [GET], public: true }'

function configurationOf({ routes = [partnerRoute, docsRoute], more = '', peer = '127.0.0.1' } = {}) {
  const text = `
listen: 127.0.0.1:0
healthListen: 127.0.0.1:0
trustedProxies: [${peer}]
issuer: ${issuer}
realm: nt24-idp
tokenProfile: keycloak
audience: nt24-integration-api
credentials: { clientId: nt24-api, clientSecret: 'file:secret' }
signedHeader: { key: 'file:key.json', audience: orders-api }
${more}
routes: [${routes.join(', ')}]
`
  return parseGatewayConfiguration(text, folder)
}

interface Running extends Gateway {
  readonly log: string[]
  /** What a reload reads. */
  read: () => ReturnType<typeof configurationOf>
}

async function start(options: Parameters<typeof configurationOf>[0] = {}): Promise<Running> {
  const log: string[] = []
  const running = { log, read: () => configurationOf(options) }
  const gateway = createGateway({
    configuration: running.read(),
    readAgain: () => running.read(),
    writeLog: (line) => log.push(line),
    fetch: server.fetch,
    clock: clock.now,
  })
  await gateway.listen()
  after(() => gateway.stop())
  return Object.assign(running, gateway)
}

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** Header names and values one after the other, so that they can be repeated. */
function send(address: string, path: string, headers: readonly string[] = [], method = 'GET', sent = ''): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const [host = '', port] = address.split(':')
  // The path as it is, which a URL would not keep.
  const asked = request({ host, port, path, method, agent: false, headers: ['Host', 'gateway', ...headers] }, (response) => {
    let body = ''
    response.setEncoding('utf8').on('data', (text: string) => (body += text))
    response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }))
  })
  asked.on('error', reject).end(sent)
  return promise
}

/** Sends bytes as they are, and returns everything that comes back until the connection ends. */
function sendRaw(address: string, text: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const [host = '', port] = address.split(':')
  let answer = ''
  const socket = connect({ host, port: Number(port) }, () => socket.write(text))
  socket.setEncoding('latin1').on('data', (part: string) => (answer += part)).on('close', () => resolve(answer)).on('error', reject) // prettier-ignore
  return promise
}

const bearer = ['Authorization', `Bearer ${token}`]
const asks = (method: string, uri: string) => ['X-Forwarded-Method', method, 'X-Forwarded-Uri', uri]
const orders = `/v1/partners/${partnerId}/orders`

const gateway = await start()
const { http, health } = gateway.addresses

test('forward-auth: method and path are those of the headers, at any path below', async () => {
  for (const path of ['/forward-auth', '/forward-auth/', '/forward-auth/v1/x?y', '/forward-auth?x']) {
    const { status, headers } = await send(http, path, [...bearer, ...asks('GET', orders)])
    assert.equal(status, 200)
    assert.equal(headers['x-auth-partner-id'], partnerId)
    for (const name of identityNames) assert.equal(typeof headers[`x-auth-${name}`], 'string', name)
    assert.match(headers['x-auth-signature'] as string, /^[\w-]+\.[\w-]+\.[\w-]+$/)
  }
})

test('forward-auth: the own method of the request of the proxy plays no part', async () => {
  assert.equal((await send(http, '/forward-auth', [...bearer, ...asks('GET', orders)], 'POST')).status, 200)
  assert.equal((await send(http, '/forward-auth', [...bearer, ...asks('POST', orders)])).status, 403)
})

const unclear: Record<string, string[]> = {
  'no method': ['X-Forwarded-Uri', orders],
  'no path': ['X-Forwarded-Method', 'GET'],
  'an empty path': asks('GET', ''),
  'two methods': [...asks('GET', orders), 'x-forwarded-method', 'GET'],
  'two paths in one': asks('GET', '/docs/x,/v1/orders'),
  'two paths in one, the first with a query': asks('GET', '/docs/x?a=1,/v1/orders'),
  'two paths': [...asks('GET', orders), 'X-FORWARDED-URI', '/docs/x'],
}
for (const [what, headers] of Object.entries(unclear)) {
  test(`forward-auth: a proxy that says ${what} gets 400`, async () => {
    const { status, body } = await send(http, '/forward-auth', [...bearer, ...headers])
    assert.equal(status, 400)
    assert.match(body, /\/problems\/invalid-request/)
  })
}

test('forward-auth: an unclear path is 400, and a list of methods is no method', async () => {
  assert.equal((await send(http, '/forward-auth', [...bearer, ...asks('GET', '/docs/../v1/me')])).status, 400)
  assert.equal((await send(http, '/forward-auth', [...bearer, ...asks('GET', '/docs/x?a=1, /v1/orders')])).status, 400)
  assert.equal((await send(http, '/forward-auth', [...bearer, ...asks('GET, GET', '/docs/x')])).status, 403)
})

test('ext_authz over HTTP: method and path are those of the request, and the headers of forward-auth count for nothing', async () => {
  const { status, headers } = await send(http, `/ext-authz${orders}?x=1`, [...bearer, ...asks('DELETE', '/nothing')])
  assert.equal(status, 200)
  assert.equal(headers['x-auth-route'], '/v1/partners/{sellerId}/**')
  assert.equal((await send(http, `/ext-authz${orders}`, [...bearer, ...asks('GET', '/docs/x')], 'DELETE')).status, 403)
  assert.equal((await send(http, '/ext-authz/docs/../v1', bearer)).status, 400)
  assert.equal((await send(http, '/ext-authz/../forward-auth', [...bearer, ...asks('GET', orders)])).status, 400)
  assert.equal((await send(http, `/ext-authz${orders}`, bearer, 'HEAD')).status, 200)
})

test('ext_authz over HTTP: a body that the proxy passes on is not waited for', async () => {
  const head = `GET /ext-authz${orders} HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer ${token}\r\nContent-Length: 100000\r\n\r\n`
  const [host = '', port] = http.split(':')
  const socket = connect({ host, port: Number(port) }, () => socket.write(head))
  const { promise, resolve } = Promise.withResolvers<string>()
  socket.setEncoding('latin1').once('data', resolve)
  assert.match(await promise, /^HTTP\/1\.1 200 /)
  socket.destroy()
})

test('abuse 271: a partner in a body that a proxy passes on changes nothing: the path decides, and the API is told that partner', async () => {
  const foreign = `/v1/partners/${foreignPartnerId}/orders`
  for (const [path, inBody] of [
    [orders, foreignPartnerId],
    [foreign, partnerId],
  ] as const) {
    const json = JSON.stringify({ sellerId: inBody, partnerId: inBody, partner: inBody })
    const form = new URLSearchParams({ sellerId: inBody, _method: 'GET' }).toString()
    for (const [type, body] of [
      ['application/json', json],
      ['application/x-www-form-urlencoded', form],
    ] as const) {
      const headers = [...bearer, 'Content-Type', type, 'Content-Length', String(body.length)]
      for (const answer of [
        await send(http, '/forward-auth', [...headers, ...asks('GET', path)], 'POST', body),
        await send(http, `/ext-authz${path}`, headers, 'GET', body),
      ]) {
        assert.equal(answer.status, path === orders ? 200 : 403)
        assert.equal(answer.headers['x-auth-partner-id'], path === orders ? partnerId : undefined)
      }
    }
  }
})

for (const path of [
  '/',
  '/docs/x',
  '/healthz',
  '/readyz',
  '/metrics',
  '/forward-authx',
  '/ext-authzx/docs/x',
  '/ext-authz',
  '/Forward-Auth',
  '/.well-known/jwks.json',
  '//forward-auth',
]) {
  // prettier-ignore
  test(`abuse 265: "${path}" on the listener of the proxies is 404`, async () => {
    const headers = [...bearer, ...asks('GET', orders), 'User-Agent', 'ELB-HealthChecker/2.0']
    assert.equal((await send(http, path, headers)).status, 404)
  })
}

test('abuse 265: there is no decision on the listener for health', async () => {
  for (const path of ['/forward-auth', '/ext-authz/docs/x'])
    assert.equal((await send(health, path, [...bearer, ...asks('GET', orders)])).status, 404)
})

test('abuse 269: TRACE, CONNECT and methods that HTTP does not know get no 200', async () => {
  for (const method of ['TRACE', 'CONNECT', 'FOO', 'get', 'OPTIONS']) {
    for (const target of ['/ext-authz/docs/x', '/docs/x', 'api.example.com:443']) {
      const answer = await sendRaw(http, `${method} ${target} HTTP/1.1\r\nHost: g\r\nConnection: close\r\n\r\n`)
      assert.match(answer, /^HTTP\/1\.1 4\d\d /, `${method} ${target}`)
    }
  }
})

test('abuse 272: a second Authorization header is seen behind thousands of others', async () => {
  const many = Array.from({ length: 3000 }, () => 'a: b\r\n').join('')
  const head = `GET /ext-authz${orders} HTTP/1.1\r\nHost: g\r\nConnection: close\r\n`
  const answer = await sendRaw(http, `${head}Authorization: Bearer ${token}\r\n${many}Authorization: Bearer a.b.c\r\n\r\n`)
  assert.match(answer, /^HTTP\/1\.1 400 [^]*several-tokens/)
})

test('huge headers get 431, and a request that is no HTTP gets 400', async () => {
  assert.match(await sendRaw(http, `GET /ext-authz/docs/x HTTP/1.1\r\nHost: g\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`), /^HTTP\/1\.1 431 /)
  assert.match(await sendRaw(http, 'GET /ext-authz/docs/x HTTP/1.1\r\nHost : g\r\n\r\n'), /^HTTP\/1\.1 400 /)
  assert.match(
    await sendRaw(http, 'GET /ext-authz/docs/x HTTP/1.1\r\nHost: g\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n'),
    /^HTTP\/1\.1 400 /,
  )
})

test('a peer that is not a configured proxy gets 403 without a decision, whatever it says', async () => {
  const strict = await start({ peer: '127.0.0.2' })
  const { status, headers, body } = await send(strict.addresses.http, '/forward-auth', [...bearer, ...asks('GET', '/docs/x'), 'X-Forwarded-For', '127.0.0.2']) // prettier-ignore
  assert.equal(status, 403)
  assert.equal(headers['connection'], 'close')
  assert.equal(headers['x-auth-client-id'], undefined)
  assert.match(body, /\/problems\/untrusted-peer/)
  const metrics = await send(strict.addresses.health, '/metrics')
  assert.match(metrics.body, /countersign_gateway_refused_proxies_total\{problem="untrusted-peer"\} 1/)
  assert.doesNotMatch(metrics.body, /decisions_total\{/)
})

test('abuse 277: peers that are no proxy cannot hold many connections', async () => {
  const strict = await start({ peer: '127.0.0.2' })
  const [host = '', port] = strict.addresses.http.split(':')
  const open = () => connect({ host, port: Number(port) }).on('error', () => {}).resume() // prettier-ignore
  const held = Array.from({ length: 100 }, open)
  after(() => held.forEach((socket) => socket.destroy()))
  await Promise.all(held.map((socket) => once(socket, 'connect')))
  await once(open(), 'close') // At once; the others have two seconds for a request.
  assert.equal(held.filter(({ closed }) => closed).length, 0)
})

test('readyz says that the gateway can decide and how old what it knows is; healthz that it runs', async () => {
  const { status, body } = await send(health, '/readyz')
  const state = JSON.parse(body)
  assert.equal(status, 200, body)
  assert.deepEqual([state.ready, state.revision, state.routes], [true, 1, 2])
  assert.equal(typeof state.knownAsOfSeconds, 'number')
  assert.equal((await send(health, '/healthz')).status, 200)
  assert.equal((await send(health, '/healthz', [], 'POST')).status, 405)
  assert.equal((await send(health, '/')).status, 404)
})

test('metrics count by template and outcome, and no caller adds a label', async () => {
  for (const path of ['/a', '/b', '/c"} 1']) await send(http, `/ext-authz${encodeURI(path)}`, bearer, 'POST')
  const { body, headers } = await send(health, '/metrics')
  assert.match(headers['content-type'] as string, /^text\/plain; version=0\.0\.4/)
  assert.match(body, /countersign_gateway_decisions_total\{method="GET",route="\/v1\/partners\/\{sellerId\}\/\*\*",outcome="allowed"\} \d/)
  assert.match(body, /countersign_gateway_decisions_total\{method="POST",route="",outcome="route-not-permitted"\} \d/)
  assert.doesNotMatch(body, /"\/a"|"\/b"/)
  assert.match(body, /^countersign_gateway_lease_left_seconds \d/m)
  for (const line of body.trimEnd().split('\n')) assert.match(line, /^(#.*|[a-z_]+(\{[^\n]*\})? -?[\d.e+-]+)$/)
})

test('the log has a line for each refusal, without a token', async () => {
  await send(http, '/forward-auth', ['Authorization', `Bearer ${token}x`, ...asks('GET', `${orders}?secret=hidden-value`), 'X-Forwarded-For', '192.0.2.7']) // prettier-ignore
  await send(http, '/forward-auth', [...bearer, ...asks('GET', `/unknown/${token.slice(0, 60)}`)])
  // A signature, and the secret of another server: 43 characters of base64url have a "-" every other time.
  for (const hidden of [
    'q83vEjRWeJCrze8-SNFZ4kKs9bTmXoLpQwUyHcGdAiE',
    'Zx81kdLq0PmV7cTnR5yWb2HsJg4uEoAf',
    'Zx81kdLq0PmV7cTnR5yWb2HsJg4u%45oAf',
  ])
    await send(http, '/forward-auth', [...bearer, ...asks('GET', `/hidden/${hidden}`)])
  const lines = gateway.log.map((line) => JSON.parse(line) as Record<string, unknown>)
  const refused = lines.find(({ outcome }) => outcome === 'invalid-token')
  assert.deepEqual([refused?.['address'], refused?.['route'], refused?.['status']], ['192.0.2.7', '/v1/partners/{sellerId}/**', 401])
  assert.ok(lines.some(({ path }) => path === '/unknown/…'))
  assert.doesNotMatch(gateway.log.join(''), /eyJ|hidden-value|q83vEj|Zx81kd/)
})

test('a flood of refusals fills no log', async () => {
  const flooded = await start()
  for (let count = 0; count < 200; count++) await flooded.decideRequest({ method: 'GET', target: '/unknown', rawHeaders: [] })
  assert.ok(flooded.log.length <= 51, `${flooded.log.length} lines`)
  clock.advance(1)
  await flooded.decideRequest({ method: 'GET', target: '/unknown', rawHeaders: [] })
  assert.match(flooded.log.join(''), /1\d\d refusals were not logged/)
})

test('reload takes new routes and keys; an invalid configuration changes nothing and is logged', async () => {
  const reloaded = await start()
  const ask = async (path: string) => (await send(reloaded.addresses.http, `/ext-authz${path}`, [...bearer])).status
  assert.equal(await ask('/v1/stock'), 403)
  const routes = [partnerRoute, '{ path: /v1/stock, methods: [GET], requires: {} }']
  reloaded.read = () => configurationOf({ routes, more: 'cors: true' })
  writeFileSync(
    join(folder, 'key.json'),
    JSON.stringify({
      keys: [
        { ...aKey(), kid: 'new' },
        { ...aKey(), kid: 'old' },
      ],
    }),
  )
  assert.equal(reloaded.reload(), true)
  assert.equal(await ask('/v1/stock'), 200)
  assert.equal(await ask('/docs/x'), 403)
  assert.match(reloaded.log.join(''), /the change of cors needs a restart/)
  const { keys } = JSON.parse((await send(reloaded.addresses.health, '/.well-known/jwks.json')).body) as { keys: Record<string, unknown>[] }
  assert.deepEqual(keys.map(({ kid, d }) => [kid, d]), [['new', undefined], ['old', undefined]]) // prettier-ignore

  reloaded.read = () => configurationOf({ routes: ['{ path: /v1/stock, methods: [GET] }'] })
  const before = reloaded.log.length
  assert.equal(reloaded.reload(), false)
  assert.match(reloaded.log.slice(before).join(''), /routes\.0\.requires.*the routes and keys from before stay/)
  assert.equal(await ask('/v1/stock'), 200)
})

test('a reload that fails says nothing of its routes to the server', async () => {
  const reloaded = await start()
  const until = new Date(clock.now() + 86_400_000).toISOString()
  const routes = [partnerRoute, `{ path: /v1/new, methods: [GET], requires: { reportOnly: { until: '${until}' } } }`]
  const stateOf = async () => JSON.parse((await send(reloaded.addresses.health, '/readyz')).body) as { reportOnlyUntil: string | null }
  const good = readFileSync(join(folder, 'key.json'))
  writeFileSync(join(folder, 'key.json'), 'no key')
  reloaded.read = () => configurationOf({ routes })
  assert.equal(reloaded.reload(), false)
  assert.equal((await stateOf()).reportOnlyUntil, null)
  writeFileSync(join(folder, 'key.json'), good)
  assert.equal(reloaded.reload(), true)
  assert.equal((await stateOf()).reportOnlyUntil, until)
})

test('a stop answers pending requests, closes connections and ends readiness', async () => {
  const stopping = await start()
  const address = stopping.addresses
  assert.equal((await send(address.http, '/ext-authz/docs/x')).status, 200)
  await stopping.stop()
  await assert.rejects(send(address.http, '/ext-authz/docs/x'), { code: 'ECONNREFUSED' })
  await assert.rejects(send(address.health, '/healthz'), { code: 'ECONNREFUSED' })
})

test('while the server was never reached, guarded routes get 503 and readyz says why', async () => {
  const log: string[] = []
  const unreachable = createGateway({
    configuration: configurationOf(),
    writeLog: (line) => log.push(line),
    fetch: () => Promise.reject(new TypeError('fetch failed')),
    clock: clock.now,
  })
  await unreachable.listen()
  after(() => unreachable.stop())
  assert.equal((await send(unreachable.addresses.http, `/ext-authz${orders}`, bearer)).status, 503)
  assert.equal((await send(unreachable.addresses.http, '/ext-authz/docs/x')).status, 200)
  const { status, body } = await send(unreachable.addresses.health, '/readyz')
  assert.equal(status, 503)
  assert.ok(JSON.parse(body).failure.length > 10)
  assert.match(log.join(''), /requests get 503 until the server can be asked/)
})
