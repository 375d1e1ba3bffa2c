// One table for the credentials of all kinds. Client secrets keep their ids and their places in it, so nothing that refers to one
// changes.
import { sql, type Kysely } from 'kysely'
import { columnTypes, isPostgres } from './dialects.ts'

export async function credentials(db: Kysely<unknown>): Promise<void> {
  await renameTable(db)
  await renameIndices(db)
  if (isPostgres(db)) await leaveView(db)
}

async function renameTable(db: Kysely<unknown>): Promise<void> {
  const { text } = columnTypes(db)
  await db.schema.alterTable('client_secrets').renameTo('credentials').execute()
  await db.schema.alterTable('credentials').renameColumn('digest', 'material').execute()
  await db.schema.alterTable('credentials').renameColumn('pepper_version', 'digest_version').execute()
  // Its values are not checked here: SQLite cannot change a check, so another kind would have to rebuild the table.
  await db.schema
    .alterTable('credentials')
    .addColumn('kind', text, (column) => column.notNull().defaultTo('client_secret'))
    .execute()
  await db.schema
    .alterTable('credentials')
    .addColumn('origin', text, (column) =>
      column
        .notNull()
        .defaultTo('generated')
        .check(sql`origin in ('generated', 'imported')`),
    )
    .execute()
}

const indices = {
  client: sql`(client)`,
  expiry: sql`(expires_at) where expires_at is not null`,
  age: sql`(created_at) where reminded_at is null`,
}

async function renameIndices(db: Kysely<unknown>): Promise<void> {
  for (const [name, definition] of Object.entries(indices)) {
    const [before, after] = [sql.id(`client_secrets_${name}`), sql.id(`credentials_${name}`)]
    if (isPostgres(db)) {
      await sql`alter index ${before} rename to ${after}`.execute(db)
    } else {
      await sql`drop index ${before}`.execute(db)
      await sql`create index ${after} on credentials ${definition}`.execute(db)
    }
  }
}

/**
 * For nodes of the version before, which go on reading and writing secrets by the old names while both versions run. PostgreSQL
 * passes every statement through a view as plain as this one; what is inserted gets the defaults of the table.
 */
async function leaveView(db: Kysely<unknown>): Promise<void> {
  await sql`create view client_secrets as
    select id, client, material as digest, digest_version as pepper_version, last_four, created_at, expires_at, first_used_at,
      last_used_at, reminded_at, expires_at_before_rotation, started_by, tokens_end_at
    from credentials where kind = 'client_secret'`.execute(db)
}
