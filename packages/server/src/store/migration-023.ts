// Sessions of the pages. What a cookie has is not in the store: only its HMAC under the pepper.
import type { Kysely } from 'kysely'
import { columnTypes } from './dialects.ts'

export async function sessions(db: Kysely<unknown>): Promise<void> {
  const { text } = columnTypes(db)
  await db.schema
    .createTable('sessions')
    .addColumn('digest', text, (column) => column.primaryKey())
    .addColumn('id', text, (column) => column.notNull().unique())
    .addColumn('mount', text, (column) => column.notNull())
    .addColumn('client', text, (column) => column.notNull().references('clients.id').onDelete('cascade'))
    .addColumn('credential', text, (column) => column.notNull())
    .addColumn('signed_in_at', 'bigint', (column) => column.notNull())
    .addColumn('seen_at', 'bigint', (column) => column.notNull())
    .addColumn('confirmed_at', 'bigint', (column) => column.notNull())
    .addColumn('ends_at', 'bigint', (column) => column.notNull())
    .addColumn('address', text, (column) => column.notNull())
    .addColumn('user_agent', text, (column) => column.notNull())
    .execute()
  await db.schema.createIndex('sessions_of_client').on('sessions').columns(['client', 'signed_in_at']).execute()
  await db.schema.createIndex('sessions_ends').on('sessions').column('ends_at').execute()
}
