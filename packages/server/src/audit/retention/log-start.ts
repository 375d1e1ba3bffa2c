// From when on the store has all events of a class, for a search that asks for earlier ones.
import type { Kysely } from 'kysely'
import { instantOf } from '../../node-ids.ts'
import type { Schema } from '../../store/schema.ts'

export interface RemovedUntil {
  readonly class: string
  /** The instant of the last removed event. Milliseconds since the epoch. */
  readonly until: number
}

/** The classes of which events at or after an instant were removed. */
export async function findRemovedSince(db: Kysely<Schema>, from = 0): Promise<RemovedUntil[]> {
  const rows = await db
    .selectFrom('audit_pieces')
    .select(['class', (query) => query.fn.max<string>('last_id').as('last_id')])
    .groupBy('class')
    .orderBy('class')
    .execute()
  return rows.map(({ class: name, last_id: lastId }) => ({ class: name, until: instantOf(lastId) })).filter(({ until }) => until >= from)
}
