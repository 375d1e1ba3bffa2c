import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Access, GuardRequest } from './access.ts'
import { aRefusal, aReporter, until } from './report-server.fixture.ts'

const client = {}
const access = { token: { clientId: 'api-client-acme' }, entitlement: { client } } as unknown as Access
const request: GuardRequest = { rawHeaders: [], params: {}, method: 'GET', route: '/v1/orders' }
const hour = 1_800_000_000_000
const requires = { scope: ['admin'] }

test('the first report has the routes and the health, later ones only what is new', async (t) => {
  const { reporter, server, report } = await aReporter(t)
  for (const method of ['GET', 'HEAD', 'POST']) reporter.register({ method, route: '/v1/orders', requires, reportOnlyUntil: null })
  reporter.start()
  const first = await report(1)
  assert.deepEqual(
    { ...first, routes: first.routes?.map(({ method }) => method) },
    {
      guard: '0badcafe',
      api: 'orders',
      number: 1,
      sentAt: hour + 1000,
      health: { mode: 'feed', connected: true, revision: 7, knownAsOfSeconds: 0.5, reportOnlyUntil: null },
      refusals: [],
      counts: [],
      lost: { refusals: 0, counts: 0 },
      routes: ['GET', 'POST'],
    },
  )
  assert.equal(server.tokens[0], 'Bearer token-1')
  const second = await report(30)
  assert.deepEqual([second.number, 'routes' in second], [2, false])
  reporter.register({ method: 'GET', route: '/v1/stock', requires: {}, reportOnlyUntil: hour })
  assert.equal((await report(30)).routes?.length, 3)
})

test('a refusal is sent after a second, in full; 200 of them at once', async (t) => {
  const { reporter, server, pass, report } = await aReporter(t)
  reporter.start()
  await report(1)
  const refusal = aRefusal({ cause: new Error('inside'), address: '2001:db8:9:1::/64' })
  reporter.denied(refusal)
  pass(0.9)
  assert.equal(server.reports.length, 1)
  const { refusals } = await report(0.2)
  const { outcome, organizationId: _, cause: __, ...sent } = refusal
  assert.deepEqual(refusals, [{ ...sent, code: outcome }])
  for (let index = 0; index < 450; index++) reporter.denied(aRefusal())
  await report(0.01)
  await until(() => server.reports.length === 5)
  assert.deepEqual(
    server.reports.slice(2).map((each) => each.refusals.length),
    [200, 200, 50],
  )
  assert.equal(new Set(server.reports.flatMap((each) => each.refusals.map(({ requestId }) => requestId))).size, 451)
})

test('what was allowed is counted per hour, client and route, and sent within five seconds', async (t) => {
  const { reporter, report } = await aReporter(t)
  reporter.start()
  await report(1)
  for (let call = 0; call < 3; call++) reporter.allowed(request, access)
  reporter.denied(aRefusal({ at: hour + 3_600_000, clientId: null }))
  const { counts } = await report(5)
  assert.deepEqual(counts, [
    { hour, clientId: 'api-client-acme', route: 'GET /v1/orders', outcome: 'allowed', count: 3 },
    { hour: hour + 3_600_000, clientId: null, route: 'GET /v1/orders', outcome: 'insufficient-scope', count: 1 },
  ])
})

for (const status of [503, 429, 408]) {
  test(`a report that is answered with ${status} is repeated under its number, not before the Retry-After`, async (t) => {
    const { reporter, server, clock, errors, pass, report } = await aReporter(t)
    server.answer = () => ({ status, headers: { 'retry-after': '7' } })
    reporter.denied(aRefusal())
    await report(1)
    assert.match(reporter.health().failure ?? '', new RegExp(`HTTP ${status}`))
    server.answer = () => ({ status: 204 })
    reporter.denied(aRefusal())
    pass(6.9)
    assert.equal(server.reports.length, 1)
    assert.equal(reporter.health().pending, 2)
    await report(0.1)
    await until(() => server.reports.length === 3)
    assert.deepEqual(server.reports[1], server.reports[0])
    assert.deepEqual([server.reports[2]?.number, server.reports[2]?.refusals.length], [2, 1])
    clock.advance(2)
    assert.deepEqual(reporter.health(), { lastSentSeconds: 2, pending: 0, lostRefusals: 0, lostCounts: 0, failure: null })
    assert.deepEqual(errors, [])
  })
}

