// Indexes of the audit log by actor and by request. Columns are only added, with defaults: a server of the previous version may
// still write.
import { sql, type Kysely, type RawBuilder, type SqlBool } from 'kysely'
import { columnTypes, isPostgres } from './dialects.ts'

const added = ['actor_kind', 'actor_id', 'actor_realm', 'actor_via', 'on_behalf_of', 'caller_request_id', 'trace_id']

export async function audit(db: Kysely<unknown>): Promise<void> {
  const { text } = columnTypes(db)
  await db.schema
    .alterTable('audit_events')
    .addColumn('layout', 'integer', (column) => column.notNull().defaultTo(1))
    .execute()
  for (const column of added) await db.schema.alterTable('audit_events').addColumn(column, text).execute()
  // A token's row is in neither index, so writing it costs as much as before.
  await sql`create index audit_events_actor on audit_events (actor_id, id) where actor_id is not null`.execute(db)
  const { changes, actor } = olderChanges(db)
  await sql`create index audit_events_older_actor on audit_events ((${actor}), id) where ${changes}`.execute(db)
}

/**
 * Changes of layout 1, which have their actor only at the end of their detail. A query must use exactly this expression, or the
 * database does not use the index.
 */
export function olderChanges(db: Pick<Kysely<unknown>, 'getExecutor'>) {
  const instr = sql.raw(isPostgres(db) ? 'strpos' : 'instr')
  // Limited to the size that an index accepts, even if the row was tampered with.
  const by = sql`substr(detail, ${instr}(detail, '"by":{'), 300)`
  const changes: RawBuilder<SqlBool> = sql`layout = 1 and outcome = 'success' and kind <> 'token.request' and ${instr}(detail, '"by":{') > 0`
  /** The text from `"client":"` to the end. */
  const actor: RawBuilder<string> = sql`substr(${by}, ${instr}(${by}, '"client":"'))`
  return { changes, actor }
}
