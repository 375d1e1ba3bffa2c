// The assertions by which clients with keys authenticated: each is accepted once, over all nodes and restarts. The keys themselves are
// rows of the table of credentials, whose columns suffice. Versions before do not know the method and never write here.
import type { Kysely } from 'kysely'
import { columnTypes } from './dialects.ts'

export async function clientKeys(db: Kysely<unknown>): Promise<void> {
  const { text } = columnTypes(db)
  // Without a foreign key: it would lock the row of the client for each token, and a deleted client's rows expire within minutes.
  await db.schema
    .createTable('used_assertions')
    .addColumn('client', text, (column) => column.notNull())
    .addColumn('digest', text, (column) => column.notNull())
    .addColumn('used_by', text, (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('used_assertions_key', ['client', 'digest'])
    .execute()
  await db.schema.createIndex('used_assertions_expiry').on('used_assertions').column('expires_at').execute()
}
