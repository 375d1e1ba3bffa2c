// Events that are stored later than usual: those of a spool, and of a change or a write that took long. A follower reads up to a short
// time ago and never goes back, so each of them is named here, in the order in which they came.
import { sql, type Kysely, type Transaction } from 'kysely'
import type { HistoryPlace } from '../store/change-log.ts'
import { isPostgres } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'
import { nodeOf } from '../node-ids.ts'
import type { EventRow } from './events/event-row.ts'
import { insertArrays } from './insert-arrays.ts'
import { byShape, type WriteEvents } from './write-events.ts'

/** An event that is older than this when it is written is late. Milliseconds. */
export const lateAfterMs = 10_000

/**
 * Followers of a shared store read events once they are this old: the time until an event is late, three statements of at most 5 s in which
 * it commits, and the difference of the clocks of two nodes, at most 5 s. Milliseconds.
 */
export const followAfterMs = 30_000

/** "csga": held until the transaction has ended, so that numbers become visible in their order. */
const arrivalLock = 0x63736761

/** Names events in the transaction that stores them. */
export async function noteArrival(db: Transaction<Schema>, rows: readonly Pick<EventRow, 'id'>[]): Promise<void> {
  if (isPostgres(db)) await sql`select pg_advisory_xact_lock(${sql.lit(arrivalLock)})`.execute(db)
  for (const [node, ofNode] of Map.groupBy(rows, ({ id }) => nodeOf(id))) {
    const ids = ofNode.map(({ id }) => id).toSorted()
    await sql`insert into audit_arrivals (number, node, first_id, last_id)
      select coalesce(max(number), 0) + 1, ${node}, ${ids[0]}, ${ids.at(-1)} from audit_arrivals`.execute(db)
  }
}

/** As createEventWriter(), for events that are late. */
export function createLateWriter(db: Kysely<Schema>): WriteEvents {
  return (rows) =>
    db.transaction().execute(async (transaction) => {
      await noteArrival(transaction, rows)
      let place: HistoryPlace | undefined
      for (const group of byShape(rows)) {
        const { rows: places } = await transaction.executeQuery<HistoryPlace>(insertArrays(group, { leavesStored: true }))
        place = places[0]
      }
      return place
    })
}
