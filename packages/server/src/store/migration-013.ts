// What the tokens of a client say: claim sets, which clients share, and what single clients have of their own.
import type { Kysely } from 'kysely'
import { columnTypes } from './dialects.ts'

export async function grants(db: Kysely<unknown>): Promise<void> {
  const { text } = columnTypes(db)
  await db.schema
    .createTable('claim_sets')
    .addColumn('realm', text, (column) => column.notNull())
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('description', text, (column) => column.notNull())
    .addColumn('content', text, (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull().defaultTo(1))
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('claim_sets_key', ['realm', 'name'])
    .execute()
  for (const column of ['subject', 'default_scopes', 'claim_set', 'own_grant', 'scope_grants', 'header_type'])
    await db.schema.alterTable('clients').addColumn(column, text).execute()
  await db.schema.createIndex('clients_claim_set').on('clients').columns(['realm', 'claim_set']).execute()
}
