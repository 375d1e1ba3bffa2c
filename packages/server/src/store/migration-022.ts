// The id of a refused request in the log of its API, beside the one that the caller sent.
import { sql, type Kysely } from 'kysely'
import { columnTypes } from './dialects.ts'

export async function idsOfApis(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('refusals').addColumn('api_request_id', columnTypes(db).text).execute()
  await sql`create index refusals_of_api_id on refusals (api_request_id, at) where api_request_id is not null`.execute(db)
}
