// Indexes for searches of the audit log, and the table of events that came late, for those who follow it (audit/search/follow-audit.ts).
// An issued token is in no index but the primary key, so writing it costs as much as before. A query must repeat the condition of an
// index word for word, or the database does not use it.
import { sql, type Kysely, type RawBuilder, type SqlBool } from 'kysely'
import { columnTypes, isPostgres } from './dialects.ts'

/** Everything but issued tokens. */
export const noTokens: RawBuilder<SqlBool> = sql`(outcome <> 'success' or kind <> 'token.request')`

/** Changes, and what the server records of itself. */
export const successes: RawBuilder<SqlBool> = sql`outcome = 'success' and kind <> 'token.request'`

/** An index of PostgreSQL refuses a long value, and with it the event. The longest client id has 255 characters. */
export const ofClients: RawBuilder<SqlBool> = sql`client_id is not null and length(client_id) <= 255 and ${noTokens}`
export const ofOrganizations: RawBuilder<SqlBool> = sql`organization_id is not null and ${noTokens}`
export const ofCallers: RawBuilder<SqlBool> = sql`caller_request_id is not null and ${noTokens}`

/** Each with its columns and its condition. */
export const auditIndexes: Readonly<Record<string, RawBuilder<unknown>>> = {
  audit_events_changes: sql`(id) where ${successes}`,
  audit_events_organization: sql`(organization_id, outcome, id) where ${ofOrganizations}`,
  audit_events_client: sql`(client_id, outcome, id) where ${ofClients}`,
  audit_events_caller: sql`(caller_request_id, id) where ${ofCallers}`,
}

/** Up to this number of events the indexes of a PostgreSQL are built within the migration, otherwise beside it: build-indexes.ts. */
const fewEvents = 50_000

export async function auditSearch(db: Kysely<unknown>): Promise<void> {
  const { text } = columnTypes(db)
  await db.schema
    .createTable('audit_arrivals')
    .addColumn('number', 'bigint', (column) => column.primaryKey())
    .addColumn('node', text, (column) => column.notNull())
    .addColumn('first_id', text, (column) => column.notNull())
    .addColumn('last_id', text, (column) => column.notNull())
    .execute()
  if (isPostgres(db) && (await hasManyEvents(db))) return
  for (const [name, what] of Object.entries(auditIndexes)) await sql`create index ${sql.ref(name)} on audit_events ${what}`.execute(db)
}

async function hasManyEvents(db: Kysely<unknown>): Promise<boolean> {
  const { rows } = await sql`select 1 from audit_events offset ${sql.lit(fewEvents)} limit 1`.execute(db)
  return rows.length > 0
}
