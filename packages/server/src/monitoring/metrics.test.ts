import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { before, suite, test } from 'node:test'
import { generateClientSecret } from '../keys/secret-format.ts'
import { aRefusal, aReport, aRequestId } from '../reports/report.fixture.ts'
import { exchangeRaw } from '../../test/raw-exchange.fixture.ts'
import { seedRealms, shareTestServer, startTestServer, tokenRequest, type TestServer } from '../../test/test-server.fixture.ts'

/** Starts a server with an operations listener on a free port. */
async function startObserved(options: Parameters<typeof startTestServer>[0] = {}) {
  return observe(await startTestServer({ ...options, nodes: 1, settings: `operationsListen: 127.0.0.1:0\n${options.settings ?? ''}` }))
}

/** Starts the listeners of a server, and returns functions that read its metrics. */
async function observe(server: TestServer) {
  const url = await server.listenEverywhere()
  const operations = (path: string, init?: RequestInit) => fetch(new URL(path, url.operations), init)
  const metrics = async () => (await operations('/metrics')).text()
  const figure = async (name: string) => Number(new RegExp(`^${name.replace(/[{}"]/g, '\\$&')} (.+)$`, 'm').exec(await metrics())?.[1] ?? 0)
  return { ...server, publicUrl: url.public, operations, metrics, figure }
}

test('token requests are counted by realm and outcome', async () => {
  const { aClient, requestToken, figure } = await startObserved()
  const client = await aClient('nt24-idp')
  await requestToken('nt24-idp', tokenRequest(client))
  await requestToken('nt24-idp', tokenRequest({ ...client, clientSecret: generateClientSecret() }))
  await requestToken('nt24-idp', { grant_type: 'password' })
  const outcome = (name: string) => figure(`countersign_token_requests_total{realm="nt24-idp",outcome="${name}"}`)
  assert.deepEqual([await outcome('issued'), await outcome('wrong-secret'), await outcome('wrong-grant-type')], [1, 1, 1])
})

test('the tokens of the largest organizations are counted by slug, those of the rest and of strangers together', async () => {
  const server = await startTestServer({ nodes: 1, settings: 'operationsListen: 127.0.0.1:0\norganizationsInMetrics: 1' })
  const [small, large] = [await server.aClient('prod', { slug: 'small' }), await server.aClient('prod', { slug: 'large' })]
  // The place is given at the start of the listeners: of what was counted before, by the store.
  await server.database.query(
    `insert into usage (realm, client_id, organization_id, step, start, what, subject, outcome, count) values ('prod', 'c', ?, 'day', ?, 'token', 's', 'issued', 5)`,
    large.organizationId,
    Date.UTC(2026, 0, 15),
  )
  const { figure, requestToken } = await observe(server)
  for (const client of [small, large, large]) await server.tokenOf('prod', client)
  await requestToken('prod', tokenRequest({ ...large, clientSecret: generateClientSecret() }))
  const count = (organization: string, outcome: string) =>
    figure(`countersign_organization_tokens_total{realm="prod",organization="${organization}",outcome="${outcome}"}`)
  const counts = [await count('large', 'issued'), await count('large', 'refused'), await count('small', 'issued')]
  assert.deepEqual([...counts, await count('_other', 'issued'), await count('_other', 'refused')], [2, 0, 0, 1, 1])
})

test('what guards report is counted by realm, and what they let pass because of report-only apart', async () => {
  const { aClient, tokenOf, request, figure, clock } = await startObserved()
  const guard = await aClient('prod', { scopes: ['entitlements:read', 'decisions:write'] })
  const headers = { authorization: `Bearer ${await tokenOf('prod', guard)}`, 'content-type': 'application/json' }
  const refusals = [true, false].map((reportOnly) => aRefusal({ requestId: aRequestId(clock.now()), at: clock.now(), reportOnly }))
  const send = async () => {
    const answer = await request({
      method: 'POST',
      url: '/auth/realms/prod/v1/decisions',
      headers,
      payload: JSON.stringify(aReport({ refusals })),
    })
    assert.equal(answer.statusCode, 204, answer.body)
  }
  await send()
  await send() // As after a lost answer.
  const counts = [
    await figure('countersign_decision_reports_total{realm="prod",outcome="taken"}'),
    await figure('countersign_decision_reports_total{realm="prod",outcome="repeated"}'),
    await figure('countersign_refusals_total{realm="prod",fate="kept"}'),
    await figure('countersign_report_only_refusals_total{realm="prod"}'),
  ]
  assert.deepEqual(counts, [1, 1, 2, 1])
})

test('requests are counted by kind of endpoint and status class', async () => {
  const { request, requestToken, figure } = await startObserved({ realms: seedRealms })
  await requestToken('nt24-idp', {})
  for (const url of ['/problems', '/problems/missing-token', '/problems/none', '/v1/me', '/realms/nt24-idp/v1/me']) await request({ url })
  await request({ method: 'HEAD', url: '/problems' })
  for (const url of ['/.well-known/jwks.json', '/admin/v1/realms/prod/organizations/acme', '/nowhere', '/readyz']) await request({ url })
  const count = (endpoint: string, status: string) => figure(`countersign_requests_total{endpoint="${endpoint}",status="${status}"}`)
  const counts = {
    token: await count('token', '4xx'),
    pages: await count('problem-page', '2xx'),
    noPage: await count('problem-page', '4xx'),
    me: await count('me', '4xx'),
    discovery: await count('discovery', '2xx'),
    admin: await count('admin', '4xx'),
    other: await count('other', '4xx'),
    probe: await count('probe', '2xx'),
  }
  assert.deepEqual(counts, { token: 1, pages: 3, noPage: 1, me: 2, discovery: 1, admin: 1, other: 1, probe: 1 })
})

