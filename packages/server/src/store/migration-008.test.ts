import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql, type Kysely } from 'kysely'
import { aPostgresDatabase, skipWithoutPostgres } from '../../test/store/postgres.fixture.ts'
import { aFileOfSqlite } from '../../test/store/sqlite-file.fixture.ts'
import { migrations } from './migrations.ts'
import { openStore, type Store } from './store.ts'

const skip = skipWithoutPostgres()

async function aClient({ db }: Store): Promise<void> {
  await sql`insert into organizations (id, realm, slug, name, status, capabilities, created_at, updated_at)
    values ('o', 'prod', 'acme', 'Acme', 'active', '{}', 1, 1)`.execute(db)
  await sql`insert into clients (id, realm, client_id, organization_id, name, enabled, service_account_enabled, scopes, created_at, updated_at)
    values ('c', 'prod', 'acme', 'o', 'Acme', 1, 1, '[]', 1, 1)`.execute(db)
}

async function aMigratedStore(t: Parameters<typeof aPostgresDatabase>[0]): Promise<Store> {
  const store = await openStore(await aPostgresDatabase(t))
  t.after(() => store.close())
  await aClient(store)
  return store
}

/** As `addSecret` of the version before does. */
const insert = (db: Kysely<never>, id: string, createdAt: number) =>
  sql`insert into "client_secrets" ("id", "client", "digest", "pepper_version", "last_four", "created_at", "expires_at", "started_by")
    values (${id}, 'c', ${Buffer.alloc(32, id)}, 1, 'aaaa', ${createdAt}, ${null}, ${null})`.execute(db)

const select = async (db: Kysely<never>) =>
  (
    await sql<{
      secret_id: string
      digest: Buffer
      pepper_version: number
      last_used_at: number
      first_used_at: number
      tokens_end_at: number
    }>`
      select "clients".*, "organizations"."slug", "client_secrets"."id" as "secret_id", "digest", "pepper_version", "last_four",
        "client_secrets"."created_at" as "secret_created_at", "expires_at", "expires_at_before_rotation", "started_by", "first_used_at",
        "last_used_at", "reminded_at", "tokens_end_at"
      from "clients" inner join "organizations" on "organizations"."id" = "clients"."organization_id"
      left join "client_secrets" on "client_secrets"."client" = "clients"."id"
      where "clients"."realm" = 'prod' and "clients"."client_id" in ('acme') order by "client_secrets"."created_at" desc`.execute(db)
  ).rows

test('the statements of the version before work on PostgreSQL after the migration, by the view that is left', { skip }, async (t) => {
  const { db: typed } = await aMigratedStore(t)
  const db = typed as unknown as Kysely<never>
  await insert(db, 'old', 1)
  await insert(db, 'new', 2)
  const stored = await typed.selectFrom('credentials').select(['id', 'kind', 'origin', 'digest_version']).orderBy('id').execute()
  const defaults = { kind: 'client_secret', origin: 'generated', digest_version: 1 }
  assert.deepEqual(stored, [
    { id: 'new', ...defaults },
    { id: 'old', ...defaults },
  ])

  await sql`update "client_secrets" set "expires_at" = 100, "expires_at_before_rotation" = ${null} where "id" = 'old'`.execute(db)
  await sql`with used (id, at, tokens_end_at) as (values (cast('new' as text), cast(50 as bigint), cast(60 as bigint)))
    update client_secrets
    set last_used_at = case when client_secrets.last_used_at > used.at then client_secrets.last_used_at else used.at end,
      tokens_end_at = case when client_secrets.tokens_end_at > used.tokens_end_at
        then client_secrets.tokens_end_at else used.tokens_end_at end,
      first_used_at = coalesce(client_secrets.first_used_at, case when exists (
        select 1 from client_secrets as older
        where older.client = client_secrets.client and older.created_at < client_secrets.created_at and older.expires_at > used.at
      ) then null else used.at end)
    from used
    where client_secrets.id = used.id and (client_secrets.last_used_at is null or client_secrets.last_used_at < used.at
      or client_secrets.tokens_end_at is null or client_secrets.tokens_end_at < used.tokens_end_at)`.execute(db)
  const rows = await select(db)
  assert.deepEqual(
    rows.map(({ secret_id, digest, pepper_version, last_used_at, first_used_at, tokens_end_at }) => [
      [secret_id, pepper_version, last_used_at, first_used_at, tokens_end_at],
      digest.equals(Buffer.alloc(32, secret_id)),
    ]),
    [
      [['new', 1, 50, null, 60], true],
      [['old', 1, null, null, null], true],
    ],
  )

  const reminded = await sql`update "client_secrets" set "reminded_at" = 3 where "id" in (
      select "due"."id" from (select "old".* from "client_secrets" as "old" inner join "client_secrets" as "newer" on "newer"."client" = "old"."client"
        where "newer"."created_at" > "old"."created_at") as "due")`.execute(db)
  assert.equal(reminded.numAffectedRows, 1n)
  const ended = await sql`delete from "client_secrets" where "client" = 'c' and "expires_at" <= 100`.execute(db)
  assert.equal(ended.numAffectedRows, 1n)
  await sql`delete from "clients" where "id" = 'c'`.execute(db)
  assert.deepEqual(await typed.selectFrom('credentials').select('id').execute(), [])
})

test('the version before neither sees nor ends credentials of other kinds', { skip }, async (t) => {
  const { db: typed } = await aMigratedStore(t)
  const db = typed as unknown as Kysely<never>
  await insert(db, 'secret', 1)
  await sql`insert into credentials (id, client, kind, material, digest_version, last_four, created_at, expires_at)
    values ('key', 'c', 'public_key', '', 0, '', 2, 5)`.execute(db)
  assert.deepEqual(
    (await select(db)).map(({ secret_id }) => secret_id),
    ['secret'],
  )
  await sql`delete from "client_secrets" where "client" = 'c' and "expires_at" <= 100`.execute(db)
  assert.equal((await typed.selectFrom('credentials').select('id').execute()).length, 2)
})

test('a migration that is interrupted on SQLite leaves the table as it was', async (t) => {
  const location = aFileOfSqlite(t)
  const before = Object.fromEntries(Object.entries(migrations).filter(([name]) => name < '008'))
  const old = await openStore(location, { history: before })
  // Stands in the way of the last step.
  await sql`create table credentials_age (name text)`.execute(old.db)
  await old.close()
  await assert.rejects(openStore(location))
  const untouched = await openStore(location, { history: before })
  assert.equal((await sql`select id from client_secrets`.execute(untouched.db)).rows.length, 0)
  await sql`drop table credentials_age`.execute(untouched.db)
  await untouched.close()
  await (await openStore(location)).close()
})
