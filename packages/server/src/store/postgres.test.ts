import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { spawn, type ChildProcess } from 'node:child_process'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { Kysely, PostgresDialect, sql } from 'kysely'
import { createAuditChain } from '../audit/events/audit-chain.ts'
import { createAuditMac } from '../audit/events/audit-mac.ts'
import { createEventWriter } from '../audit/write-events.ts'
import { createNodeName } from '../node-ids.ts'
import { inspectStore } from './inspect-store.ts'
import { twoSteps } from '../../test/store/interrupted-migration.fixture.ts'
import { migrations } from './migrations.ts'
import { aPostgresDatabase, skipWithoutPostgres, startPostgres } from '../../test/store/postgres.fixture.ts'
import { createPool, postgresDialect } from './postgres.ts'
import { eventually } from '../../test/store/processes.fixture.ts'
import type { Schema } from './schema.ts'
import { isStoreUnavailable, isUniqueViolation } from './store-errors.ts'
import { testStoreContract } from '../../test/store/store-contract.fixture.ts'
import { StoreError } from './store-errors.ts'
import { openStore } from './store.ts'

const skip = skipWithoutPostgres()

testStoreContract('PostgreSQL', async (t) => openStore(await aPostgresDatabase(t)), { skip })

test('numbers, bytes and the sort order of texts are the same as in SQLite', { skip }, async (t) => {
  const store = await openStore(await aPostgresDatabase(t))
  t.after(() => store.close())
  const names = ['b', 'B', 'a', 'ä', '_']
  await store.db
    .insertInto('settings')
    .values(names.map((name) => ({ name, value: '' })))
    .execute()
  const sorted = await store.db.selectFrom('settings').select('name').orderBy('name').execute()
  assert.deepEqual(
    sorted.map(({ name }) => name),
    ['B', '_', 'a', 'b', 'ä'],
  )
  const { rows } = await sql`select count(*) as count, 1234567890123::bigint as instant, '\\x00ff'::bytea as bytes from settings`.execute(
    store.db,
  )
  assert.deepEqual(rows, [{ count: 5, instant: 1234567890123, bytes: Buffer.from([0, 255]) }])
})

test('all text columns have the same collation, because PostgreSQL does not compare different ones', { skip }, async (t) => {
  const store = await openStore(await aPostgresDatabase(t))
  t.after(() => store.close())
  const { rows } = await sql`select table_name, column_name, collation_name from information_schema.columns
    where table_schema = current_schema() and table_name not like 'kysely%' and data_type = 'text'
      and collation_name is distinct from 'C'`.execute(store.db)
  assert.deepEqual(rows, [])
})

test('the statement of audit rows is parsed once for each connection, and survives a new column', { skip }, async (t) => {
  const url = await aPostgresDatabase(t, { isMigrated: true })
  const pool = createPool(url, { poolSize: 1 })
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) })
  t.after(() => db.destroy())
  const write = createEventWriter(db)
  const pepper = { versions: new Map([[1, createSecretKey(Buffer.alloc(32, 1))]]), currentVersion: 1 }
  const chain = createAuditChain(createNodeName(), createAuditMac({ pepper }))
  const event = { kind: 'request', outcome: 'refused' } as const
  const prepared = async () => (await sql<{ name: string }>`select name from pg_prepared_statements`.execute(db)).rows.length
  for (const at of [1, 2, 3]) await write([chain.stamp(event, at)])
  assert.equal(await prepared(), 1)
  await sql`alter table audit_events add column later text`.execute(db)
  await sql`alter table epoch add column later text`.execute(db)
  assert.equal((await write([chain.stamp(event, 4)]))?.number, 0)
})

test('the error for an existing row differs from that for an unreachable database', { skip }, async (t) => {
  const server = await startPostgres()
  t.after(() => server.close())
  const store = await openStore(server.url)
  t.after(() => store.close())
  const insert = () => store.db.insertInto('settings').values({ name: 'a', value: '' }).execute()
  await insert()
  await assert.rejects(insert(), (error) => isUniqueViolation(error) && !isStoreUnavailable(error))
  await assert.rejects(sql`select nothing`.execute(store.db), (error) => !isUniqueViolation(error) && !isStoreUnavailable(error))
  await server.stop()
  for (let i = 0; i < 3; i++) await assert.rejects(insert(), (error) => isStoreUnavailable(error) && !isUniqueViolation(error))
  await server.start()
  await assert.rejects(insert(), isUniqueViolation)
})

