// Records of removed audit events and their archives.
import type { Kysely } from 'kysely'
import { columnTypes } from './dialects.ts'

export async function auditPieces(db: Kysely<unknown>): Promise<void> {
  const { text } = columnTypes(db)
  await db.schema
    .createTable('audit_pieces')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('class', text, (column) => column.notNull())
    .addColumn('first_id', text, (column) => column.notNull())
    .addColumn('last_id', text, (column) => column.notNull())
    .addColumn('events', 'bigint', (column) => column.notNull())
    .addColumn('file', text)
    .addColumn('bytes', 'bigint')
    .addColumn('sha256', text)
    .addColumn('removed', text, (column) => column.notNull())
    .addColumn('recorded_at', 'bigint', (column) => column.notNull())
    .addColumn('removed_at', 'bigint')
    .addColumn('mac', text, (column) => column.notNull())
    .execute()
  await db.schema.createIndex('audit_pieces_of_class').on('audit_pieces').columns(['class', 'last_id']).execute()
}
