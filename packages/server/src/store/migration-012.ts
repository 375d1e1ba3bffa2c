// The clocks of the nodes, by which a node knows whether a difference from the database's clock is its own or that of all.
import type { Kysely } from 'kysely'
import { columnTypes } from './dialects.ts'

export async function nodeClocks(db: Kysely<unknown>): Promise<void> {
  const { text } = columnTypes(db)
  await db.schema
    .createTable('node_clocks')
    .addColumn('node', text, (column) => column.primaryKey())
    .addColumn('difference', 'bigint', (column) => column.notNull())
    .addColumn('measured_at', 'bigint', (column) => column.notNull())
    .execute()
}
