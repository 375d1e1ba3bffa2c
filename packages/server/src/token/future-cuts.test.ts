// A server whose clock was a day ahead for a while: what was made then, how it is noticed, and how it is mended.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createTestLog } from '../../test/log.fixture.ts'
import { shareTestServer, startTestServer, tokenRequest, type TestServer } from '../../test/test-server.fixture.ts'
import { createFutureCutAlarm } from './future-cuts.ts'

const day = 86_400_000
const realm = 'prod'
const reason = 'A clock was ahead'

async function whileADayAhead<T>({ clock }: TestServer, work: () => Promise<T>): Promise<T> {
  clock.advance(day)
  const made = await work()
  clock.advance(-day)
  return made
}

const alarms = ({ log }: TestServer): string[] => log.filter((line) => line.includes('by a clock that was ahead'))

suite('each test has clients of its own', () => {
  // A node that reads its clock for the first time while it is ahead does not know that it went back.
  const shared = shareTestServer({ nodes: 1 })

  async function statusOfMe(client: { clientId: string; clientSecret: string }): Promise<number> {
    const token = await shared().tokenOf(realm, client)
    return (await shared().request({ url: '/auth/realms/prod/v1/me', headers: { authorization: `Bearer ${token}` } })).statusCode
  }

  test('fault 4.1: a client that was created a day ahead is noticed at its first token, shown, and mended by the command of the alarm', async () => {
    const server = shared()
    server.expectErrors()
    const client = await whileADayAhead(server, () => server.aClient(realm))
    const ofClient = { realm, client: client.clientId }
    assert.equal(await statusOfMe(client), 401)
    const [alarm] = alarms(server)
    assert.match(alarm ?? '', /is rejected until 2026-01-16T12:00:00Z/)
    assert.ok(alarm?.includes(`run: countersign client lower-cut ${client.clientId} --realm prod --reason`))
    const shown = await server.admin('clients.get', { params: ofClient })
    assert.ok(Date.parse(shown.tokensNotBefore!) > server.clock.now())
    const lowered = await server.admin('clients.lowerCut', { params: ofClient, body: { reason } })
    assert.equal(lowered.lowered, true)
    assert.ok(Date.parse(lowered.tokensNotBefore!) <= server.clock.now() + 2000)
    assert.equal(await statusOfMe(client), 200)
    const [event] = await server.database.query<{ detail: string }>(`select detail from audit_events where kind = 'clients.lowerCut'`)
    const { before, tokensNotBefore } = JSON.parse(event!.detail) as Record<string, number>
    assert.deepEqual(
      [before, tokensNotBefore],
      [shown, lowered].map((one) => Date.parse(one.tokensNotBefore!) / 1000),
    )
  })

  test('fault 4.1: a cut of an organization that was made a day ahead ends all earlier tokens also after it was lowered', async () => {
    const server = shared()
    server.expectErrors()
    const client = await server.aClient(realm)
    const stolen = await server.tokenOf(realm, client)
    const ofOrganization = { realm, organization: client.slug }
    await whileADayAhead(server, () => server.admin('organizations.cutTokens', { params: ofOrganization, body: { reason } }))
    assert.equal(await statusOfMe(client), 401)
    assert.ok(alarms(server).some((line) => line.includes(`run: countersign organization lower-cut ${client.slug} --realm prod`)))
    await server.admin('organizations.lowerCut', { params: ofOrganization, body: { reason } })
    assert.equal(await statusOfMe(client), 200)
    const { statusCode } = await server.request({ url: '/auth/realms/prod/v1/me', headers: { authorization: `Bearer ${stolen}` } })
    assert.equal(statusCode, 401)
  })

  test('fault 4.1: where no cut lies in the future, nothing is lowered, the answer says so, and there is no event or new version', async () => {
    const server = shared()
    const client = await server.aClient(realm)
    const ofOrganization = { realm, organization: client.slug }
    const ofClient = { realm, client: client.clientId }
    const eventsOf = async () => server.database.query(`select id from audit_events where kind like '%.lowerCut'`)
    const before = await eventsOf()
    const uncut = await server.admin('organizations.lowerCut', { params: ofOrganization, body: { reason } })
    assert.deepEqual([uncut.lowered, uncut.tokensNotBefore], [false, null])
    const cut = await server.admin('organizations.cutTokens', { params: ofOrganization, body: { reason } })
    server.clock.advance(60_000)
    const passed = await server.admin('organizations.lowerCut', { params: ofOrganization, body: { reason } })
    assert.deepEqual([passed.lowered, passed.tokensNotBefore, passed.version], [false, cut.tokensNotBefore, cut.version])
    const known = await server.admin('clients.get', { params: ofClient })
    assert.deepEqual(await server.admin('clients.lowerCut', { params: ofClient, body: { reason } }), { ...known, lowered: false })
    assert.deepEqual(await eventsOf(), before)
  })
})