for (const status of [400, 413, 422]) {
  test(`a report that is answered with ${status} is dropped, and counted as lost in the next one`, async (t) => {
    const { reporter, server, report } = await aReporter(t)
    server.answer = ({ number }) => ({ status: number === 1 ? status : 204 })
    reporter.denied(aRefusal())
    reporter.denied(aRefusal())
    reporter.allowed(request, access)
    await report(5)
    reporter.denied(aRefusal())
    const next = await report(1)
    assert.deepEqual(next.lost, { refusals: 2, counts: 3 })
    assert.deepEqual([next.number, next.refusals.length], [2, 1])
    const { lostRefusals, lostCounts } = reporter.health()
    assert.deepEqual([lostRefusals, lostCounts], [2, 3])
  })
}

test('a server that is away for long costs a bounded number of refusals; the others wait, and what is lost is counted', async (t) => {
  const limits = { refusals: { queued: 3, perSecond: 100, burst: 3000, kinds: 10 } }
  const { reporter, server, report } = await aReporter(t, { limits })
  server.answer = () => ({ status: 503 })
  reporter.denied(aRefusal())
  for (let attempt = 0; attempt < 19; attempt++) {
    await report(60)
    for (let index = 0; index < 2; index++) reporter.denied(aRefusal())
  }
  assert.ok(server.reports.every(({ number }) => number === 1))
  assert.deepEqual([reporter.health().pending, reporter.health().lostRefusals], [4, 35])
  await report(60) // The 20th attempt was the last: it may be what the server fails at.
  assert.deepEqual([reporter.health().pending, reporter.health().lostRefusals], [3, 36])
  server.answer = () => ({ status: 204 })
  const next = await report(60)
  assert.deepEqual([next.number, next.refusals.length, next.lost], [2, 3, { refusals: 36, counts: 1 }])
})

test('a client that may not report is told of once, and asked again after a minute, until it has the scope', async (t) => {
  const { reporter, server, errors, pass, report, settled } = await aReporter(t)
  server.hasScope = false
  reporter.denied(aRefusal())
  pass(1)
  await settled()
  const command = 'countersign client update nt24-api --realm nt24-idp --scope "entitlements:read decisions:write"'
  assert.ok(errors[0]?.message.includes(command), String(errors[0]))
  assert.match(errors[0]?.message ?? '', /the client "nt24-api" lacks the scope "decisions:write".* Decisions are not affected/)
  assert.equal(reporter.health().failure, errors[0]?.message)
  pass(59)
  assert.equal(server.tokenRequests, 1)
  pass(1)
  await settled()
  assert.equal(server.tokenRequests, 2)
  server.hasScope = true
  const { refusals, number } = await report(60)
  assert.deepEqual([refusals.length, number, errors.length], [1, 1, 1])
})

for (const status of [401, 403]) {
  test(`a client that loses the scope (${status}) and gets it back loses no report`, async (t) => {
    const { reporter, server, errors, report } = await aReporter(t)
    reporter.start()
    await report(1)
    server.answer = () => ({ status, headers: { 'www-authenticate': 'Bearer realm="x", error="invalid_token"' } })
    reporter.denied(aRefusal())
    await report(1)
    assert.equal(errors.length, 1)
    await report(60)
    server.answer = () => ({ status: 204 })
    assert.equal((await report(60)).refusals.length, 1)
    assert.equal(errors.length, 1)
    server.answer = () => ({ status: 403 })
    await report(30)
    assert.equal(errors.length, 2)
  })
}