test('a database that dies in the middle of a change fails that change and not the process', { skip }, async (t) => {
  const server = await startPostgres()
  t.after(() => server.close())
  const store = await openStore(server.url)
  t.after(() => store.close())
  const insert = (name: string) => store.db.insertInto('settings').values({ name, value: '' }).execute()
  await insert('kept')
  const change = store.transact(async (db) => {
    await db.insertInto('settings').values({ name: 'lost', value: '' }).execute()
    await server.kill()
    await db.insertInto('settings').values({ name: 'too', value: '' }).execute()
  })
  await assert.rejects(change, isStoreUnavailable)
  await server.start()
  assert.deepEqual(await store.db.selectFrom('settings').select('name').execute(), [{ name: 'kept' }])
})

test(
  'abuse 214: a COMMIT that timed out waiting for a standby has an unknown outcome: neither failure nor success',
  { skip },
  async (t) => {
    const server = await startPostgres()
    t.after(() => server.close())
    const store = await openStore(server.url, { answerMilliseconds: 500 })
    t.after(() => store.close())
    await server.waitForStandby(true)
    const names: string[] = []
    const insert = (name: string, db: Kysely<Schema> = store.db) => {
      names.push(name)
      return db.insertInto('settings').values({ name, value: '' }).execute()
    }
    const outcomeOf = (answer: Promise<unknown>) =>
      answer.then(
        () => 'done',
        (error: unknown) => isStoreUnavailable(error) && 'unknown',
      )
    await eventually('the server waits for its standby', async () => (await outcomeOf(insert(`${names.length}`))) === 'unknown')
    assert.equal(await outcomeOf(store.transact((db) => insert('b', db))), 'unknown')
    await server.waitForStandby(false)
    const found = await store.db.selectFrom('settings').select('name').execute()
    assert.deepEqual(found.map(({ name }) => name).toSorted(), names.toSorted())
  },
)

test('a query for a text that PostgreSQL cannot store finds nothing', { skip }, async (t) => {
  const store = await openStore(await aPostgresDatabase(t))
  t.after(() => store.close())
  assert.deepEqual(await store.db.selectFrom('settings').selectAll().where('name', '=', 'a\0').execute(), [])
})

test('queries to a hanging database time out, and work again once it responds', { skip }, async (t) => {
  const server = await startPostgres()
  t.after(() => server.close())
  const store = await openStore(server.url, { answerMilliseconds: 200, connectMilliseconds: 200 })
  t.after(() => store.close())
  const ask = () => store.db.selectFrom('settings').selectAll().execute()
  await ask()
  server.freeze()
  const start = performance.now()
  const change = store.transact(async (db) => db.insertInto('settings').values({ name: 'a', value: '' }).execute())
  await Promise.all([ask(), ask(), change].map((answer) => assert.rejects(answer, isStoreUnavailable)))
  assert.ok(performance.now() - start < 1000)
  server.thaw()
  assert.deepEqual(await ask(), [])
})

test('abuse 225: of two nodes that create the store at once one succeeds, and both can use it', { skip }, async (t) => {
  const url = await aPostgresDatabase(t)
  for (const store of await Promise.all([openStore(url), openStore(url), openStore(url)])) {
    t.after(() => store.close())
    assert.deepEqual(await store.db.selectFrom('settings').selectAll().execute(), [])
    assert.equal((await sql`select name from kysely_migration`.execute(store.db)).rows.length, Object.keys(migrations).length)
  }
})

async function aNodeInTheMiddleOfAMigration(t: TestContext, url: string): Promise<ChildProcess> {
  const program = fileURLToPath(import.meta.resolve('../../test/store/interrupted-migration.fixture.ts'))
  const node = spawn(process.execPath, ['--conditions=@countersign/source', program, url], { stdio: ['ignore', 'ignore', 'inherit'] })
  t.after(() => node.kill('SIGKILL'))
  const watcher = new Kysely({ dialect: postgresDialect(url) })
  const sleeping = sql`select 1 from pg_stat_activity where query like 'select pg_sleep%' and datname = current_database()`
  await eventually('the migration is under way', async () => (await sleeping.execute(watcher)).rows.length > 0)
  await watcher.destroy()
  return node
}

test(
  'abuse 225: a node that is killed in the middle of a migration leaves nothing behind, and the next start migrates',
  { skip },
  async (t) => {
    const url = await aPostgresDatabase(t)
    const node = await aNodeInTheMiddleOfAMigration(t, url)
    node.kill('SIGKILL')
    const store = await openStore(url, { history: twoSteps(0), say: () => {} })
    t.after(() => store.close())
    const { rows } = await sql`select name from kysely_migration order by name`.execute(store.db)
    assert.deepEqual(rows, [{ name: '001-first' }, { name: '002-second' }])
  },
)

