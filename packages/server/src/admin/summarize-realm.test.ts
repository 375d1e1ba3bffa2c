import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { DecisionReport } from '@countersign/protocol'
import { aRefusal, aReport } from '../reports/report.fixture.ts'
import { addManyClients } from '../../test/many-clients.fixture.ts'
import { startTestServer, tokenRequest } from '../../test/test-server.fixture.ts'

const realm = 'nt24-idp'
const [minuteMs, hourMs, dayMs] = [60_000, 3_600_000, 86_400_000]

async function given() {
  const server = await startTestServer()
  const { admin, aClient, tokenOf, request, requestToken, upkeep, clock } = server
  const summarize = () => admin('realms.summary', { params: { realm } })

  /** A client with a rotation whose window ends after some time. */
  async function aRotation(slug: string, windowMs: number) {
    const client = await aClient(realm, { slug })
    const { clientSecret } = await admin('rotation.start', {
      params: { realm, client: client.clientId },
      body: { window: windowMs / 1000 },
    })
    const use = async (secret: string) => {
      assert.equal((await requestToken(realm, tokenRequest({ ...client, clientSecret: secret }))).statusCode, 200)
      await upkeep.writeUsage()
    }
    return { ...client, useOld: () => use(client.clientSecret), useNew: () => use(clientSecret!) }
  }

  async function aGuard(slug: string) {
    const client = await aClient(realm, { slug, scopes: ['decisions:write', 'entitlements:read'] })
    const report = async (more: Partial<DecisionReport>) => {
      const headers = { authorization: `Bearer ${await tokenOf(realm, client)}` }
      const payload = { ...aReport(more) }
      const { statusCode, body } = await request({ method: 'POST', url: '/realms/nt24-idp/v1/decisions', headers, payload })
      assert.equal(statusCode, 204, body)
    }
    return { ...client, report }
  }

  const kinds = async () => (await summarize()).attention.map(({ kind, client, severity }) => `${severity} ${kind} ${client}`)
  return { ...server, summarize, aRotation, aGuard, kinds, clock }
}

