// The signing algorithm of single clients, and which keys are theirs: a realm without the setting goes by the algorithm of its other keys. Its values are not checked here: SQLite cannot change a check, so another algorithm would
// have to rebuild the table.
import { sql, type Kysely } from 'kysely'
import { columnTypes } from './dialects.ts'

export async function algorithmByClient(db: Kysely<unknown>): Promise<void> {
  const { text } = columnTypes(db)
  await db.schema.alterTable('clients').addColumn('signing_algorithm', text).execute()
  await db.schema
    .alterTable('signing_keys')
    .addColumn('further', 'integer', (column) => column.notNull().defaultTo(0))
    .execute()
  // For the check at each start, whether the realm of each of them still has its algorithm.
  await sql`create index clients_signing_algorithm on clients (realm, signing_algorithm) where signing_algorithm is not null`.execute(db)
}
