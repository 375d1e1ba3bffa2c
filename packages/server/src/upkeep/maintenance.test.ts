import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test, type TestContext } from 'node:test'
import type { ApplyChange, Change } from '../change/apply-change.ts'
import type { Realm } from '../realms/realm.ts'
import { backUpSqlite } from '../recovery/sqlite-files.ts'
import { createServer } from '../server.ts'
import { openStore } from '../store/store.ts'
import { startTestServer } from '../../test/test-server.fixture.ts'
import { createMaintenance } from './maintenance.ts'
import { createFutureCutAlarm } from '../token/future-cuts.ts'

const realm = 'nt24-idp'
const day = 86_400_000

async function given() {
  const server = await startTestServer()
  const count = async (text: string) => Number((await server.database.query(`select count(*) as count from ${text}`))[0]?.['count'])
  return {
    ...server,
    count,
    events: (kind: string) => count(`audit_events where kind = '${kind}' and realm = '${realm}'`),
    warnings: (text: string) => server.log.filter((line) => line.includes('"level":40') && line.includes(text)).length,
    start: (clientId: string) => server.admin('rotation.start', { params: { realm, client: clientId }, body: {} }),
  }
}

test('an old secret whose window has ended is deleted once, with an audit event', async () => {
  const { aClient, start, clock, upkeep, events, count, warnings } = await given()
  await start((await aClient(realm)).clientId)
  clock.advance(7 * day - 1)
  await upkeep.maintain()
  assert.equal(await events('rotation.end'), 0)
  clock.advance(1)
  await Promise.all([upkeep.maintain(), upkeep.maintain()])
  assert.deepEqual([await events('rotation.end'), await count('credentials where expires_at is not null')], [1, 0])
  assert.equal(warnings('its new secret was never used'), 1)
})

test('an expired secret stays in the store, so that the audit log has the reason of a denial', async () => {
  const { aClient, requestToken, clock, upkeep, auditEvents } = await given()
  const { clientId, clientSecret } = await aClient(realm, { secretExpiresAt: '2026-02-01T00:00:00Z' })
  clock.advance(30 * day)
  await upkeep.maintain()
  await requestToken(realm, { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret })
  const events = await auditEvents()
  assert.deepEqual(
    events.filter(({ kind }) => kind === 'token.request').map(({ reason }) => reason),
    ['expired-secret'],
  )
})

test('abuse 194: an old secret, and one that expires in two weeks, get one reminder each', async () => {
  const { aClient, clock, upkeep, events, warnings, database } = await given()
  await aClient(realm, { slug: 'old' })
  await aClient(realm, { slug: 'ending', secretExpiresAt: '2026-03-01T12:00:00Z' })
  clock.advance(31 * day - 1)
  await upkeep.maintain()
  assert.equal(await events('secrets.remind'), 0)
  clock.advance(1)
  await upkeep.maintain()
  const [event] = await database.query<{ detail: string }>(
    `select detail from audit_events where kind = 'secrets.remind' and realm = ?`,
    realm,
  )
  assert.deepEqual([JSON.parse(event!.detail).due, await events('secrets.remind')], ['expires', 1])
  clock.advance(59 * day)
  for (let run = 0; run < 3; run++) await upkeep.maintain()
  assert.deepEqual([await events('secrets.remind'), warnings('is due for rotation')], [2, 2]) // the operator's own, too
})

