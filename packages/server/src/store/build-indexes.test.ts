import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql, type Kysely } from 'kysely'
import { aPostgresDatabase, skipWithoutPostgres } from '../../test/store/postgres.fixture.ts'
import { buildIndexes } from './build-indexes.ts'
import { createLogin } from './login.ts'
import { auditIndexes } from './migration-021.ts'
import { migrations } from './migrations.ts'
import type { Schema } from './schema.ts'
import { openStore } from './store.ts'

const skip = skipWithoutPostgres()
const before = Object.fromEntries(Object.entries(migrations).filter(([name]) => name < '021'))

async function validIndexes(db: Kysely<Schema>): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select relname as name from pg_index join pg_class on pg_class.oid = indexrelid where indisvalid`.execute(db)
  return rows.map(({ name }) => name).filter((name) => name in auditIndexes)
}

/** As a long log of the version before. */
const manyEvents = sql`insert into audit_events (id, at, kind, outcome, detail, mac)
  select lpad(to_hex(i), 12, '0') || '-0a1b2c3d-00000000', i, 'token.request', 'success', '{}', '' from generate_series(1, 50001) as i`

test('an upgrade with a long log builds the indexes beside the requests, and again where a build was interrupted', { skip }, async (t) => {
  const url = await aPostgresDatabase(t)
  const old = await openStore(url, { history: before })
  await manyEvents.execute(old.db)
  await old.close()

  const said: string[] = []
  const { promise: built, resolve } = Promise.withResolvers<void>()
  const say = (message: string) => {
    said.push(message)
    if (message.startsWith('Built the index audit_events_caller')) resolve()
  }
  const { db, close } = await openStore(url, { say })
  t.after(close)
  const options = { login: createLogin({ location: url }), db, say }
  await Promise.all([built, buildIndexes(options).done])
  assert.deepEqual((await validIndexes(db)).toSorted(), Object.keys(auditIndexes).toSorted())
  assert.match(
    said.join('\n'),
    /^Building the index audit_events_changes .*\nBuilt the index audit_events_changes of the audit log in 1 s\./,
  )
  assert.equal(said.length, 8) // By one of both.

  await sql`drop index audit_events_client`.execute(db)
  const build = buildIndexes(options)
  await build.stop()
  await buildIndexes(options).done
  assert.equal((await validIndexes(db)).length, 4)
})

test('a short log has its indexes with the migration', { skip }, async (t) => {
  const { db, close } = await openStore(await aPostgresDatabase(t))
  t.after(close)
  assert.equal((await validIndexes(db)).length, 4)
})

test('a token is in no index but the primary key', { skip }, async (t) => {
  const { db, close } = await openStore(await aPostgresDatabase(t, { isMigrated: true }))
  t.after(close)
  await manyEvents.execute(db)
  const { rows } = await sql<{ pages: number }>`
    select sum(relpages)::int as pages from pg_class where relname in (${sql.join(Object.keys(auditIndexes))})`.execute(db)
  await sql`vacuum audit_events`.execute(db)
  const { rows: after } = await sql<{ pages: number }>`
    select sum(relpages)::int as pages from pg_class where relname in (${sql.join(Object.keys(auditIndexes))})`.execute(db)
  assert.deepEqual(after, rows)
})
