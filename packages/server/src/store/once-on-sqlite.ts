import { sql, type Kysely } from 'kysely'
import { isPostgres } from './dialects.ts'

/**
 * Makes a migration of several steps all or nothing. On PostgreSQL it runs in a transaction anyway. On SQLite Kysely opens none, and
 * notes only afterwards that the migration ran: a server that dies in the middle, or before the note, must be able to start again.
 * @param mark a table and a column of it that are there once the migration ran
 */
export async function onceOnSqlite(
  db: Kysely<unknown>,
  mark: readonly [table: string, column: string],
  migration: (db: Kysely<unknown>) => Promise<void>,
): Promise<void> {
  if (isPostgres(db)) return migration(db)
  const [table, column] = mark
  const { rows } = await sql`select 1 from pragma_table_info(${table}) where name = ${column}`.execute(db)
  if (rows.length === 0) await db.transaction().execute(migration)
}