test('abuse 194: a window that ends soon with an unused new secret is warned of a day before, once, also across a restart', async () => {
  const { aClient, start, clock, upkeep, events, warnings, admin, tokenOf, request, configuration, folder, database } = await given()
  const acme = await aClient(realm)
  const [used, extended] = [await aClient(realm, { slug: 'used' }), await aClient(realm, { slug: 'extended' })]
  const { windowEndsAt, secrets } = await start(acme.clientId)
  const { clientSecret } = await start(used.clientId)
  await tokenOf(realm, { ...used, clientSecret: clientSecret! })
  await start(extended.clientId)
  const seen = async () => {
    const me = await request({ url: '/v1/me', headers: { authorization: `Bearer ${await tokenOf(realm, acme)}` } })
    const { items } = await admin('secrets.due', { params: { realm } })
    const { due } = await admin('rotation.get', { params: { realm, client: acme.clientId } })
    return [me.json().client.secret.due, items.map(({ organization, reason }) => [organization, reason]), due.isDue]
  }
  clock.advance(6 * day - 1)
  await upkeep.maintain()
  assert.deepEqual(
    [await seen(), await events('secrets.remind')],
    [
      [
        false,
        [
          ['acme', 'window'],
          ['extended', 'window'],
          ['used', 'rotation'],
        ],
        false,
      ],
      0,
    ],
  )

  clock.advance(1)
  const params = { realm, client: extended.clientId }
  await admin('rotation.extend', { params, body: { window: 10 * 86_400 } })
  await Promise.all([upkeep.maintain(), upkeep.maintain()])
  // A SQLite file is for one server, so the restarted one gets a copy.
  const copy = join(folder, 'copy.db')
  const isFile = configuration.store.startsWith('sqlite:')
  if (isFile) backUpSqlite(configuration.store, copy)
  const log: string[] = []
  const restarted = await createServer({
    configuration: { ...configuration, store: isFile ? `sqlite:${copy}` : configuration.store },
    clock: clock.now,
    logStream: { write: (line) => void log.push(line) },
  })
  await restarted.upkeep.maintain()
  await restarted.close()
  assert.doesNotMatch(log.join(''), /the new secret is unused/)
  assert.deepEqual(await seen(), [
    true,
    [
      ['acme', 'window'],
      ['used', 'rotation'],
      ['extended', 'window'],
    ],
    true,
  ])
  const [due] = (await admin('secrets.due', { params: { realm } })).items
  assert.deepEqual([due!.dueAt, due!.secret.id, due!.secret.state], [windowEndsAt, secrets[1]!.id, 'old'])
  assert.deepEqual([await events('secrets.remind'), warnings('the new secret is unused')], [1, 1])
  const [event] = await database.query<{ detail: string }>(`select detail from audit_events where kind = 'secrets.remind'`)
  const { by: _by, ...detail } = JSON.parse(event!.detail)
  assert.deepEqual(detail, { secretId: secrets[1]!.id, due: 'window', dueAt: windowEndsAt })

  clock.advance(9 * day)
  await upkeep.maintain()
  await upkeep.maintain()
  assert.deepEqual([await events('secrets.remind'), await events('rotation.end')], [2, 2])
})

test('abuse 194: a warning ends with the first use of the new secret, and a short window is warned of before its last fifth', async () => {
  const { aClient, admin, clock, upkeep, events, tokenOf, request } = await given()
  const acme = await aClient(realm)
  const params = { realm, client: acme.clientId }
  const { clientSecret } = await admin('rotation.start', { params, body: { window: 3600 } })
  clock.advance(48 * 60_000 - 1)
  await upkeep.maintain()
  assert.equal(await events('secrets.remind'), 0)
  clock.advance(2) // The new secret may be a millisecond younger than the old one.
  await upkeep.maintain()
  assert.equal(await events('secrets.remind'), 1)
  const headers = { authorization: `Bearer ${await tokenOf(realm, { ...acme, clientSecret: clientSecret! })}` }
  await upkeep.writeUsage()
  assert.equal((await request({ url: '/v1/me', headers })).json().client.secret.due, false)
  assert.deepEqual(
    (await admin('secrets.due', { params: { realm } })).items.map(({ reason }) => reason),
    ['rotation'],
  )
})

test('if a rotation is cancelled after its warning, the old secret gets its own reminder when it is due', async () => {
  const { aClient, start, admin, clock, upkeep, events, count } = await given()
  const { clientId } = await aClient(realm)
  await start(clientId)
  clock.advance(6 * day)
  await upkeep.maintain()
  await admin('rotation.cancel', { params: { realm, client: clientId } })
  assert.equal(await count('credentials where reminded_at is not null'), 0)
  clock.advance(84 * day)
  await upkeep.maintain()
  assert.equal(await events('secrets.remind'), 2)
})

test('abuse 195: after the clock jumps 90 days ahead everything happens once, in bounded portions', async () => {
  const { aClient, start, clock, upkeep, events, count, database } = await given()
  await start((await aClient(realm)).clientId)
  const { organizationId } = await aClient(realm, { slug: 'many' })
  const values = Array.from({ length: 900 }, (_, i) => `('client-${i}', '${realm}', 'c${i}', '${organizationId}', 'c', 1, 1, '[]', 0, 0)`)
  await database.query(
    `insert into clients (id, realm, client_id, organization_id, name, enabled, service_account_enabled, scopes, created_at, updated_at) values ${values.join()}`,
  )
  await database.query(`insert into credentials (id, client, material, digest_version, last_four, created_at)
    select 'secret of ' || id, id, (select material from credentials limit 1), 1, 'aaaa', ${clock.now()} from clients where id like 'client-%'`)
  clock.advance(90 * day)
  clock.advance(1)
  await upkeep.maintain()
  // On a busy machine each of two servers may also have run maintenance by itself meanwhile.
  assert.ok((await count('credentials where reminded_at is not null')) <= 600)
  for (let run = 0; run < 10; run++) await upkeep.maintain()
  assert.deepEqual([await events('rotation.end'), await events('secrets.remind')], [1, 902])
})

