import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { Client } from 'pg'
import { aPgBouncer, skipWithoutPgBouncer } from '../../test/store/pgbouncer.fixture.ts'
import { aPostgresDatabase, alterPostgres, skipWithoutPostgres } from '../../test/store/postgres.fixture.ts'
import { findPostgresFaults } from './postgres-faults.ts'
import { readPostgresFacts, type PostgresFacts } from './postgres-facts.ts'
import { findPoolerFault } from './postgres-pooler.ts'
import { inspectStore } from './inspect-store.ts'
import { StoreError } from './store-errors.ts'
import { openStore } from './store.ts'

const skip = skipWithoutPostgres()

async function aConnection(t: TestContext, url: string): Promise<Client> {
  const client = new Client(url).on('error', () => {}) // The database is dropped first.
  await client.connect()
  t.after(() => client.end())
  return client
}

const nameOf = (url: string) => new URL(url).pathname.slice(1)
const isRefusedFor = (reason: RegExp) => (error: Error) => error instanceof StoreError && reason.test(error.message)

/** Statements of the superuser in the database, where $ is its name, with the reason and the next step that follow. */
const databases: Readonly<Record<string, [statement: string, reason: RegExp]>> = {
  'synchronous_commit off': ['alter database $ set synchronous_commit = off', /a crash loses revocations.*Reset it/],
  'serializable transactions': [
    `alter database $ set default_transaction_isolation = 'serializable'`,
    /isolation level is "serializable".*Reset default_transaction_isolation/,
  ],
  'repeatable read': [`alter database $ set default_transaction_isolation = 'repeatable read'`, /isolation level is "repeatable read"/],
  'read-only transactions': ['alter database $ set default_transaction_read_only = on', /read-only by default.*Reset/],
  'a search path without a schema': ['alter database $ set search_path = nowhere', /No schema of the search path \(nowhere\)/],
  'no right to create tables': [
    'alter database $ owner to postgres; revoke create on schema public from public, pg_database_owner',
    /may not create tables in the schema "public".*grant create/,
  ],
  'no right to call a function': [
    'revoke execute on function pg_catalog.pg_try_advisory_lock(bigint) from public',
    /may not call these functions.*pg_try_advisory_lock.*grant execute/,
  ],
  'a store in another schema': [
    'create schema other; create table other.kysely_migration (name text)',
    /A store is in the schema "other".*Correct search_path/,
  ],
  'few connections': ['alter database $ connection limit 19', /allows 19 connections, and each node needs 20/],
}

for (const [what, [statement, reason]] of Object.entries(databases))
  test(`fault 6.4: a database with ${what} is refused, and nothing is created in it`, { skip }, async (t) => {
    const url = await aPostgresDatabase(t)
    await alterPostgres(url, statement.replaceAll('$', nameOf(url)))
    await assert.rejects(openStore(url), isRefusedFor(reason))
    const tables = await alterPostgres(url, `select 1 from pg_tables where tablename = 'clients'`)
    assert.equal(tables.length, 0)
  })

test('fault 6.4: a database in LATIN1 or SQL_ASCII is refused with the way to create another', { skip }, async (t) => {
  for (const encoding of ['LATIN1', 'SQL_ASCII']) {
    const url = await aPostgresDatabase(t, { encoding })
    await assert.rejects(openStore(url), isRefusedFor(new RegExp(`Its encoding is ${encoding}.*template0`)))
  }
})

test('fault 6.4: a store whose tables were closed to the user, or are unlogged, is refused at the next start', { skip }, async (t) => {
  const url = await aPostgresDatabase(t, { isMigrated: true })
  await alterPostgres(url, 'alter table settings set unlogged; alter table idempotency_keys owner to postgres')
  await assert.rejects(
    openStore(url),
    isRefusedFor(/A crash empties these tables[^\n]*: settings\..*\n.*may not read and write these tables: idempotency_keys\./),
  )
})

test('abuse 160: a user that may only add to the audit log is not refused', { skip }, async (t) => {
  const url = await aPostgresDatabase(t, { isMigrated: true })
  await alterPostgres(url, 'revoke update, delete, truncate on audit_events, audit_seals from countersign')
  await (await openStore(url)).close()
  await alterPostgres(url, 'revoke insert on audit_events from countersign')
  await assert.rejects(openStore(url), isRefusedFor(/may not read and write these tables: audit_events\./))
})

test('fault 6.4: settings of the user and the URL count as those of the database', { skip }, async (t) => {
  const url = await aPostgresDatabase(t)
  await assert.rejects(openStore(`${url}?options=-c%20synchronous_commit%3Doff`), isRefusedFor(/synchronous_commit is off/))
  await assert.rejects(openStore(`${url}?statement_timeout=0`), isRefusedFor(/time limits/))
})

test('fault 6.4: what a real server of this test does not have is recognized in its facts', { skip }, async (t) => {
  const facts = await readPostgresFacts(await aConnection(t, await aPostgresDatabase(t)))
  const limits = facts.limits
  assert.deepEqual(findPostgresFaults(facts, limits), [])
  const others: [Partial<PostgresFacts>, RegExp][] = [
    [{ version: 130_022, serverVersion: '13.22' }, /^PostgreSQL 13\.22 is too old\. Upgrade/],
    [{ fsync: 'off' }, /^fsync is off/],
    [{ clientEncoding: 'LATIN1' }, /^The encoding of its sessions is LATIN1/],
    [{ closedFunctions: ['pg_catalog.pg_notify(text, text)'] }, /pg_notify/],
  ]
  for (const [other, reason] of others) {
    const faults = findPostgresFaults({ ...facts, ...other }, limits)
    assert.equal(faults.length, 1)
    assert.match(faults[0]!, reason)
  }
})

const skipPooler = skip || skipWithoutPgBouncer()

for (const mode of ['transaction', 'statement'])
  for (const settings of ['', 'server_round_robin = 1\nmin_pool_size = 2', 'default_pool_size = 1'])
    test(
      `fault 6.4: PgBouncer in ${mode} mode is refused (${settings.replaceAll('\n', ', ') || 'its defaults'})`,
      { skip: skipPooler },
      async (t) => {
        const pooled = await aPgBouncer(t, await aPostgresDatabase(t), `pool_mode = ${mode}\n${settings}\n${passesLimits}`)
        await assert.rejects(openStore(pooled), isRefusedFor(/A pooler is in front of it.*Connect to PostgreSQL itself/))
      },
    )

const passesLimits = 'ignore_startup_parameters = statement_timeout,lock_timeout,idle_in_transaction_session_timeout'

test('fault 6.4: PgBouncer in session mode has sessions, but drops the time limits', { skip: skipPooler }, async (t) => {
  const url = await aPostgresDatabase(t)
  const dropping = await aPgBouncer(t, url, `pool_mode = session\n${passesLimits}`)
  await assert.rejects(openStore(dropping), isRefusedFor(/time limits 0 0 0 in place of 4s 2s 10s/))
  const [one, other] = [await aConnection(t, dropping), await aConnection(t, dropping)]
  assert.equal(await findPoolerFault(one, other), undefined)
  const strict = await aPgBouncer(t, url, 'pool_mode = session')
  for (const open of [openStore, inspectStore])
    await assert.rejects(open(strict), isRefusedFor(/A pooler is in front of it.*unsupported startup parameter/))
})
