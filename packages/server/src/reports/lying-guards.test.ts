import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { operations } from '@countersign/admin'
import type { DecisionReport } from '@countersign/protocol'
import { shareTestServer, tokenRequest } from '../../test/test-server.fixture.ts'
import { generateClientSecret } from '../keys/secret-format.ts'
import type { RefusalRow } from '../refusals/insert-refusals.ts'
import { aRefusal, aReport, aRequestId } from './report.fixture.ts'

suite('guards that lie', () => {
  const shared = shareTestServer()
  const realm = 'nt24-idp'

  /** With a client of its own. */
  async function aGuard({ at = '/realms/nt24-idp', of = realm, ...client }: { at?: string; of?: string; clientId?: string } = {}) {
    const { aClient, tokenOf, request } = shared()
    const { clientId, ...rest } = await aClient(of, { scopes: ['decisions:write'], ...client })
    const token = await tokenOf(of, { clientId, ...rest })
    const headers = { authorization: `Bearer ${token}` }
    const report = (told: Partial<DecisionReport>) =>
      request({ method: 'POST', url: `${at}/v1/decisions`, headers, payload: { ...aReport(told) } })
    return { clientId, token, report }
  }

  test('abuse 186: a guard of another realm with the same client id takes no id away', async () => {
    const requestId = aRequestId()
    for (const [who, code] of [
      [{ of: 'partner-api', at: '/partner-api', clientId: 'orders-guard' }, 'rate-limited'],
      [{ clientId: 'orders-guard' }, 'dpa-missing'],
    ] as const) {
      const guard = await aGuard(who)
      assert.equal((await guard.report({ refusals: [aRefusal({ requestId, code })] })).statusCode, 204)
    }
    const rows = await shared().database.query<RefusalRow>(`select * from refusals where request_id = '${requestId}' order by realm`)
    assert.deepEqual(
      rows.map((row) => [row.realm, row.code]),
      [
        [realm, 'dpa-missing'],
        ['partner-api', 'rate-limited'],
      ],
    )
  })

  test('abuse 186: an instant that no answer can have is denied', async () => {
    const guard = await aGuard()
    const { health } = aReport()
    const until = (reportOnlyUntil: number) => guard.report({ health: { ...health, reportOnlyUntil } })
    assert.equal((await until(8_640_000_000_000_000)).statusCode, 400)
    assert.equal((await until(253_402_300_799_999)).statusCode, 204)
    const list = await shared().admin('guards.list', { params: { realm }, query: { limit: 100 } })
    assert.equal(operations['guards.list'].output.safeParse(list).success, true)
  })

  test('abuse 186: counts beyond what JavaScript can add do not make the usage of a realm unreadable', async () => {
    const { aClient, database, clock, upkeep, admin } = shared()
    const [guard, acme] = [await aGuard(), await aClient(realm)]
    const hour = clock.now() - (clock.now() % 3_600_000)
    for (let number = 1; number <= 2; number++) {
      const counts = [1, 2].map(
        (route) => ({ hour, clientId: acme.clientId, route: `GET /${route}`, outcome: 'allowed', count: 1e8 }) as const,
      )
      assert.equal((await guard.report({ number, counts, lost: { refusals: 1e9, counts: 1e9 } })).statusCode, 204)
      await upkeep.writeUsage()
      if (number > 1) break
      await database.query(`update usage set count = 9007199254740991 where client_id = '${acme.clientId}'`)
      await database.query(`update reporting_guards set lost_counts = 9007199254740991 where reporter = '${guard.clientId}'`)
    }
    const counted = await database.query<{ count: number }>(`select max(count) as count from usage where client_id = '${acme.clientId}'`)
    assert.equal(Number(counted[0]?.count), 1e12)
    // As hours of lies leave it.
    await database.query(`update usage set count = 9007199254740991 where client_id = '${acme.clientId}'`)
    const query = { step: 'hour', by: 'client' } as const
    const usage = await admin('usage.series', { params: { realm }, query })
    assert.equal(operations['usage.series'].output.safeParse(usage).success, true)
    const impact = await admin('organizations.impact', { params: { realm, organization: acme.slug } })
    assert.equal(operations['organizations.impact'].output.safeParse(impact).success, true)
    await admin('guards.list', { params: { realm }, query: { limit: 100 } })
  })

  test('abuse 165: a secret, a token or a private key is in no row, whichever member of a report has it', async () => {
    const { upkeep, database, log } = shared()
    const guard = await aGuard()
    let number = 0
    for (const canary of [generateClientSecret(), guard.token.slice(0, 60), '-----BEGIN-PRIVATE-KEY-----MIGHAgEAMBMGBy']) {
      const refusals: Parameters<typeof aRefusal>[0][] = [
        { route: `/x/${canary}` },
        { tokenId: canary },
        { clientId: canary },
        { apiRequestId: canary },
        { callerRequestId: canary },
        { address: canary },
        { requires: { scope: [canary] } },
        { requires: { capability: canary } },
        { requires: { partner: canary } },
        { requires: { requestor: { permission: canary } } },
        { checks: [{ check: 'scope', result: 'failed', saw: `without ${canary}` }] },
      ]
      const reports: Partial<DecisionReport>[] = [
        ...refusals.map((refusal) => ({ refusals: [aRefusal(refusal)] })),
        { api: canary },
        { counts: [{ hour: 0, clientId: canary, route: `GET /x/${canary}`, outcome: 'allowed', count: 1 }] },
        { routes: [{ method: 'GET', route: `/x/${canary}`, requires: {}, reportOnlyUntil: null }] },
        { routes: [{ method: 'GET', route: '/x', requires: { scope: [canary] }, reportOnlyUntil: null }] },
      ]
      for (const told of reports) {
        const answer = await guard.report({ number: ++number, ...told })
        assert.ok([204, 400].includes(answer.statusCode) && !answer.body.includes(canary), answer.body)
      }
      await upkeep.writeUsage()
      const tables = ['refusals', 'guarded_routes', 'reporting_guards', 'usage', 'audit_events']
      for (const table of tables)
        assert.ok(!JSON.stringify(await database.query(`select * from ${table}`)).includes(canary), `${table}: ${canary}`)
      assert.ok(!log.join('').includes(canary))
    }
  })

  test('abuse 186: an explanation says by whose report it knows what a route requires, and who reports otherwise', async () => {
    const { aClient, tokenOf, admin, clock } = shared()
    const [guard, liar, acme] = [await aGuard(), await aGuard(), await aClient(realm)]
    const told = { method: 'GET', route: '/v1/invoices', reportOnlyUntil: null }
    await guard.report({ routes: [{ ...told, requires: { scope: ['orders:read'], dpa: 'any' } }] })
    clock.advance(1000)
    await liar.report({ api: 'orders-api', routes: [{ ...told, requires: { dpa: 'any' } }] })
    const body = { token: await tokenOf(realm, acme), api: 'orders-api', method: 'GET', route: '/v1/invoices' }
    const { decision } = await admin('tokens.explain', { params: {}, body })
    assert.equal(decision?.outcome, 'allowed')
    assert.ok(decision?.detail.includes(`the client "${liar.clientId}" (API "orders-api") reported last`), decision?.detail)
    assert.ok(decision?.detail.includes(`otherwise by the client "${guard.clientId}" (API "orders-api")`), decision?.detail)
  })

  test('abuse 186: neither many guards nor an id that a caller chose hide what this server refused or did itself', async () => {
    const { aClient, requestToken, requestAdmin, admin, upkeep, database, clock, auditEvents } = shared()
    const acme = await aClient(realm)
    const refused = await requestToken(realm, { ...tokenRequest(acme), scope: 'none' })
    const requestId = String(refused.headers['x-request-id'])
    await upkeep.writeRefusals()
    for (let i = 0; i < 25; i++)
      await database.query(
        `insert into refusals (request_id, reporter, realm, at, sample, source, code, detail) values ('${requestId}', 'liar-${i}', '${realm}', ${clock.now() + 1 + i}, 1, 'guard', 'dpa-missing', '{}')`,
      )
    assert.deepEqual((await admin('requests.explain', { params: { request: requestId } })).code, 'invalid-scope')

    const change = await requestAdmin('clients.update', { params: { realm, client: acme.clientId }, body: { name: 'Renamed' } })
    const changeId = String(change.headers['x-request-id'])
    await auditEvents()
    for (const [id, caller] of [
      [changeId, null],
      [aRequestId(), changeId],
    ])
      await database.query(
        `insert into refusals (request_id, reporter, realm, at, sample, source, code, detail, caller_request_id) values ('${id}', '${caller === null ? 'liar' : ''}', '${realm}', ${clock.now()}, 1, '${caller === null ? 'guard' : 'token'}', 'dpa-missing', '{}', ${caller === null ? 'null' : `'${caller}'`})`,
      )
    assert.deepEqual((await admin('requests.explain', { params: { request: changeId } })).outcome, 'changed')
  })
})