test('a node that starts while another one migrates reports it, waits and then starts', { skip }, async (t) => {
  const url = await aPostgresDatabase(t)
  const node = await aNodeInTheMiddleOfAMigration(t, url)
  const said = Promise.withResolvers<string>()
  const opening = openStore(url, { history: twoSteps(0), say: said.resolve })
  assert.match(await said.promise, /Another server is migrating/)
  node.kill('SIGKILL')
  await (await opening).close()
})

test(
  'abuse 224: a migration that waits for a table lock does not block other statements for more than two seconds',
  { skip },
  async (t) => {
    const url = await aPostgresDatabase(t)
    const old = await openStore(url)
    t.after(() => old.close())
    const history = {
      ...migrations,
      '999-next': { up: (db: Kysely<unknown>) => db.schema.alterTable('settings').addColumn('next', 'text').execute() },
    }
    const reading = Promise.withResolvers<void>()
    const said: string[] = []
    const reader = old.db.transaction().execute(async (db) => {
      await db.selectFrom('settings').selectAll().execute()
      await reading.promise
    })
    const opening = openStore(url, { history, say: (message) => said.push(message) })
    await eventually('the migration waits', () => said.length > 0)
    assert.match(said[0]!, /could not get a lock within 0\.1 s/)
    assert.deepEqual(await old.db.selectFrom('settings').selectAll().execute(), [])
    // Queries of token requests, which give up after a quarter of a second.
    while (said.length < 2) assert.deepEqual(await old.tokenPool.selectFrom('settings').selectAll().execute(), [])
    reading.resolve()
    await reader
    t.after(async () => (await opening).close())
    await opening
    // The previous version keeps working, and can be started again.
    await old.db.insertInto('settings').values({ name: 'a', value: 'b' }).execute()
    await (await openStore(url)).close()
  },
)

test('abuse 230: the database of another program is rejected and left as it is', { skip }, async (t) => {
  const url = await aPostgresDatabase(t)
  const foreign = new Kysely<unknown>({ dialect: postgresDialect(url) })
  t.after(() => foreign.destroy())
  await sql`create table clients (name text)`.execute(foreign)
  await assert.rejects(openStore(url), /database of another program/)
  assert.equal((await foreign.introspection.getTables({ withInternalKyselyTables: true })).length, 1)
})

test(
  'abuse 212: a standby is rejected as the store, because it may not have a revocation yet, but can be inspected',
  { skip },
  async (t) => {
    const server = await startPostgres()
    t.after(() => server.close())
    await (await openStore(server.url)).close()
    await server.demote()
    await assert.rejects(
      openStore(server.url),
      (error) => error instanceof StoreError && /it is a standby.*address of the primary/.test(error.message),
    )
    assert.equal((await inspectStore(server.url)).state, 'used')
    await server.promote()
    await (await openStore(server.url)).close()
  },
)

test('errors in a URL are reported without its password', { skip }, async (t) => {
  const url = new URL(await aPostgresDatabase(t))
  const bad = [
    Object.assign(new URL(url), { password: 'hunter2' }).href,
    Object.assign(new URL(url), { password: 'hunter2', port: '1' }).href,
    Object.assign(new URL(url), { password: 'hunter2', hostname: 'no.such.host.invalid' }).href,
    `postgres://countersign:hunter2/x@${url.host}/db`,
    `postgres://countersign:1?hunter2@${url.host}/db`,
    `postgres://${url.host}/db?user=countersign&password=hunter2`,
  ]
  for (const one of bad) {
    await assert.rejects(openStore(one), (error: Error) => {
      assert.ok(error instanceof StoreError && !inspect(error).includes('hunter2'), inspect(error))
      return /^(?:Cannot use the store "postgres:\/\/|The URL of the PostgreSQL store is malformed)/.test(error.message)
    })
  }
})

test('the URL can be in an environment variable, which is read once', { skip }, async (t) => {
  process.env['TEST_DATABASE_URL'] = await aPostgresDatabase(t)
  await (await openStore('env:TEST_DATABASE_URL')).close()
  await assert.rejects(openStore('env:TEST_DATABASE_URL'), /^StoreError: The environment variable "TEST_DATABASE_URL" is not set/)
  process.env['TEST_DATABASE_URL'] = 'mysql://countersign:hunter2@db/x'
  await assert.rejects(
    openStore('env:TEST_DATABASE_URL'),
    (error: Error) => /expected "postgres/.test(error.message) && !error.message.includes('hunter2'),
  )
})
