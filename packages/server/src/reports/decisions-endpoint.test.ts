import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { reportLimits, type DecisionReport } from '@countersign/protocol'
import { shareTestServer } from '../../test/test-server.fixture.ts'
import type { RefusalRow } from '../refusals/insert-refusals.ts'
import { aRefusal, aReport, aRequestId } from './report.fixture.ts'

suite('POST {issuer}/v1/decisions', () => {
  const shared = shareTestServer()
  const path = '/realms/nt24-idp/v1/decisions'

  /** A guard with a client of its own. */
  async function aGuard(scopes: readonly string[] = ['entitlements:read', 'decisions:write']) {
    const server = shared()
    const credentials = await server.aClient('nt24-idp', { scopes: [...scopes] })
    const token = await server.tokenOf('nt24-idp', credentials)
    const send = (payload: unknown, headers: Record<string, string> = {}) =>
      server.request({
        method: 'POST',
        url: path,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
        payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
      })
    const kept = () =>
      server.database.query<RefusalRow>(`select * from refusals where reporter = '${credentials.clientId}' order by request_id`)
    return { ...credentials, send, kept, report: (report: Partial<DecisionReport>) => send(aReport(report)) }
  }

  test('keeps what a guard refused, under the client of the guard', async () => {
    const { aClient, clock } = shared()
    const guard = await aGuard()
    const acme = await aClient('nt24-idp')
    const requestId = aRequestId(clock.now())
    const refusal = aRefusal({
      requestId,
      at: clock.now() - 1000,
      clientId: acme.clientId,
      apiRequestId: 'req-8',
      callerRequestId: 'job-7',
      address: '2001:db8:9:1::7',
    })
    const answer = await guard.report({ refusals: [refusal] })
    assert.deepEqual([answer.statusCode, answer.body, answer.headers['cache-control']], [204, '', 'no-store'])
    const [row] = await guard.kept()
    assert.ok(row)
    const { detail, at, sample, ...rest } = row
    assert.deepEqual(rest, {
      request_id: requestId,
      reporter: guard.clientId,
      realm: 'nt24-idp',
      source: 'guard',
      guard: '0badcafe',
      api: 'orders-api',
      method: 'GET',
      route: '/v1/orders/{id}',
      code: 'insufficient-scope',
      reason: null,
      organization_id: acme.organizationId,
      client_id: acme.clientId,
      address: '2001:db8:9:1::/64',
      caller_request_id: 'job-7',
      api_request_id: 'req-8',
    })
    assert.deepEqual([Number(at), Number(sample)], [clock.now() - 1000, 1])
    assert.deepEqual(JSON.parse(detail).checks, refusal.checks)
  })

  test('needs the scope decisions:write; guards with only entitlements:read keep working', async () => {
    const { request, tokenOf, aClient } = shared()
    const older = await aGuard(['entitlements:read'])
    const answer = await older.report({})
    assert.deepEqual([answer.statusCode, answer.json<{ type: string }>().type.split('/').at(-1)], [403, 'insufficient-scope'])
    const credentials = await aClient('nt24-idp', { scopes: ['entitlements:read'] })
    const headers = { authorization: `Bearer ${await tokenOf('nt24-idp', credentials)}` }
    assert.equal((await request({ url: '/realms/nt24-idp/v1/changes', headers })).statusCode, 200)
  })

  test('abuse 186: a token of another realm, or of a client that lost the scope, reports nothing', async () => {
    const { aClient, tokenOf, request, requestAdmin } = shared()
    const elsewhere = await tokenOf('partner-api', await aClient('partner-api', { scopes: ['decisions:write'] }))
    const send = (token: string) =>
      request({ method: 'POST', url: path, headers: { authorization: `Bearer ${token}` }, payload: { ...aReport() } })
    assert.equal((await send(elsewhere)).statusCode, 401)
    const guard = await aGuard()
    assert.equal((await guard.report({ number: 1 })).statusCode, 204)
    const params = { realm: 'nt24-idp', client: guard.clientId }
    await requestAdmin('clients.update', { params, body: { scopes: ['entitlements:read'] } })
    assert.equal((await guard.report({ number: 2, refusals: [aRefusal()] })).statusCode, 403)
    assert.deepEqual(await guard.kept(), [])
  })

  test('a report that comes again, also at another node, counts once', async () => {
    const guard = await aGuard()
    const first = { number: 4, refusals: [aRefusal()], lost: { refusals: 3, counts: 2 } }
    for (let times = 0; times < 4; times++) assert.equal((await guard.report(first)).statusCode, 204)
    const late = { number: 3, refusals: [aRefusal()] }
    assert.equal((await guard.report(late)).statusCode, 204)
    assert.equal((await guard.kept()).length, 1)
    const [row] = await shared().database.query<{ last_number: number; lost_refusals: number; lost_counts: number }>(
      `select last_number, lost_refusals, lost_counts from reporting_guards where reporter = '${guard.clientId}'`,
    )
    assert.deepEqual([row?.last_number, row?.lost_refusals, row?.lost_counts].map(Number), [4, 3, 2])
  })

  test('abuse 186: one report sent many times at once, to two nodes, is taken once', async () => {
    const guard = await aGuard()
    const all = Array.from({ length: 8 }, () =>
      guard.report({ lost: { refusals: 1, counts: 0 }, refusals: [aRefusal({ requestId: aRequestId() })] }),
    )
    assert.deepEqual(
      (await Promise.all(all)).map(({ statusCode }) => statusCode),
      Array.from(all, () => 204),
    )
    assert.equal((await guard.kept()).length, 1)
  })

  test('abuse 186: a guard that uses an id twice, or that of another guard, changes what nobody else reported', async () => {
    const [guard, liar] = [await aGuard(), await aGuard()]
    const requestId = aRequestId()
    await guard.report({ refusals: [aRefusal({ requestId, code: 'dpa-missing' })] })
    await guard.report({ number: 2, refusals: [aRefusal({ requestId, code: 'insufficient-scope' })] })
    await liar.report({ refusals: [aRefusal({ requestId, code: 'rate-limited' }), aRefusal({ requestId, code: 'invalid-token' })] })
    assert.deepEqual(
      (await guard.kept()).map(({ code }) => code),
      ['dpa-missing'],
    )
    assert.equal((await liar.kept()).length, 1)
  })

  test('abuse 186: a guard that lies about clients and instants is corrected', async () => {
    const { clock, aClient } = shared()
    const guard = await aGuard()
    const elsewhere = await aClient('partner-api')
    const now = clock.now()
    const refusals = [
      aRefusal({ clientId: 'no-such-client', at: now }),
      aRefusal({ clientId: elsewhere.clientId, at: now - 3_600_001 }),
      aRefusal({ clientId: null, at: now + 60_001 }),
      aRefusal({ at: now - 3_600_000 }),
      aRefusal({
        at: now + 60_000,
        address: 'localhost; drop table',
        apiRequestId: 'csk_secret with blanks',
        callerRequestId: 'two words',
      }),
    ]
    assert.equal((await guard.report({ refusals })).statusCode, 204)
    const rows = await guard.kept()
    assert.deepEqual(
      rows.map(({ client_id, organization_id, at }) => [client_id, organization_id, Number(at) - now]),
      [0, 0, 0, -3_600_000, 60_000].map((at) => [null, null, at]),
    )
    assert.deepEqual([rows[4]?.address, rows[4]?.api_request_id, rows[4]?.caller_request_id], [null, null, null])
  })

  test('no secret, token or control character of a caller gets into what is kept', async () => {
    const guard = await aGuard()
    const saws = ['csk_abc', 'Bearer eyJhbGciOiJIUzI1NiJ9.e30.x', 'a\u0000b\u202ec', '\ud800']
    const refusals = saws.map((saw) => aRefusal({ checks: [{ check: 'form', result: 'failed', saw }] }))
    assert.equal((await guard.report({ refusals })).statusCode, 204)
    const kept = (await guard.kept()).map(({ detail }) => JSON.parse(detail).checks[0].saw)
    assert.deepEqual(kept.slice(0, 2), Array(2).fill('left out, because it looks like a secret or a token'))
    assert.deepEqual(kept.slice(2), ['a\\u{0}b\\u{202e}c', '\\u{d800}'])
  })

  test('counts calls by client, route and outcome, not the reports themselves; those of unknown clients together', async () => {
    const { aClient, clock, upkeep, database } = shared()
    const [guard, acme] = [await aGuard(), await aClient('nt24-idp')]
    const hour = clock.now() - (clock.now() % 3_600_000)
    const of = (clientId: string | null, outcome: 'allowed' | 'dpa-missing', count: number) =>
      ({ hour, clientId, route: 'GET /v1/counted', outcome, count }) as const
    const report = { counts: [of(acme.clientId, 'allowed', 40), of(acme.clientId, 'dpa-missing', 2), of('no-such-client', 'allowed', 1)] }
    for (let times = 0; times < 2; times++) assert.equal((await guard.report(report)).statusCode, 204)
    await upkeep.writeUsage()
    const rows = await database.query<Record<string, string | number>>(
      `select client_id, organization_id, subject, outcome, count from usage where step = 'hour' and subject = 'GET /v1/counted' order by count`,
    )
    assert.deepEqual(
      rows.map((row) => Object.values(row).map(String)),
      [
        ['', '', 'GET /v1/counted', 'allowed', '1'],
        [acme.clientId, acme.organizationId, 'GET /v1/counted', 'dpa-missing', '2'],
        [acme.clientId, acme.organizationId, 'GET /v1/counted', 'allowed', '40'],
      ],
    )
    const own = await database.query(`select subject from usage where client_id = '${guard.clientId}' and what = 'call'`)
    assert.deepEqual(own, [], 'a report is no call of a partner')
  })

  const wrong: readonly (readonly [string, unknown, RegExp])[] = [
    ['a list', [], /an object/],
    ['nothing of it', {}, /guard/],
    ['an unknown member', { ...aReport(), secret: 1 }, /\/secret: expected no such member/],
    ['a code that is not in the catalogue', aReport({ refusals: [aRefusal({ code: 'because' as never })] }), /\/refusals\/0\/code/],
    ['a check twice', aReport({ refusals: [aRefusal({ checks: [passed(), passed()] })] }), /\/refusals\/0\/checks/],
    [
      'a path with a query',
      aReport({ refusals: [aRefusal({ route: `/${'x'.repeat(reportLimits.routeLength)}` })] }),
      /\/refusals\/0\/route/,
    ],
    ['a text that is too long', aReport({ refusals: [aRefusal({ checks: [{ ...passed(), saw: 'x'.repeat(201) }] })] }), /\/saw/],
    ['too many refusals', aReport({ refusals: Array.from({ length: 201 }, () => aRefusal()) }), /\/refusals/],
    ['too many counts', aReport({ counts: Array.from({ length: 501 }, aCount) }), /\/counts/],
    ['a count of nothing', aReport({ counts: [{ ...aCount(), count: 0 }] }), /\/counts\/0\/count/],
    ['half an hour', aReport({ counts: [{ ...aCount(), hour: 1_800_000 }] }), /\/counts\/0\/hour/],
    ['a number that is none', aReport({ number: Number.MAX_SAFE_INTEGER + 1 }), /\/number/],
    ['a member twice', `{"guard":"0badcafe","guard":"0badcafe"}`, /same member twice/],
  ]
  test('abuse 186: a report that is not as it must be is refused, with what is wrong', async () => {
    const guard = await aGuard()
    for (const [what, report, detail] of wrong) {
      const answer = await guard.send(report)
      assert.equal(answer.statusCode, 400, `${what}: ${answer.body}`)
      assert.match(answer.json<{ detail: string }>().detail, detail, what)
    }
    assert.equal((await guard.send('x', { 'content-type': 'text/plain' })).statusCode, 415)
    assert.deepEqual(await guard.kept(), [])
  })

  test('abuse 186: a report of 4 MB is refused before it is read', async () => {
    const guard = await aGuard()
    const answer = await guard.send(JSON.stringify({ ...aReport(), padding: 'x'.repeat(4 * 1024 * 1024) }))
    assert.deepEqual([answer.statusCode, answer.json<{ type: string }>().type.split('/').at(-1)], [413, 'payload-too-large'])
  })

  test('abuse 186: a guard that sends more than 20 reports a second is told to wait, and others are not', async () => {
    const { clock } = shared()
    const [flooding, other] = [await aGuard(), await aGuard()]
    const answers: number[] = []
    for (let number = 1; number <= 130; number++) {
      const { statusCode, headers } = await flooding.report({ number })
      answers.push(statusCode)
      if (statusCode === 429) assert.equal(headers['retry-after'], '1')
    }
    assert.ok(answers.filter((status) => status === 204).length >= 60)
    assert.equal(answers.at(-1), 429)
    assert.equal((await other.report({})).statusCode, 204)
    clock.advance(1000)
    assert.equal((await flooding.report({ number: 1000 })).statusCode, 204)
  })
})

function passed() {
  return { check: 'scope', result: 'passed', saw: null } as const
}

function aCount() {
  return { hour: 0, clientId: null, route: 'GET /v1/orders', outcome: 'allowed', count: 1 } as const
}