test('fault 8.2: the list has each rotation that ends within 14 days, once, and says whether its new secret was used', async () => {
  const { aClient, admin, clock, upkeep, tokenOf } = await given()
  const start = async (slug: string, body: { window: number; secretExpiresAt?: string }) => {
    const client = await aClient(realm, { slug })
    const { clientSecret } = await admin('rotation.start', { params: { realm, client: client.clientId }, body })
    return { ...client, clientSecret: clientSecret! }
  }
  const week = 7 * 86_400
  await start('unused', { window: week })
  await start('later', { window: 4 * week })
  await tokenOf(realm, await start('used', { window: week }))
  await tokenOf(realm, await start('short', { window: week, secretExpiresAt: '2026-01-25T00:00:00Z' }))
  await upkeep.writeUsage()
  const list = async () => {
    const rows: [string, string][] = []
    let after: string | undefined
    do {
      const { items, next } = await admin('secrets.due', { params: { realm }, query: { limit: 1, ...(after !== undefined && { after }) } })
      rows.push(...items.map(({ organization, reason }): [string, string] => [organization, reason]))
      after = next ?? undefined
    } while (after !== undefined)
    return rows
  }
  const soon = [
    ['unused', 'window'],
    ['used', 'rotation'],
    ['short', 'expires'],
  ]
  assert.deepEqual(await list(), soon)
  clock.advance(2 * 7 * day)
  await upkeep.maintain()
  assert.deepEqual(await list(), [['later', 'window']])
})

test('GET /v1/me, the list and the rotation of the client show that a secret is due', async () => {
  const { aClient, clock, upkeep, admin, tokenOf, request } = await given()
  const acme = await aClient(realm)
  await aClient(realm, { slug: 'borealis' })
  const readDue = (after?: string) =>
    admin('secrets.due', { params: { realm }, query: { limit: 1, ...(after !== undefined && { after }) } })
  const due = async () => {
    const me = await request({ url: '/v1/me', headers: { authorization: `Bearer ${await tokenOf(realm, acme)}` } })
    const list = await readDue()
    const status = await admin('rotation.get', { params: { realm, client: acme.clientId } })
    return [me.json().client.secret.due, list.items.map(({ client, reason }) => [client, reason]), list.next !== null, status.due.isDue]
  }
  assert.deepEqual(await due(), [false, [], false, false])
  clock.advance(90 * day)
  await upkeep.maintain()
  assert.deepEqual(await due(), [true, [[acme.clientId, 'age']], true, true])
  const second = await readDue((await readDue()).next!)
  assert.deepEqual([second.items.map(({ organization }) => organization), second.next], [['borealis'], null])
})

test('responses to Idempotency-Keys, old rows of the change log and expired revocations are deleted', async () => {
  const { aClient, clock, upkeep, count, database, postForm, realms, tokenOf } = await given()
  const acme = await aClient(realm)
  const token = await tokenOf(realm, acme)
  await postForm(`${realms.get(realm)!.issuerPath}/protocol/openid-connect/revoke`, {
    client_id: acme.clientId,
    client_secret: acme.clientSecret,
    token,
  })
  await database.query(`insert into idempotency_keys values ('a', 'k', 'd', '{}', ${clock.now()})`)
  const left = async () => [await count('idempotency_keys'), await count('changes'), await count('revoked_tokens')]
  const all = (await left())[1]!
  assert.ok(all > 1)
  assert.deepEqual(await left(), [1, all, 1])
  clock.advance(day)
  await upkeep.maintain()
  assert.deepEqual(await left(), [0, all - 1, 0]) // The row that starts the history of the store is always old.
  clock.advance(7 * day)
  await upkeep.maintain()
  assert.deepEqual(await left(), [0, 1, 0])
})

