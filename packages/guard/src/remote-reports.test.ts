import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DecisionReport } from '@countersign/protocol'
import { issuer } from './guard.fixture.ts'
import { guardVersion } from './guard-version.ts'
import { aRemoteGuard, json, tokenUrl } from './remote.fixture.ts'
import type { RemoteGuardOptions } from './remote-guard.ts'
import { until } from './report-server.fixture.ts'
import { param, type Requirement } from './requirement.ts'

const decisionsUrl = `${issuer}/v1/decisions`
const orders: Requirement = { scope: 'admin', partner: param('sellerId') }
const route = { method: 'GET', route: '/v1/partners/{sellerId}/orders' }

function aReportingGuard(options: Partial<RemoteGuardOptions> = {}) {
  const alarms: Error[] = []
  const remote = aRemoteGuard({ reports: { api: 'orders' }, onError: (error) => alarms.push(error), ...options })
  const { guard, server, clock, sign } = remote
  const reports: DecisionReport[] = []
  const scopes: (string | null)[] = []
  server.answer(decisionsUrl, async (request) => {
    reports.push((await request.json()) as DecisionReport)
    return new Response(null, { status: 204 })
  })
  server.answer(tokenUrl, async (request) => {
    const scope = new URLSearchParams(await request.text()).get('scope')
    scopes.push(scope)
    return json({ access_token: `own-${scope?.split(':')[0]}`, token_type: 'Bearer', expires_in: 300 })
  })
  const ask = (requirement: Requirement = orders, rawHeaders = ['Authorization', `Bearer ${sign()}`]) =>
    guard.authorize({ rawHeaders, params: {}, ...route }, requirement)
  /** A second later, a decision sends what is due. */
  const reported = async () => {
    clock.advance(1)
    const before = reports.length
    await ask({})
    await until(() => reports.length > before)
    return reports.at(-1)!
  }
  return { ...remote, alarms, ask, reported, reports, scopes }
}

test('a gateway reports what it denied before it asked the guard, with its own words and nothing of the request', async () => {
  const { guard, reported } = aReportingGuard()
  const request = { rawHeaders: ['Cookie', 'hidden'], params: {}, method: 'GET', url: '/hidden', address: '192.0.2.7', requestId: '00000000000a-0000000b-0000000c' } // prettier-ignore
  guard.reportDenial({ allowed: false, code: 'ambiguous-request', detail: 'The path has a ";".' }, request)
  guard.reportDenial({ allowed: false, code: 'route-not-permitted' }, { ...request, requestId: '00000000000a-0000000b-0000000d' })
  const { refusals } = await reported()
  assert.deepEqual(
    refusals.map(({ requestId, code, address, route: at, checks: [first, ...others] }) => [requestId.slice(-1), code, address, at, first, others.every(({ result }) => result === 'not-reached')]), // prettier-ignore
    [
      ['c', 'ambiguous-request', '192.0.2.7', null, { check: 'credentials', result: 'not-reached', saw: 'The path has a ";".' }, true],
      ['d', 'route-not-permitted', '192.0.2.7', null, { check: 'credentials', result: 'not-reached', saw: 'The gateway of the API does not let this path and method through' }, true], // prettier-ignore
    ],
  )
  assert.doesNotMatch(JSON.stringify(refusals), /hidden/)
})

test('a guard reports what it refused, its routes and its health, with a token of its own', async () => {
  const { guard, server, ask, reported, scopes, alarms } = aReportingGuard()
  guard.checkRequirement(orders, ['sellerId'], route)
  const denial = await ask()
  assert.equal(denial.allowed, false)
  const report = await reported()
  assert.deepEqual(report.routes, [{ ...route, requires: { scope: ['admin'], partner: 'sellerId' }, reportOnlyUntil: null }])
  const { knownAsOfSeconds, ...known } = report.health
  assert.deepEqual(known, { mode: 'pull', connected: false, revision: 1, reportOnlyUntil: null })
  assert.ok(knownAsOfSeconds! >= 1)
  const [refusal] = report.refusals
  const { requestId, code, clientId, revision, checks } = refusal!
  assert.deepEqual([requestId, code, clientId, revision], [denial.requestId, 'insufficient-scope', 'api-client-acme', 1])
  assert.deepEqual(checks, denial.checks)
  assert.deepEqual([report.api, report.counts.length], ['orders', 2])
  assert.doesNotMatch(JSON.stringify(report), /eyJ|not-a-real-secret/)
  assert.deepEqual(scopes, ['entitlements:read', 'decisions:write'])
  const { headers } = server.requests.find(({ url }) => url === decisionsUrl)!
  assert.equal(headers.get('authorization'), 'Bearer own-decisions')
  assert.equal(headers.get('user-agent'), `countersign-guard/${guardVersion}`)
  assert.deepEqual(alarms, [])
  const { reports: health } = guard.health()[0]!
  assert.deepEqual({ ...health, lastSentSeconds: 0 }, { lastSentSeconds: 0, pending: 0, lostRefusals: 0, lostCounts: 0, failure: null })
})

