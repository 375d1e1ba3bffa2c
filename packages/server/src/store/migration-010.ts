// A row of the change log says what changed and of what. Nodes of the version before write rows without it, which mean all of the
// organization, or of the realm where there is none.
import type { Kysely } from 'kysely'
import { columnTypes } from './dialects.ts'

export async function changeLog(db: Kysely<unknown>): Promise<void> {
  const { text } = columnTypes(db)
  await db.schema
    .alterTable('changes')
    .addColumn('what', text, (column) => column.notNull().defaultTo('rights'))
    .execute()
  await db.schema.alterTable('changes').addColumn('subject', text).execute()
}