suite('the summary of a realm', () => {
  test('an empty realm has no numbers and needs no attention', async () => {
    const { summarize, clock } = await given()
    assert.deepEqual(await summarize(), {
      realm,
      at: new Date(clock.now()).toISOString(),
      counts: {
        organizations: 0,
        clients: 0,
        rotating: 0,
        due: 0,
        agreement: { requiredVersion: '2026-01', accepted: 0, outdated: 0, missing: 0, coming: null },
        requestsOpen: 0,
        refusedLastHour: 0,
      },
      attention: [],
      more: false,
      lacking: [],
    })
  })

  test('rotations: those that cut off, the soonest first, then those that can be ended', async () => {
    const { aRotation, kinds, summarize, clock, admin } = await given()
    const moved = await aRotation('moved', 5 * dayMs)
    await aRotation('unused', 9 * hourMs)
    const used = await aRotation('used', 2 * dayMs)
    await aRotation('begun', 5 * dayMs)
    const stopped = await aRotation('stopped', 9 * hourMs)
    await admin('clients.update', { params: { realm, client: stopped.clientId }, body: { enabled: false } })
    await moved.useNew()
    await used.useNew()
    await used.useOld()
    clock.advance(minuteMs)
    assert.deepEqual(await kinds(), [
      'bad rotation-cuts-off api-client-unused',
      'warn rotation-cuts-off api-client-used',
      'ok rotation-can-end api-client-moved',
    ])
    const { attention, counts } = await summarize()
    assert.equal(counts.rotating, 5)
    const { organization, reason, until, operation } = attention[1]!
    assert.deepEqual([organization?.slug, reason, operation.name], ['used', 'old-in-use', 'rotation.extend'])
    assert.equal(until, new Date(clock.now() - minuteMs + 2 * dayMs).toISOString())
    const helped = await admin('rotation.confirm', {
      params: attention[2]!.operation.params as { realm: string; client: string },
      body: {},
    })
    assert.equal(helped.state, 'stable')
    assert.equal((await summarize()).counts.rotating, 4)
  })

  test('secrets that expire without another one, and secrets that are due, by their number', async () => {
    const { aClient, kinds, summarize, clock, admin } = await given()
    for (const [slug, days] of [
      ['soon', 10],
      ['later', 60],
    ] as const)
      await aClient(realm, { slug, secretExpiresAt: new Date(clock.now() + days * dayMs).toISOString() })
    assert.deepEqual(await kinds(), ['warn credential-ends api-client-soon', 'warn secrets-due null'])
    const { attention, counts } = await summarize()
    assert.deepEqual([attention[0]!.organization?.slug, attention[0]!.reason, attention[1]!.count, counts.due], ['soon', 'secret', 1, 1])
    const { items } = await admin('clients.list', { params: { realm }, query: { due: 'true' } })
    assert.equal(items.length, counts.due)
  })

  test('an organization that is refused for its agreement, until it has accepted it', async () => {
    const { aClient, aGuard, summarize, upkeep, clock, admin } = await given()
    const [cobalt, guard] = [await aClient(realm, { slug: 'cobalt' }), await aGuard('the-api')]
    await admin('dpa.accept', { params: { realm, organization: 'cobalt' }, body: { version: '2025-01', acceptedBy: 'Ada Lovelace' } })
    const refusals = [1, 2, 3].map((second) =>
      aRefusal({ clientId: cobalt.clientId, code: 'dpa-outdated', at: clock.now() - second * 1000, route: `/v1/${second}` }),
    )
    await guard.report({ refusals })
    await upkeep.writeRefusals()
    const { attention, counts } = await summarize()
    const [item] = attention
    assert.deepEqual([item?.kind, item?.reason, item?.count, item?.version], ['agreement-refused', 'outdated', 3, '2026-01'])
    assert.equal(item?.since, new Date(clock.now() - 3000).toISOString())
    assert.deepEqual([counts.refusedLastHour, counts.agreement.outdated, counts.agreement.missing], [3, 1, 0])
    const params = item!.operation.params as { realm: string; organization: string }
    await admin('dpa.accept', { params, body: { version: '2026-01', acceptedBy: 'Ada Lovelace' } })
    assert.deepEqual((await summarize()).attention, [])
    clock.advance(hourMs + 1)
    assert.equal((await summarize()).counts.refusedLastHour, 0)
  })

  test('a version of the agreement that becomes required soon, with the number of organizations that lack it', async () => {
    const { aClient, summarize, clock, admin } = await given()
    for (const organization of ['acme', 'borealis', 'cobalt']) {
      await aClient(realm, { slug: organization })
      await admin('dpa.accept', { params: { realm, organization }, body: { version: '2026-01', acceptedBy: 'Ada Lovelace' } })
    }
    const requiredFrom = new Date(clock.now() + 40 * dayMs).toISOString()
    await admin('dpa.publish', { params: { realm }, body: { version: '2026-07', requiredFrom } })
    await admin('dpa.accept', { params: { realm, organization: 'acme' }, body: { version: '2026-07', acceptedBy: 'Ada Lovelace' } })
    const before = await summarize()
    assert.deepEqual(before.counts.agreement.coming, { version: '2026-07', requiredFrom, unaccepted: 2 })
    assert.deepEqual(before.attention, [])
    clock.advance(11 * dayMs)
    const [item] = (await summarize()).attention
    assert.deepEqual([item?.kind, item?.count, item?.until, item?.version], ['agreement-coming', 2, requiredFrom, '2026-07'])
    const { counts } = await admin('dpa.standing', { params: { realm }, query: item!.operation.query! })
    assert.equal(counts!.outdated + counts!.missing, item?.count)
  })

  test('guards: one that learns of no changes, and an API of which no process is seen any more', async () => {
    const { aGuard, summarize, kinds, clock, admin } = await given()
    const [good, deaf, gone, blocked] = [await aGuard('good'), await aGuard('deaf'), await aGuard('gone'), await aGuard('blocked')]
    const health = { mode: 'pull', connected: false, revision: null, knownAsOfSeconds: null, reportOnlyUntil: null } as const
    await gone.report({ api: 'gone-api' })
    await good.report({ guard: 'aaaaaaaa' })
    await blocked.report({})
    await admin('clients.update', { params: { realm, client: blocked.clientId }, body: { enabled: false } })
    clock.advance(91_000)
    await good.report({ guard: 'bbbbbbbb' }) // A process of before is gone, as after every update of an API.
    await deaf.report({ health })
    assert.deepEqual((await kinds()).toSorted(), [
      'bad guard-cut-off api-client-blocked',
      'bad guard-cut-off api-client-deaf',
      'warn guard-silent api-client-gone',
    ])
    const silent = (await summarize()).attention.find(({ kind }) => kind === 'guard-silent')
    assert.deepEqual(
      [silent?.api, silent?.organization?.slug, silent?.since],
      ['gone-api', 'gone', new Date(clock.now() - 91_000).toISOString()],
    )
  })

  test('abuse 147: an operator sees the numbers and the troubles of its realms and its scopes only', async () => {
    const { aRotation, aGuard, admin, request, tokenOf, clock } = await given()
    await aRotation('unused', 9 * hourMs)
    await aGuard('gone').then(({ report }) => report({}))
    clock.advance(91_000)
    const summaryFor = async (clientId: string, scopes: string[], operatorRealms: string[] | null = null) => {
      const body = { organization: 'operators', clientId, name: clientId, scopes, operatorRealms }
      const { clientSecret } = await admin('clients.create', { params: { realm: 'operators' }, body })
      const authorization = `Bearer ${await tokenOf('operators', { clientId, clientSecret: clientSecret! })}`
      return request({ url: `/admin/v1/realms/${realm}/summary`, headers: { authorization } })
    }
    const { counts, attention, lacking } = (await summaryFor('reader', ['organizations:read'])).json()
    assert.deepEqual(
      [counts.organizations, counts.clients, counts.rotating, counts.due, counts.refusedLastHour],
      [2, null, null, null, null],
    )
    assert.deepEqual([attention, lacking], [[], ['clients:read', 'audit:read']])
    const ofClients = (await summaryFor('support', ['organizations:read', 'clients:read'])).json()
    assert.deepEqual(
      [ofClients.counts.clients, ofClients.attention.map(({ kind }: { kind: string }) => kind), ofClients.lacking],
      [2, ['rotation-cuts-off'], ['audit:read']],
    )
    assert.equal((await summaryFor('stranger', ['organizations:read'], ['prod'])).statusCode, 403)
  })

  test('at most 50 troubles are returned, the worst of them', async () => {
    const { aClient, aRotation, summarize, clock, database } = await given()
    const { organizationId } = await aClient(realm)
    await addManyClients({ database }, { realm, organizationId, prefix: 'many', count: 60 })
    await database.query('update credentials set expires_at = ? where last_four = ?', clock.now() + 5 * dayMs, 'last')
    await aRotation('unused', 9 * hourMs)
    const { attention, more } = await summarize()
    assert.deepEqual([attention.length, more, attention[0]!.client], [50, true, 'api-client-unused'])
  })

  test('in a realm with more than 5,000 clients the numbers are used again for a moment', async () => {
    const { aClient, summarize, clock, database } = await given()
    const { organizationId } = await aClient(realm)
    await addManyClients({ database }, { realm, organizationId, prefix: 'many', count: 5100 })
    const summaries = [await summarize(), await summarize()]
    clock.advance(minuteMs)
    summaries.push(await summarize(), await summarize())
    assert.deepEqual(
      summaries.map(({ counts }) => counts.clients),
      [5101, 5101, 5101, 5101],
    )
    assert.ok(new Set(summaries.map(({ at }) => at)).size <= 2)
  })
})
