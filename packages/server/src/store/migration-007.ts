// The audit log by actor and by request. Columns are only added, with defaults: a server of the version before may go on writing.
import { sql, type Kysely } from 'kysely'
import { columnTypes } from './dialects.ts'

const added = ['actor_kind', 'actor_id', 'actor_realm', 'actor_via', 'on_behalf_of', 'caller_request_id', 'trace_id']

export async function audit(db: Kysely<unknown>): Promise<void> {
  const { text } = columnTypes(db)
  await db.schema
    .alterTable('audit_events')
    .addColumn('layout', 'integer', (column) => column.notNull().defaultTo(1))
    .execute()
  for (const column of added) await db.schema.alterTable('audit_events').addColumn(column, text).execute()
  await sql`create index audit_events_actor on audit_events (actor_id, id) where actor_id is not null`.execute(db)
  // Changes of layout 1 name their actor only in the detail. A token's row is in neither index, so writing it costs what it did.
  await sql`create index audit_events_older_changes on audit_events (id)
    where layout = 1 and outcome = 'success' and kind <> 'token.request'`.execute(db)
}
