// Forgets processes of guards that were not seen for a week, and the routes of APIs that have no process any more.
import { sql, type Kysely } from 'kysely'
import type { Schema } from '../store/schema.ts'

const keptMs = 7 * 86_400_000

export async function pruneGuards(db: Kysely<Schema>, now: number): Promise<void> {
  await db
    .deleteFrom('reporting_guards')
    .where('seen_at', '<', now - keptMs)
    .execute()
  await sql`delete from guarded_routes where seen_at < ${now - keptMs} and not exists (
    select 1 from reporting_guards as process
    where process.realm = guarded_routes.realm and process.reporter = guarded_routes.reporter
      and coalesce(process.api, '') = guarded_routes.api
  )`.execute(db)
}
