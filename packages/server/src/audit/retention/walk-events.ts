// Walks the primary key of the audit log in windows of a bounded number of events, whatever they are: no statement reads more.
import type { Kysely } from 'kysely'
import type { Schema } from '../../store/schema.ts'
import type { Pace } from './pace.ts'

export interface Window {
  /** Exclusive. */
  readonly after: string
  /** Inclusive. */
  readonly upTo: string
}

/** @param before exclusive @param rows events of a window */
export async function* walkEvents(
  db: Kysely<Schema>,
  { after, before, rows, pace }: { readonly after: string; readonly before: string; readonly rows: number; readonly pace: Pace },
): AsyncGenerator<Window> {
  for (let start = after; ;) {
    const ids = db.selectFrom('audit_events').select('id').where('id', '>', start).where('id', '<', before).orderBy('id')
    const upTo = await pace.step(
      async () =>
        (
          await ids
            .offset(rows - 1)
            .limit(1)
            .executeTakeFirst()
        )?.id ??
        // Fewer are left.
        (await ids.clearOrderBy().orderBy('id', 'desc').limit(1).executeTakeFirst())?.id,
    )
    if (upTo === undefined) return
    yield { after: start, upTo }
    start = upTo
  }
}
