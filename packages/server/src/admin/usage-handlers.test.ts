import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { generateClientSecret } from '../keys/secret-format.ts'
import { aReport } from '../reports/report.fixture.ts'
import { shareTestServer, tokenRequest } from '../../test/test-server.fixture.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

suite('usage for operators', () => {
  const server = shareTestServer()

  test('a series has a number for each hour, and null before anything was counted', async () => {
    const client = await server().aClient('prod')
    await server().tokenOf('prod', client)
    server().clock.advance(2 * hourMs)
    for (let i = 0; i < 2; i++) await server().tokenOf('prod', client)
    await server().upkeep.writeUsage()
    const usage = await server().admin('usage.series', { params: { realm: 'prod' }, query: { client: client.clientId } })
    const [issued] = usage.series
    assert.deepEqual(usage.totals, { tokens: 3, calls: 0 })
    assert.deepEqual([usage.total, usage.series.length, issued?.key, issued?.total], [3, 1, 'issued', 3])
    assert.equal(issued?.points.length, 24)
    assert.deepEqual(issued?.points.slice(-3), [1, 0, 2])
    assert.equal(issued?.points[0], null)
  })

  test('days are the sums of their hours, by every dimension', async () => {
    const client = await server().aClient('prod')
    await server().tokenOf('prod', client)
    server().clock.advance(dayMs)
    await server().tokenOf('prod', client)
    await server().requestToken('prod', tokenRequest({ ...client, clientSecret: generateClientSecret() }))
    await server().upkeep.writeUsage()
    const params = { realm: 'prod' }
    const read = async (step: 'hour' | 'day', by: 'outcome' | 'credential' | 'client' | 'organization') => {
      const from = new Date(server().clock.now() - 3 * dayMs).toISOString()
      const { total, series } = await server().admin('usage.series', { params, query: { step, by, from, organization: client.slug } })
      return [total, series.map(({ label, total: one }) => [label, one])]
    }
    for (const by of ['outcome', 'credential', 'client', 'organization'] as const)
      assert.deepEqual(await read('hour', by), await read('day', by))
    assert.deepEqual(await read('day', 'outcome'), [
      3,
      [
        ['issued', 2],
        ['invalid-client', 1],
      ],
    ])
    assert.deepEqual(await read('day', 'client'), [3, [[client.clientId, 3]]])
    assert.deepEqual(await read('day', 'organization'), [3, [[client.slug, 3]]])
    const lastFour = client.clientSecret.slice(-4)
    assert.deepEqual(await read('day', 'credential'), [
      3,
      [
        [`${client.clientId} …${lastFour}`, 2],
        ['others', 1],
      ],
    ])
  })

  test('a range is bounded, and names what was expected', async () => {
    for (const query of [{ from: '2020-01-01T00:00:00Z' }, { from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' }]) {
      const response = await server().requestAdmin('usage.series', { params: { realm: 'prod' }, query })
      assert.equal(response.statusCode, 400)
      assert.match(response.body, /\/query\/from/)
    }
  })

  test('uses of a credential are listed by address and program, also after its end and the deletion of its client', async () => {
    const client = await server().aClient('prod')
    const agents = ['orders-backend/2.1', 'orders-backend/2.1', undefined, `x csk_${'a'.repeat(49)}`]
    for (const agent of agents) {
      server().clock.advance(1000)
      await server().requestToken('prod', tokenRequest(client), agent === undefined ? {} : { 'user-agent': agent })
    }
    await server().upkeep.writeUsage()
    const list = async () =>
      (await server().admin('credentials.uses', { params: { realm: 'prod' }, query: { client: client.clientId } })).items.map(
        ({ credential, address, userAgent, count, organization }) => [
          credential.label,
          credential.state,
          address,
          userAgent,
          count,
          organization,
        ],
      )
    const label = client.clientSecret.slice(-4)
    const uses = await list()
    assert.deepEqual(
      uses.map(([, , , userAgent, count]) => [userAgent, count]),
      [
        ['(hidden: it may be a secret)', 1],
        ['lightMyRequest', 1],
        ['orders-backend/2.1', 2],
      ],
    )
    assert.deepEqual(uses[0]?.slice(0, 3), [label, 'current', '127.0.0.1'])
    await server().admin('clients.delete', { params: { realm: 'prod', client: client.clientId } })
    assert.deepEqual(
      (await list()).map(([, state]) => state),
      ['ended', 'ended', 'ended'],
    )
    await server().admin('organizations.delete', { params: { realm: 'prod', organization: client.slug } })
    assert.deepEqual((await list())[0]?.at(-1), null)
  })

  test('of two secrets of a client the uses say which is the old one, and when each was created', async () => {
    const client = await server().aClient('prod')
    const createdAt = server().clock.now()
    const params = { realm: 'prod', client: client.clientId }
    await server().tokenOf('prod', client)
    server().clock.advance(hourMs)
    const { clientSecret } = await server().admin('rotation.start', { params, body: { window: 86_400 } })
    assert.ok(clientSecret)
    await server().requestToken('prod', tokenRequest({ ...client, clientSecret }))
    await server().upkeep.writeUsage()
    const list = async () => {
      const { items } = await server().admin('credentials.uses', { params: { realm: 'prod' }, query: { client: client.clientId } })
      return items.map(({ credential }) => [credential.label, credential.state, credential.createdAt])
    }
    const at = (ms: number) => new Date(ms).toISOString()
    const [newer, older] = [clientSecret.slice(-4), client.clientSecret.slice(-4)]
    assert.deepEqual(await list(), [
      [newer, 'new', at(createdAt + hourMs)],
      [older, 'old', at(createdAt)],
    ])
    server().clock.advance(dayMs)
    assert.deepEqual(
      (await list()).map(([label, state]) => [label, state]),
      [
        [newer, 'current'],
        [older, 'ended'],
      ],
    )
  })

  test('uses of a client that the realm does not have are not found, as its usage', async () => {
    for (const operation of ['credentials.uses', 'usage.series'] as const) {
      const response = await server().requestAdmin(operation, { params: { realm: 'prod' }, query: { client: 'no-such-client' } })
      assert.equal(response.statusCode, 404)
      assert.match(response.body, /has no client \\"no-such-client\\"/)
    }
  })

  test('pages of uses continue where the last one ended', async () => {
    const client = await server().aClient('prod')
    for (let i = 0; i < 5; i++) {
      server().clock.advance(1000)
      await server().requestToken('prod', tokenRequest(client), { 'user-agent': `program/${i}` })
    }
    await server().upkeep.writeUsage()
    const found: (string | null)[] = []
    let after: string | null | undefined
    do {
      const query = { client: client.clientId, limit: 2, ...(after && { after }) }
      const page = await server().admin('credentials.uses', { params: { realm: 'prod' }, query })
      found.push(...page.items.map(({ userAgent }) => userAgent))
      after = page.next
    } while (after)
    assert.deepEqual(found, ['program/4', 'program/3', 'program/2', 'program/1', 'program/0'])
  })

  test('what will cut off a client is listed soonest first, with the addresses that still use an old secret', async () => {
    const params = { realm: 'partner-api' }
    const rotating = await server().aClient('partner-api')
    const expiring = await server().aClient('partner-api', { secretExpiresAt: new Date(server().clock.now() + 3 * dayMs).toISOString() })
    const started = await server().admin('rotation.start', {
      params: { ...params, client: rotating.clientId },
      body: { window: 86_400 },
    })
    await server().requestToken('partner-api', tokenRequest(rotating), { 'user-agent': 'old-job/1' })
    await server().upkeep.writeUsage()
    const read = async () => (await server().admin('organizations.due', { params })).items
    const [first, second] = await read()
    const { items: due } = await server().admin('secrets.due', { params })
    const old = due.find(({ client }) => client === rotating.clientId)
    assert.deepEqual([old?.reason, old?.inUse, old?.usedFrom?.map(({ userAgent }) => userAgent)], ['window', true, ['old-job/1']])
    assert.deepEqual([first?.reason, first?.client, first?.at], ['window-ends', rotating.clientId, started.windowEndsAt])
    assert.deepEqual(
      first?.usedFrom.map(({ address, userAgent }) => [address, userAgent]),
      [['127.0.0.1', 'old-job/1']],
    )
    assert.match(first?.command ?? '', /^countersign secret extend /)
    assert.deepEqual([second?.reason, second?.client], ['secret-expires', expiring.clientId])

    const page = await server().admin('organizations.due', { params, query: { limit: 1 } })
    const next = await server().admin('organizations.due', { params, query: { limit: 1, after: page.next! } })
    assert.deepEqual([...page.items, ...next.items], [first, second])

    await server().tokenOf('partner-api', { ...rotating, clientSecret: started.clientSecret! })
    server().clock.advance(6 * hourMs)
    await server().upkeep.writeUsage()
    assert.deepEqual(
      (await read()).map(({ client }) => client),
      [expiring.clientId],
      'the old secret is quiet, the new one is used',
    )
    await server().admin('organizations.suspend', { params: { ...params, organization: expiring.slug }, body: {} })
    assert.deepEqual(await read(), [], 'a suspended organization is cut off already')
    server().clock.advance(4 * dayMs)
  })

  test('a version of the agreement that becomes required is listed for organizations that have not accepted it', async () => {
    const params = { realm: 'partner-api' }
    const [one, other] = [await server().aClient('partner-api'), await server().aClient('partner-api')]
    const requiredFrom = new Date(server().clock.now() + 5 * dayMs).toISOString()
    await server().admin('dpa.publish', { params, body: { version: '2031-01', requiredFrom } })
    const of = { ...params, organization: other.slug }
    await server().admin('dpa.accept', { params: of, body: { version: '2031-01', acceptedBy: 'Ada' } })
    const { items } = await server().admin('organizations.due', { params, query: { limit: 200 } })
    const found = items.filter(({ reason, organization }) => reason === 'dpa-required' && [one.slug, other.slug].includes(organization))
    assert.deepEqual(
      found.map(({ organization, at, client }) => [organization, at, client]),
      [[one.slug, requiredFrom, null]],
    )
  })

  test('an agreement cuts off no organization that is refused already, has only guards, or no client that gets tokens', async () => {
    const params = { realm: 'prod' }
    const create = (slug: string, more = {}) => server().aClient('prod', { slug, ...more })
    const [zeta, alpha, without] = [await create('zeta-due'), await create('alpha-due'), await create('without-due')]
    const guards = await create('guards-due', { scopes: ['decisions:write', 'entitlements:read'] })
    const off = await create('off-due', { secretExpiresAt: new Date(server().clock.now() + 3 * dayMs).toISOString() })
    const at = (days: number) => new Date(server().clock.now() + days * dayMs).toISOString()
    for (const [version, days] of [
      ['2040-01', 0],
      ['2041-01', 5],
    ] as const)
      await server().admin('dpa.publish', { params, body: { version, requiredFrom: at(days) } })
    server().clock.advance(1000)
    for (const { slug } of [zeta, alpha, guards, off])
      await server().admin('dpa.accept', { params: { ...params, organization: slug }, body: { version: '2040-01', acceptedBy: 'Ada' } })
    await server().admin('clients.update', { params: { ...params, client: off.clientId }, body: { serviceAccountEnabled: false } })
    const slugs = new Set([zeta, alpha, without, guards, off].map(({ slug }) => slug))
    const read = async (query: { limit: number; after?: string }) => {
      const { items, next } = await server().admin('organizations.due', { params, query })
      return { next, found: items.map(({ organization }) => organization).filter((slug) => slugs.has(slug)) }
    }
    assert.deepEqual((await read({ limit: 200 })).found, ['alpha-due', 'zeta-due'])
    const first = await read({ limit: 1 })
    const second = await read({ limit: 1, after: first.next! })
    assert.deepEqual([...first.found, ...second.found], ['alpha-due', 'zeta-due'])
  })

  test('the impact of a suspension has the clients, what they used, from where, and until when tokens are valid', async () => {
    const client = await server().aClient('nt24-idp')
    await server().tokenOf('nt24-idp', client)
    await server().upkeep.writeUsage()
    const params = { realm: 'nt24-idp', organization: client.slug }
    const impact = await server().admin('organizations.impact', { params })
    assert.deepEqual(impact.tokens, { lastHour: 1, lastDay: 1 })
    assert.deepEqual(impact.calls, { lastHour: 0, lastDay: 0 })
    assert.deepEqual(
      impact.clients.map(({ client: id, tokens }) => [id, tokens.lastDay]),
      [[client.clientId, 1]],
    )
    assert.equal(impact.lastUsedAt, new Date(server().clock.now()).toISOString())
    assert.ok(Date.parse(impact.tokensEndAt!) > server().clock.now())
    assert.deepEqual(
      impact.usedFrom.map(({ address }) => address),
      ['127.0.0.1'],
    )
    assert.deepEqual([impact.organization.status, impact.guards, impact.clients[0]?.enabled], ['active', [], true])
    assert.equal((await server().admin('organizations.get', { params })).status, 'active')
    const unknown = await server().requestAdmin('organizations.impact', { params: { ...params, organization: 'nobody' } })
    assert.equal(unknown.statusCode, 404)
  })
  test('the impact of a suspension names the APIs whose guards use clients of the organization, and marks disabled clients', async () => {
    const params = { realm: 'nt24-idp' }
    const guard = await server().aClient('nt24-idp', { scopes: ['entitlements:read', 'decisions:write'] })
    const headers = { authorization: `Bearer ${await server().tokenOf('nt24-idp', guard)}` }
    const read = async () => server().admin('organizations.impact', { params: { ...params, organization: guard.slug } })
    assert.deepEqual((await read()).guards, [{ client: guard.clientId, api: null, processes: 0, lastSeenAt: null }])
    for (const process of ['00000001', '00000002']) {
      const payload = { ...aReport({ guard: process, api: 'stock' }) }
      const reported = await server().request({ method: 'POST', url: '/realms/nt24-idp/v1/decisions', headers, payload })
      assert.equal(reported.statusCode, 204, reported.body)
    }
    const lastSeenAt = new Date(server().clock.now()).toISOString()
    assert.deepEqual((await read()).guards, [{ client: guard.clientId, api: 'stock', processes: 2, lastSeenAt }])
    await server().admin('clients.update', { params: { ...params, client: guard.clientId }, body: { enabled: false } })
    const { guards, clients } = await read()
    assert.deepEqual([guards, clients.map(({ enabled }) => enabled)], [[], [false]])
  })
})
