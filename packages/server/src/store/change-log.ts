// The change log, as the servers of one store read it: what was committed after the last change that they know of.
import { sql, type Kysely } from 'kysely'
import { isPostgres } from './dialects.ts'
import type { Schema } from './schema.ts'

export interface ChangesSince {
  /** The number of the last change. */
  readonly revision: number
  /** Milliseconds since the epoch by the clock of the database, if it has one of its own. */
  readonly databaseNow: number | undefined
  /** All changes behind the cursor; undefined where some are not there (any more) or there are too many to follow one by one. */
  readonly changes: readonly { readonly realm: string; readonly organizationId: string | null }[] | undefined
}

const maxChanges = 1000

/** One statement, so one snapshot: the numbers have no gaps, hence what is missing was trimmed. */
export async function readChangesSince(db: Kysely<Schema>, cursor: number): Promise<ChangesSince> {
  const now = isPostgres(db) ? sql<number | null>`floor(extract(epoch from clock_timestamp()) * 1000)::bigint` : sql<number | null>`null`
  const rows = await db
    .selectFrom('epoch')
    .leftJoin('changes', (join) => join.on('changes.number', '>', cursor))
    .select(['epoch.value', 'changes.number', 'changes.realm', 'changes.organization_id', now.as('now')])
    .orderBy('changes.number')
    .limit(maxChanges)
    .execute()
  const [first] = rows
  if (!first) throw new TypeError('The table "epoch" is empty')
  const changes = rows.flatMap(({ realm, organization_id: organizationId }) => (realm === null ? [] : [{ realm, organizationId }]))
  const revision = first.value
  return { revision, databaseNow: first.now ?? undefined, changes: changes.length === revision - cursor ? changes : undefined }
}