test('a guard whose client may not report decides as before, and ready() does not fail', async () => {
  const { guard, server, clock, ask, alarms } = aReportingGuard()
  server.answer(tokenUrl, async (request) => {
    const scope = new URLSearchParams(await request.text()).get('scope')
    if (scope === 'decisions:write') return json({ error: 'invalid_scope' }, { status: 400 })
    return json({ access_token: 'own', token_type: 'Bearer', expires_in: 300 })
  })
  await guard.ready()
  assert.equal((await ask({})).allowed, true)
  clock.advance(2)
  assert.equal((await ask({})).allowed, true)
  await until(() => alarms.length === 1)
  assert.equal((alarms[0] as Error & { fault: string }).fault, 'reports')
  await guard.ready()
  assert.equal(guard.lastFailure(), undefined)
  const [health] = guard.health()
  assert.equal(health?.failure, null)
  assert.match(health?.reports?.failure ?? '', /decisions:write/)
})

test('another secret reaches the token of the reports, too', async () => {
  const { guard, server, ask, reported, scopes } = aReportingGuard()
  await ask()
  await reported()
  guard.updateSecret('another-secret')
  await ask()
  await reported()
  await until(() => scopes.length === 3)
  assert.equal(scopes[2], 'decisions:write')
  const last = server.requests.findLast(({ url }) => url === tokenUrl)
  assert.equal(last?.headers.get('authorization'), `Basic ${btoa('nt24-api:another-secret')}`)
})

test('with "reports: false" nothing is reported', async () => {
  const { guard, server, clock, ask } = aReportingGuard({ reports: false })
  await ask()
  clock.advance(2)
  await ask()
  await guard.close()
  assert.deepEqual([server.calls(decisionsUrl), guard.health()[0]?.reports], [0, null])
})

test('close() sends what is left', async () => {
  const { guard, ask, reports } = aReportingGuard()
  await ask()
  await guard.close()
  assert.equal(reports[0]?.refusals.length, 1)
})

test('report-only is in health() and in reports, and a date that is over is told once', async () => {
  const { guard, clock, ask, reported, alarms } = aReportingGuard({ reportOnly: { until: '2027-01-15T08:00:30Z' } })
  guard.checkRequirement({ reportOnly: { until: '2027-01-15T08:01:00Z' } }, [], route)
  const denial = await ask()
  assert.equal(!denial.allowed && denial.reportOnly, true)
  const report = await reported()
  assert.deepEqual([report.refusals[0]?.reportOnly, report.health.reportOnlyUntil], [true, Date.UTC(2027, 0, 15, 8, 0, 30)])
  assert.equal(report.routes?.[0]?.reportOnlyUntil, Date.UTC(2027, 0, 15, 8, 1))
  const [health] = guard.health()
  assert.deepEqual([health?.reportOnlyUntil, health?.reportOnlyPassed], ['2027-01-15T08:01:00.000Z', 1])
  clock.advance(60)
  assert.equal(guard.health()[0]?.reportOnlyUntil, null)
  assert.deepEqual(alarms, [])
  for (let route = 0; route < 2; route++) guard.checkRequirement({ reportOnly: { until: '2027-01-01' } }, [])
  assert.deepEqual(alarms.map(String), [
    'Error: "reportOnly" has ended at 2027-01-01T00:00:00.000Z: the guard denies. Remove the option, or set another date.',
  ])
})

test('onDecision of a remote guard knows the revision', async () => {
  const revisions: (number | null)[] = []
  const { ask } = aReportingGuard({ reports: false, onDecision: ({ revision }) => revisions.push(revision) })
  await ask()
  assert.deepEqual(revisions, [1])
})

for (const [what, reports, message] of [
  ['a text', 'orders', /"reports" is neither true, false nor \{ api: "…" \}/],
  ['null', null, /"reports" is neither/],
  ['an unknown member', { apis: 'x' }, /unknown option "apis"/],
  ['a name with a space', { api: 'my orders' }, /"reports.api" is not a name of 1 to 64/],
  ['a long name', { api: 'x'.repeat(65) }, /"reports.api" is not/],
] as const) {
  test(`reports with ${what} are refused`, () => {
    assert.throws(() => aRemoteGuard({ reports: reports as never }), { name: 'TypeError', message })
  })
}