test('the duration of a request counts in every bucket above it', async () => {
  const { request, metrics, figure } = await startObserved()
  await request({ url: '/problems' })
  assert.equal(await figure('countersign_request_duration_seconds_count{endpoint="problem-page"}'), 1)
  assert.match(await metrics(), /countersign_request_duration_seconds_bucket\{le="\+Inf",endpoint="problem-page"\} 1/)
})

test('a request whose connection ends before the response is counted with status "none"', async () => {
  const { aClient, requestToken, publicUrl, figure } = await startObserved({
    realms: `
  one: { issuer: /one, tokenEndpoint: /one/token, audience: one,
         addressProtection: { failedAuthentications: { limit: 1, action: close } } }`,
  })
  await aClient('one')
  await requestToken('one', { grant_type: 'client_credentials' })
  const body = 'grant_type=client_credentials'
  const lines = [
    'POST /one/token HTTP/1.1',
    'Host: a',
    'Content-Type: application/x-www-form-urlencoded',
    `Content-Length: ${body.length}`,
    '',
    body,
  ]
  assert.equal(await exchangeRaw(publicUrl, lines), '')
  assert.equal(await figure('countersign_requests_total{endpoint="token",status="none"}'), 1)
  assert.equal(await figure('countersign_token_requests_total{realm="one",outcome="address-blocked"}'), 1)
})

test('abuse 282: open connections are a metric', async () => {
  const { publicUrl, figure } = await startObserved()
  const socket = connect(Number(publicUrl.port), publicUrl.hostname)
  await once(socket, 'connect')
  assert.equal(await figure('countersign_connections'), 1)
  socket.destroy()
})

test('the operations listener gives the reasons why the node is not ready', async () => {
  const { operations, shutDown, figure } = await startObserved({ settings: 'shutdownDelay: 1s' })
  assert.deepEqual(await (await operations('/readyz')).json(), { status: 'ok' })
  const stopped = shutDown()
  const response = await operations('/readyz')
  assert.deepEqual([response.status, await response.json()], [503, { status: 'not ok', reasons: { stopping: 'the server is stopping' } }])
  assert.deepEqual([(await operations('/livez')).status, await figure('countersign_ready')], [200, 0])
  await stopped
})

suite('what metrics contain', () => {
  const shared = shareTestServer({ nodes: 1, settings: 'operationsListen: 127.0.0.1:0' })
  let observed: Awaited<ReturnType<typeof observe>>
  before(async () => {
    observed = await observe(shared())
  })

  test('abuse 288: caller input never becomes a label or a new series', async () => {
    const { aClient, request, requestToken, metrics } = observed
    const client = await aClient('partner-api')
    const series = async () => (await metrics()).split('\n').filter((line) => line.startsWith('countersign_')).length
    const provoke = async (canary: string) => {
      await requestToken('partner-api', { ...tokenRequest(client), client_id: canary, grant_type: canary, scope: canary })
      await requestToken('partner-api', { ...tokenRequest(client), client_id: canary })
      for (const url of [`/${canary}`, `/problems/${canary}`, `/realms/${canary}/token`, `/admin/v1/realms/${canary}/clients`])
        await request({ url, headers: { 'x-request-id': canary, 'user-agent': canary, authorization: `Bearer ${canary}` } })
    }
    await provoke('canary-0')
    const before = await series()
    for (let i = 1; i <= 20; i++) await provoke(`canary-${i}`)
    assert.equal(await series(), before)
    assert.doesNotMatch(await metrics(), /canary/)
  })

  test('abuse 287: no metric contains a secret or a token', async () => {
    const { aClient, tokenOf, request, metrics } = observed
    const client = await aClient('prod')
    const token = await tokenOf('prod', client)
    await request({ url: `/v1/me?access_token=${token}`, headers: { authorization: `Bearer ${token}` } })
    const text = await metrics()
    for (const canary of [client.clientSecret, token, client.clientId]) assert.ok(!text.includes(canary))
  })

  test('the process, its memory and its event loop have metrics', async () => {
    const { metrics } = observed
    const text = await metrics()
    for (const name of [
      'process_cpu_seconds_total',
      'process_resident_memory_bytes',
      'nodejs_eventloop_lag_seconds',
      'countersign_event_loop_lag_seconds',
    ])
      assert.match(text, new RegExp(`^${name} `, 'm'))
  })

  test('abuse 164: the operations listener serves its own pages and nothing else', async () => {
    const { operations } = observed
    for (const path of ['/', '/problems', '/v1/me', '/metrics/', '/constructor', '/__proto__'])
      assert.equal((await operations(path)).status, 404)
    assert.equal((await operations('/metrics', { method: 'POST' })).status, 405)
  })

  test('fault 7.8: the operations listener says which methods its pages have', async () => {
    const response = await observed.operations('/metrics', { method: 'PUT' })
    assert.deepEqual(
      [response.status, response.headers.get('allow'), await response.json()],
      [405, 'GET, HEAD', { methods: ['GET', 'HEAD'] }],
    )
  })
})
