import assert from 'node:assert/strict'
import { test } from 'node:test'
import Fastify from 'fastify'
import { countersignGuard } from './fastify.ts'
import type { GuardDecision } from './guard-decision.ts'
import { aClock, aRealm, startSeconds } from './guard.fixture.ts'
import { meRequirement, type Requirement } from './requirement.ts'

/** 2027-01-15T08:00:00Z is the start of each test. */
const until = '2027-01-15T08:01:00Z'

test('a guard that is report-only lets a denial pass until the instant, and from then on denies', async () => {
  const decisions: GuardDecision[] = []
  const realm = aRealm({ reportOnly: { until }, onDecision: (decision) => decisions.push(decision) })
  const request = { rawHeaders: [], params: {} }
  const outcomes = []
  for (const seconds of [0, 59.9, 0.1]) {
    realm.clock.advance(seconds)
    const verdict = await realm.guard.authorize(request, {})
    assert.equal(verdict.allowed, false)
    outcomes.push([verdict.code, verdict.reportOnly])
  }
  assert.deepEqual(outcomes, [
    ['missing-token', true],
    ['missing-token', true],
    ['missing-token', undefined],
  ])
  assert.deepEqual(
    decisions.map(({ reportOnly }) => reportOnly),
    [true, true, false],
  )
})

test('setting the clock back neither opens a guard whose report-only has ended again, nor delays the end', async () => {
  const realm = aRealm({ reportOnly: { until } })
  const passes = async () => {
    const verdict = await realm.guard.authorize({ rawHeaders: [], params: {} }, {})
    return !verdict.allowed && verdict.reportOnly === true
  }
  const seen = []
  for (const [seconds, setBackBy] of [
    [30, 0],
    [0, 3600],
    [29, 0],
    [1, 0],
    [0, 86_400],
  ] as const) {
    realm.clock.advance(seconds)
    realm.clock.setBy(-setBackBy)
    seen.push(await passes())
  }
  assert.deepEqual(seen, [true, true, true, false, false])
})

test('a route that is report-only opens no other route', async () => {
  const realm = aRealm()
  const passing = await realm.authorize('no token', { reportOnly: { until } })
  const denied = await realm.authorize('no token', {})
  assert.deepEqual(
    [passing, denied].map((verdict) => !verdict.allowed && verdict.reportOnly),
    [true, undefined],
  )
})

test('a defect of the API, and a clock that tells no time, let nothing pass', async () => {
  const invalid = await aRealm({ reportOnly: { until } }).authorize('x', { scopes: 'x' } as Requirement)
  assert.deepEqual([!invalid.allowed && invalid.code, !invalid.allowed && invalid.reportOnly], ['internal-error', undefined])
  for (const broken of [() => Number.NaN, () => assert.fail('out of order')]) {
    let clock = aClock().now
    const realm = aRealm({ reportOnly: { until }, clock: () => clock() })
    clock = broken
    const verdict = await realm.authorize(realm.token(), {})
    assert.equal(!verdict.allowed && verdict.reportOnly, undefined)
  }
})

const wrong: readonly [what: string, reportOnly: unknown, message: RegExp][] = [
  ['no date', { until: 'soon' }, /"reportOnly.until" is neither a date such as "2026-12-20" nor an instant .*; found "soon"/],
  ['a day that does not exist', { until: '2027-02-30' }, /neither a date .*; found "2027-02-30"/],
  ['an hour that does not exist', { until: '2027-01-20T25:00:00Z' }, /neither a date/],
  ['an instant without a zone', { until: '2027-01-20T08:00:00' }, /neither a date/],
  ['a number', { until: startSeconds }, /neither a date .*; found number/],
  ['a date without its member', '2027-01-20', /"reportOnly" is not \{ until: "YYYY-MM-DD" \}; found string/],
  ['true', true, /"reportOnly" is not \{ until/],
  ['null', null, /"reportOnly" is not \{ until/],
  ['an unknown member', { until, from: until }, /unknown option "from"/],
  ['more than 30 days ahead', { until: '2027-02-14T08:00:01Z' }, /more than 30 days ahead; the latest is 2027-02-14T08:00:00.000Z/],
  ['a year ahead', { until: '2028-01-01' }, /more than 30 days ahead/],
]
for (const [what, reportOnly, message] of wrong) {
  test(`report-only with ${what} is refused, for the guard and for a route`, () => {
    assert.throws(() => aRealm({ reportOnly: reportOnly as never }), { name: 'TypeError', message })
    const { guard } = aRealm()
    assert.throws(() => guard.checkRequirement({ reportOnly: reportOnly as never }, []), { name: 'TypeError', message })
  })
}

for (const given of ['2027-02-14', '2027-01-20T08:00Z', '2027-01-20T08:00:00.5+01:00', '2024-02-29', '1999-01-01'])
  test(`report-only until ${given} is accepted`, () => void aRealm({ reportOnly: { until: given } }))

test('Fastify: a request that passes because of report-only has the denial and no access', async () => {
  const lines: string[] = []
  const realm = aRealm({ reportOnly: { until } })
  const app = Fastify({ logger: { stream: { write: (line) => lines.push(line) } } })
  await app.register(countersignGuard, { guard: realm.guard })
  app.get('/orders', { config: { requires: {} } }, ({ decision }) => (decision.allowed ? 'allowed' : decision.code))
  app.get('/v1/me', { config: { requires: meRequirement } }, ({ access }) => realm.guard.me(access))
  app.get('/health', { config: { public: true } }, ({ decision }) => decision)

  const passed = await app.inject('/orders')
  assert.deepEqual([passed.statusCode, passed.body], [200, 'missing-token'])
  for (const header of ['www-authenticate', 'x-request-id', 'ratelimit']) assert.equal(passed.headers[header], undefined)
  assert.match(lines.join(''), /"code":"missing-token".*lets it pass because of reportOnly/)

  assert.equal((await app.inject('/v1/me')).statusCode, 500)
  assert.match(lines.join(''), /"request.access\\" is not available; read \\"request.decision\\"/)
  assert.equal((await app.inject('/health')).statusCode, 500)
  assert.equal((await app.inject({ url: '/orders', headers: { authorization: `Bearer ${realm.token()}` } })).body, 'allowed')
})

test('Fastify: no headers of the rate are sent on a request over the rate that passes', async () => {
  const realm = aRealm({ reportOnly: { until } })
  realm.setEntitlement({ organization: { rateLimit: { tier: 'standard', limit: 0, windowSeconds: 1 } } })
  const app = Fastify()
  await app.register(countersignGuard, { guard: realm.guard })
  app.get('/orders', { config: { requires: {} } }, ({ decision }) => decision.allowed || decision.code)
  const { body, headers } = await app.inject({ url: '/orders', headers: { authorization: `Bearer ${realm.token()}` } })
  assert.equal(body, 'rate-limited')
  assert.equal(headers['ratelimit-policy'] ?? headers['retry-after'], undefined)
})
