import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { DecisionReport } from '@countersign/protocol'
import { shareTestServer } from '../../test/test-server.fixture.ts'
import { aRefusal, aReport, aRequestId } from '../reports/report.fixture.ts'

suite('refusals and guards for operators', () => {
  const shared = shareTestServer()
  const realm = 'nt24-idp'

  async function aGuard() {
    const { aClient, tokenOf, request } = shared()
    const client = await aClient(realm, { scopes: ['entitlements:read', 'decisions:write'] })
    const report = async (more: Partial<DecisionReport>, userAgent = 'countersign-guard/0.1.0') => {
      const headers = { authorization: `Bearer ${await tokenOf(realm, client)}`, 'user-agent': userAgent }
      const answer = await request({ method: 'POST', url: '/realms/nt24-idp/v1/decisions', headers, payload: { ...aReport(more) } })
      assert.equal(answer.statusCode, 204, answer.body)
    }
    return { ...client, report }
  }

  const list = async (query: Record<string, string> = {}) => {
    await shared().upkeep.writeRefusals()
    return shared().admin('refusals.list', { params: { realm }, query })
  }

  test('refusals are found by client, organization, problem, API, source and time, newest first', async () => {
    const { aClient, clock } = shared()
    const [guard, acme] = [await aGuard(), await aClient(realm)]
    const at = clock.now()
    const of = { clientId: acme.clientId }
    const ids = [aRequestId(), aRequestId(), aRequestId()]
    const codes = ['insufficient-scope', 'dpa-missing', 'insufficient-scope'] as const
    const refusals = ids.map((requestId, index) => aRefusal({ ...of, requestId, at: at - index * 1000, code: codes[index]! }))
    await guard.report({ api: 'filtered', refusals })
    const idsOf = async (query: Record<string, string>) => (await list(query)).items.map(({ requestId }) => requestId)
    assert.deepEqual(await idsOf({ client: acme.clientId }), ids)
    assert.deepEqual(await idsOf({ organization: acme.slug }), ids)
    assert.deepEqual(await idsOf({ organization: acme.organizationId, code: 'dpa-missing' }), [ids[1]])
    assert.deepEqual(await idsOf({ api: 'filtered', source: 'guard' }), ids)
    assert.deepEqual(await idsOf({ api: 'filtered', source: 'token' }), [])
    const [from, to] = [new Date(at - 1000).toISOString(), new Date(at).toISOString()]
    assert.deepEqual(await idsOf({ api: 'filtered', from, to }), [ids[1]])
    const first = await list({ api: 'filtered', limit: '2' })
    assert.deepEqual(await idsOf({ api: 'filtered', limit: '2', after: first.next! }), [ids[2]])
    const { reporter, failed, isVerified } = first.items[0]!
    assert.deepEqual([reporter, failed?.check, isVerified], [guard.clientId, 'scope', true])
  })

  test('refusals are counted by reason and group, with names, the party that can fix it, and the rest', async () => {
    const { aClient, clock, admin, upkeep } = shared()
    const [guard, acme] = [await aGuard(), await aClient(realm)]
    const at = clock.now()
    const refusals = (['dpa-missing', 'dpa-missing', 'expired-token'] as const).map((code) =>
      aRefusal({ clientId: acme.clientId, at, code }),
    )
    await guard.report({ api: 'summed', refusals })
    await upkeep.writeRefusals()
    const summary = await admin('refusals.summary', { params: { realm }, query: { api: 'summed' } })
    assert.deepEqual([summary.total, summary.others, summary.countedFrom === summary.from], [3, 0, true])
    assert.deepEqual(
      summary.reasons.map(({ code, count, points }) => [code, count, points.length, points.at(-1)]),
      [
        ['dpa-missing', 2, 24, 2],
        ['expired-token', 1, 24, 1],
      ],
    )
    const [first, second] = summary.groups
    assert.deepEqual([first?.organization?.slug, first?.clientId, first?.who, first?.count], [acme.slug, acme.clientId, 'operator', 2])
    assert.deepEqual([first?.title, first?.lastAt], ['The Data Processing Agreement has not been accepted', new Date(at).toISOString()])
    assert.deepEqual([second?.who, second?.address], ['integrator', '198.51.100.7'])
    const days = await admin('refusals.summary', { params: { realm }, query: { api: 'summed', step: 'day', client: acme.clientId } })
    assert.deepEqual([days.total, days.reasons[0]?.points.length], [3, 30])
  })

  test('a summary over too many steps is refused', async () => {
    const query = { from: '2020-01-01T00:00:00Z' }
    const refused = await shared().requestAdmin('refusals.summary', { params: { realm }, query })
    assert.match(refused.json<{ detail: string }>().detail, /at most 200 steps/)
  })

  test('two guards that tell of one request id are two lines, also at the end of a page', async () => {
    const { clock } = shared()
    const [one, other] = [await aGuard(), await aGuard()]
    const requestId = aRequestId()
    for (const guard of [one, other]) await guard.report({ api: 'twice', refusals: [aRefusal({ requestId, at: clock.now() })] })
    const first = await list({ api: 'twice', limit: '1' })
    const second = await list({ api: 'twice', limit: '1', after: first.next! })
    assert.notEqual(first.items[0]?.reporter, second.items[0]?.reporter)
    assert.equal(second.next, null)
  })

  test('of a request that could not be decided, what was missing is said in words', async () => {
    const { aClient, clock } = shared()
    const [guard, acme] = [await aGuard(), await aClient(realm)]
    const saw = 'the entitlement of the client could not be had (credentials, gated)'
    const checks = [{ check: 'standing', result: 'not-reached', saw }] as const
    const refusal = aRefusal({ clientId: acme.clientId, at: clock.now(), code: 'temporarily-unavailable', checks })
    await guard.report({ api: 'undecided', refusals: [refusal] })
    assert.deepEqual((await list({ api: 'undecided' })).items[0]?.failed, {
      check: 'standing',
      saw: 'the entitlement of the client could not be had, because this server refused the client of the guard',
    })
  })

  test('an unknown problem is refused with those that there are, and an operator of other realms is refused', async () => {
    const { requestAdmin, createOperator } = shared()
    const wrong = await requestAdmin('refusals.list', { params: { realm }, query: { code: 'nonsense' } })
    assert.match(wrong.json<{ detail: string }>().detail, /\/query\/code: expected one of .*insufficient-scope/)
    const limited = await createOperator({ realms: ['prod'] })
    for (const operation of ['refusals.list', 'guards.list'] as const)
      assert.equal((await requestAdmin(operation, { params: { realm } }, limited)).statusCode, 403)
  })

  test('a guard is connected, late, cut off, or was not seen, and only one that is connected is not behind', async () => {
    const { admin, clock } = shared()
    const guard = await aGuard()
    const routes = [
      { method: 'GET', route: '/v1/a', requires: {}, reportOnlyUntil: clock.now() + 1000 },
      { method: 'GET', route: '/v1/b', requires: { scope: ['orders:read'] }, reportOnlyUntil: null },
    ]
    const lost = { refusals: 2, counts: 1 }
    await guard.report({ routes, lost })
    await guard.report({ number: 2, lost })
    const health = { mode: 'pull', connected: false, revision: null, knownAsOfSeconds: null, reportOnlyUntil: null } as const
    await guard.report({ guard: 'ffffffff', health })
    const find = async () =>
      (await admin('guards.list', { params: { realm }, query: { limit: '200' } })).items.filter(
        ({ reporter }) => reporter === guard.clientId,
      )
    const [cutOff, connected] = (await find()).toSorted((a, b) => (a.guard > b.guard ? -1 : 1))
    assert.deepEqual([cutOff?.state, cutOff?.lagSeconds, cutOff?.revisionsBehind], ['cut-off', null, null])
    const { state, lagSeconds, routes: count, reportOnlyRoutes, lost: lostInAll, revisionsBehind } = connected!
    assert.deepEqual([state, lagSeconds, count, reportOnlyRoutes, lostInAll], ['connected', 1, 2, 1, { refusals: 4, counts: 2 }])
    assert.equal(revisionsBehind, null)
    clock.advance(35_000)
    assert.equal((await find()).find(({ guard }) => guard !== 'ffffffff')?.state, 'connected')
    clock.advance(1)
    const late = (await find()).find(({ guard }) => guard !== 'ffffffff')
    assert.deepEqual([late?.state, late?.seenSecondsAgo], ['late', 35])
    assert.ok((late?.revisionsBehind ?? 0) > 0)
    clock.advance(55_000)
    assert.deepEqual(
      (await find()).map((one) => one.state),
      ['not-seen', 'not-seen'],
    )
  })

  test('a guard is listed with its version, as far as it says one, and with what it refused in the last hour', async () => {
    const { admin, clock } = shared()
    const guard = await aGuard()
    const find = async () => {
      const { items } = await admin('guards.list', { params: { realm }, query: { limit: '200' } })
      const { version, refusedLastHour } = items.find(({ reporter }) => reporter === guard.clientId)!
      return [version, refusedLastHour]
    }
    const at = clock.now()
    await guard.report({
      refusals: [aRefusal({ requestId: aRequestId(), at }), aRefusal({ requestId: aRequestId(), at, code: 'dpa-missing' })],
    })
    assert.deepEqual(await find(), ['0.1.0', 2])
    for (const other of ['curl/8.5.0', `countersign-guard/${'9'.repeat(300)}`, 'countersign-guard/<script>']) {
      await guard.report({ number: clock.now() }, other)
      clock.advance(1000)
      assert.deepEqual(await find(), [null, 2], other)
    }
    await guard.report({ number: clock.now() }, 'countersign-guard/0.2.0-rc.1')
    assert.equal((await find())[0], '0.2.0-rc.1')
    clock.advance(3_600_001)
    assert.equal((await find())[1], 0)
  })

  test('a guard whose client cannot report any more is listed with the reason, and the command that repairs it', async () => {
    const { admin, clock } = shared()
    const guard = await aGuard()
    await guard.report({})
    const params = { realm, client: guard.clientId }
    const findGuard = async () => {
      const { items } = await admin('guards.list', { params: { realm }, query: { limit: '200' } })
      return items.find(({ reporter }) => reporter === guard.clientId)
    }
    const find = async () => (await findGuard())?.cannotReport
    assert.equal(await find(), null)
    clock.advance(120_001)
    assert.deepEqual([(await findGuard())?.state, (await findGuard())?.clientChangedSecondsAgo], ['not-seen', null])
    const scopesOf = async (...scopes: string[]) => {
      await admin('clients.update', { params, body: { scopes } })
      const { state, clientChangedSecondsAgo, cannotReport } = (await findGuard())!
      return [state, clientChangedSecondsAgo, cannotReport?.reason]
    }
    await guard.report({ number: 2 })
    assert.deepEqual(await scopesOf('entitlements:read'), ['connected', 0, 'scope-missing'], 'it may still hear of changes')
    for (const scope of ['profile', 'decisions:write']) assert.deepEqual(await scopesOf(scope), ['blocked', 0, 'scope-missing'], scope)
    assert.deepEqual(await scopesOf('entitlements:read', 'decisions:write'), ['connected', 0, undefined])
    const run = (command: string) => `countersign ${command} --realm ${realm} --reason 'why'`
    await admin('clients.update', { params, body: { scopes: ['profile'] } })
    const command = run(`client update ${guard.clientId} --scope 'profile entitlements:read decisions:write'`)
    assert.deepEqual(await find(), { reason: 'scope-missing', command })
    await admin('clients.update', { params, body: { serviceAccountEnabled: false } })
    assert.deepEqual(await find(), { reason: 'service-account-off', command: run(`client update ${guard.clientId} --service-account on`) })
    await admin('clients.update', { params, body: { enabled: false } })
    assert.deepEqual(await find(), { reason: 'client-disabled', command: run(`client enable ${guard.clientId}`) })
    await admin('organizations.suspend', { params: { realm, organization: guard.slug } })
    assert.deepEqual(await find(), { reason: 'organization-suspended', command: run(`organization resume ${guard.slug}`) })
    await admin('clients.delete', { params })
    assert.deepEqual(await find(), { reason: 'client-deleted', command: null })
  })
})
