// Distinguishes one history of changes from another: every change gets an identity that no other history has.
import { randomUUID } from 'node:crypto'
import { sql, type Kysely } from 'kysely'
import { columnTypes, isPostgres } from './dialects.ts'

export async function histories(db: Kysely<unknown>): Promise<void> {
  const { text } = columnTypes(db)
  await db.schema.alterTable('changes').addColumn('identity', text).execute()
  // For nodes of the previous version, which write changes without one while both versions run.
  if (isPostgres(db)) await sql`alter table changes alter column identity set default gen_random_uuid()::text`.execute(db)
  // Only the last change is ever compared: a node knows at least that one before it compares anything.
  await sql`insert into changes (number, realm, organization_id, at)
    select value, '', null, 0 from epoch where value not in (select number from changes)`.execute(db)
  await sql`update changes set identity = ${randomUUID()} where number = (select value from epoch)`.execute(db)
}