/** Secrets of a client each, of these ages in days, in a store whose maintenance is run for these realms. */
async function aStoreOfRealms(t: TestContext, realms: readonly (readonly [name: string, remindAfterDays: number])[]) {
  const { db, ...store } = await openStore('sqlite::memory:')
  t.after(store.close)
  const now = 1000 * day
  let queries = 0
  const counting = db.withPlugin({
    transformQuery: ({ node }) => (queries++, node),
    transformResult: async ({ result }) => result,
  })
  const settings = realms.map(([name, days]) => [name, { name, secretRotation: { remindAfter: (days * day) / 1000 } } as Realm] as const)
  const reminded: string[] = []
  const warn = (facts: unknown) => void reminded.push((facts as { clientId: string }).clientId)
  const applyChange = (async (_actor, _kind, work) => {
    await db.transaction().execute((transaction) => work({ db: transaction, now, record() {} } as unknown as Change))
  }) as ApplyChange
  const { run } = createMaintenance({
    store: { db: counting, ...store },
    realms: new Map(settings),
    applyChange,
    clock: () => now,
    log: { warn },
    futureCuts: createFutureCutAlarm({ error() {} }, () => now),
  })
  return {
    reminded,
    async aSecret(name: string, clientId: string, ageDays: number) {
      const times = { created_at: now - ageDays * day, updated_at: 0 }
      const ofClient = {
        organization_id: name,
        name: 'c',
        enabled: 1,
        service_account_enabled: 1,
        scopes: '[]',
        access_token_lifetime: null,
      }
      const ofOrganization = { slug: name, name, status: 'active', capabilities: '{}', tokens_not_before: 0 } as const
      const organizations = db.insertInto('organizations').onConflict((conflict) => conflict.doNothing())
      await organizations.values({ id: name, realm: name, ...ofOrganization, ...times }).execute()
      await db
        .insertInto('clients')
        .values({ id: clientId, realm: name, client_id: clientId, ...ofClient, ...times })
        .execute()
      const secret = {
        id: clientId,
        client: clientId,
        material: new Uint8Array(32),
        digest_version: 1,
        last_four: 'aaaa',
        expires_at: null,
      }
      await db
        .insertInto('credentials')
        .values({ ...secret, created_at: times.created_at })
        .execute()
    },
    async queriesOf(work: () => Promise<void>) {
      const before = queries
      await work()
      return queries - before
    },
    run,
  }
}

test('fault 5.4: maintenance asks the store as often for a thousand realms as for one', async (t) => {
  const counts: number[] = []
  for (const count of [1, 1000]) {
    const { run, queriesOf, aSecret, reminded } = await aStoreOfRealms(
      t,
      Array.from({ length: count }, (_, i) => [`realm-${i}`, 90]),
    )
    await aSecret(`realm-${count - 1}`, 'old', 90)
    counts.push(await queriesOf(run))
    assert.deepEqual(reminded, ['old'])
  }
  assert.equal(counts[0], counts[1])
})

test('fault 5.4: of secrets in several realms each is due by the settings of its own, and none of a realm that is not configured', async (t) => {
  const { run, aSecret, reminded } = await aStoreOfRealms(t, [
    ['strict', 10],
    ['lax', 100],
  ])
  for (const realmName of ['strict', 'lax', 'gone'])
    for (const age of [9, 10, 99, 100]) await aSecret(realmName, `${realmName}-${age}`, age)
  await run()
  assert.deepEqual(reminded.toSorted(), ['lax-100', 'strict-10', 'strict-100', 'strict-99'])
  await run()
  assert.equal(reminded.length, 4)
})

test('fault 6.7: a WAL that a long reader left is emptied also when nothing is committed, and no reader is waited for', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-wal-'))
  const file = join(folder, 'store.db')
  const store = await openStore(`sqlite:${file}`)
  t.after(async () => {
    await store.close()
    rmSync(folder, { recursive: true })
  })
  const applyChange = () => assert.fail('nothing is due')
  const futureCuts = createFutureCutAlarm({ error() {} }, () => 0)
  const { run } = createMaintenance({ store, realms: new Map(), applyChange, clock: () => 0, log: { warn() {} }, futureCuts })
  const logSize = () => statSync(`${file}-wal`).size
  const write = async (megabytes: number) => {
    for (let i = 0; i < megabytes; i++)
      await store.db
        .replaceInto('settings')
        .values({ name: 'wal', value: 'x'.repeat(1_000_000) })
        .execute()
  }
  const reader = new DatabaseSync(file)
  reader.exec('begin; select * from settings')
  await write(12)
  const longest = logSize()
  await run()
  assert.equal(logSize(), longest)
  reader.close()
  await run()
  assert.equal(logSize(), 0)
  await write(2)
  await run()
  assert.ok(logSize() > 0) // A usual length stays: a file need not grow again at each commit.
})