test('a server without the endpoint is asked again after ten minutes, silently', async (t) => {
  const { reporter, server, errors, pass, report } = await aReporter(t)
  server.answer = () => ({ status: 404 })
  reporter.denied(aRefusal())
  await report(1)
  server.answer = () => ({ status: 204 })
  pass(599)
  assert.equal(server.reports.length, 1)
  assert.equal((await report(1)).refusals.length, 1)
  assert.deepEqual([errors, reporter.health().failure], [[], null])
})

test('a wrong clock keeps no report: hours are those of the clock, pauses are measured without it', async (t) => {
  const { reporter, clock, report } = await aReporter(t)
  reporter.start()
  await report(1)
  clock.setBy(-86_400)
  reporter.allowed(request, access)
  const { counts, sentAt } = await report(5)
  assert.equal(counts[0]?.hour, hour - 86_400_000)
  assert.equal(sentAt, hour - 86_400_000 + 6000)
})

test('where no timers run, a decision sends what is due, after a second at the earliest', async (t) => {
  const { reporter, server, clock, timers } = await aReporter(t, { startTimer: undefined })
  reporter.denied(aRefusal())
  clock.advance(0.9)
  reporter.denied(aRefusal())
  assert.equal(server.tokenRequests, 0)
  clock.advance(0.2)
  reporter.allowed(request, access)
  assert.equal(server.tokenRequests, 0) // Not in the turn of the decision.
  await until(() => server.reports.length === 1)
  assert.deepEqual([server.reports[0]?.refusals.length, timers.size], [2, 0])
})

test('close() sends what is left, and nothing afterwards', async (t) => {
  const { reporter, server, timers } = await aReporter(t)
  for (let index = 0; index < 201; index++) reporter.denied(aRefusal())
  await reporter.close()
  await reporter.close()
  reporter.denied(aRefusal())
  assert.deepEqual(
    server.reports.map(({ refusals }) => refusals.length),
    [200, 1],
  )
  assert.equal(timers.size, 0)
})

for (const [what, isReading] of [
  ['answer', true],
  ['read', false],
] as const) {
  test(`a server that does not ${what} holds close() up for two seconds, and no decision`, async (t) => {
    const { reporter, server, pass } = await aReporter(t)
    server.answer = () => 'nothing'
    server.isReading = isReading
    for (let index = 0; index < 1000; index++) reporter.denied(aRefusal({ route: `/v1/${'x'.repeat(200)}` }))
    pass(1)
    await until(() => server.tokens.length === 1)
    for (let index = 0; index < 5000; index++) reporter.denied(aRefusal())
    assert.equal(reporter.health().pending, 2200)
    let isClosed = false
    const closing = reporter.close().then(() => (isClosed = true))
    await new Promise(setImmediate)
    assert.equal(isClosed, false)
    pass(2)
    await closing
  })
}

test('close() without decisions asks nothing', async (t) => {
  const { reporter, server } = await aReporter(t)
  await reporter.close()
  assert.equal(server.tokenRequests, 0)
})

test('abuse 174: a flood of 100,000 refusals keeps a bounded number, and at least one of each kind', async (t) => {
  const { reporter, server, report } = await aReporter(t)
  for (let index = 0; index < 100_000; index++) {
    const kind = Math.min(index % 1000, 5) // Most are of one kind.
    reporter.denied(aRefusal({ clientId: null, address: `198.51.100.${kind}`, route: `/v1/${kind}` }))
  }
  assert.deepEqual([reporter.health().pending, reporter.health().lostRefusals], [2000, 98_000])
  await report(5)
  await until(() => server.reports.length === 10)
  const sent = server.reports.flatMap(({ refusals }) => refusals)
  assert.equal(sent.length, 2000)
  assert.equal(new Set(sent.map(({ route }) => route)).size, 6)
  const counts = server.reports.flatMap(({ counts: each }) => each)
  assert.equal(
    counts.reduce((sum, { count }) => sum + count, 0),
    100_000,
  )
  assert.deepEqual(server.reports[0]?.lost, { refusals: 98_000, counts: 0 })
})