test('fault 4.1: operators who were created a day ahead are let in again by the command that needs none of them', async () => {
  const server = await startTestServer({ nodes: 1 })
  server.expectErrors()
  const operator = await whileADayAhead(server, () => server.createOperator())
  const list = async () => (await server.requestAdmin('realms.list', { params: {} }, operator)).statusCode
  assert.equal(await list(), 401)
  assert.ok(alarms(server).some((line) => line.includes('run: countersign operator lower-cuts --config')))
  const { latestCut, ...lowered } = await server.lowerOperatorCuts()
  assert.deepEqual(lowered, { organizations: [], clients: [operator.clientId] })
  assert.ok(Date.parse(latestCut!) <= server.clock.now() + 2000)
  assert.equal(await list(), 200)
  assert.deepEqual(await server.lowerOperatorCuts(), { organizations: [], clients: [], latestCut })
})

test('fault 4.1: cuts in the future are noticed when the server starts, and are a warning and a metric until they are lowered', async () => {
  const server = await startTestServer({ nodes: 1, settings: 'operationsListen: 127.0.0.1:0' })
  server.expectErrors()
  const client = await whileADayAhead(server, () => server.aClient(realm))
  assert.deepEqual(alarms(server), [])
  const { operations } = await server.listenEverywhere()
  assert.equal(alarms(server).length, 1)
  const read = async (path: string) => (await fetch(new URL(path, operations))).text()
  assert.match(await read('/readyz'), /"status":"ok".*"cuts":"tokens are rejected because of 1 cuts/)
  assert.match(await read('/metrics'), /^countersign_future_cuts 1$/m)
  await server.admin('clients.lowerCut', { params: { realm, client: client.clientId }, body: { reason } })
  await server.requestToken(realm, tokenRequest(client))
  assert.match(await read('/metrics'), /^countersign_future_cuts 0$/m)
})

test('fault 4.1: the alarm ends with the cut, without another token', async () => {
  const server = await startTestServer({ nodes: 1, settings: 'operationsListen: 127.0.0.1:0' })
  server.expectErrors()
  const client = await whileADayAhead(server, () => server.aClient(realm))
  const ofClient = { realm, client: client.clientId }
  const ofOrganization = { realm, organization: client.slug }
  await whileADayAhead(server, () => server.admin('organizations.cutTokens', { params: ofOrganization, body: { reason } }))
  const { operations } = await server.listenEverywhere()
  const count = async () => /^countersign_future_cuts (\d+)$/m.exec(await (await fetch(new URL('/metrics', operations))).text())?.[1]
  await server.upkeep.maintain()
  assert.equal(await count(), '2')
  await server.admin('organizations.lowerCut', { params: ofOrganization, body: { reason } })
  await server.upkeep.maintain()
  assert.equal(await count(), '1')
  await server.admin('clients.delete', { params: ofClient })
  await server.upkeep.maintain()
  assert.equal(await count(), '0')
  assert.equal(alarms(server).length, 2)
})

test('fault 4.1: the cut of a realm that is in the future since the clock was set right names the configuration', () => {
  const { log, lines } = createTestLog()
  const alarm = createFutureCutAlarm(log, () => 1_000_000)
  for (let i = 0; i < 3; i++) alarm.check({ of: 'realm', realm: 'prod', name: 'prod', tokensNotBefore: 90_000 })
  assert.equal(lines.length, 1)
  assert.match(lines[0]!, /correct "tokensNotBefore" of the realm in the configuration, and restart/)
})

test('fault 4.1: a thousand cuts in the future are remembered, and each is logged once', () => {
  const { log, lines } = createTestLog()
  const alarm = createFutureCutAlarm(log, () => 0)
  for (let i = 0; i < 4000; i++) alarm.check({ of: 'client', realm: 'prod', name: `client-${i % 2000}`, tokensNotBefore: 100 })
  assert.deepEqual([lines.length, alarm.count()], [1000, 1000])
})
