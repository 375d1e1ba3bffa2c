// Writes event rows to the store, many per commit.
import type { CompiledQuery, Kysely, QueryResult } from 'kysely'
import type { HistoryPlace } from '../store/change-log.ts'
import { isPostgres } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'
import { isUniqueViolation } from '../store/store-errors.ts'
import type { EventRow } from './events/event-row.ts'
import { insertArrays } from './insert-arrays.ts'
import { createRowInserts } from './insert-rows.ts'

/** In a store shared by several servers: the last change when the rows were written. */
export type WriteEvents = (rows: readonly EventRow[]) => Promise<HistoryPlace | undefined>

/**
 * Returns a function that writes all rows or none and resolves once they are durable. It is idempotent: rows already stored by an earlier
 * attempt with an unknown outcome are left as they are.
 */
export function createEventWriter(db: Kysely<Schema>): WriteEvents {
  if (isPostgres(db))
    return async (rows) => {
      const groups = byShape(rows)
      const write = (leavesStored: boolean) =>
        execute(
          db,
          groups.map((group) => insertArrays(group, { leavesStored })),
        )
      return write(false).catch((error: unknown) => {
        if (!isUniqueViolation(error)) throw error
        return write(true)
      })
    }
  const insertRows = createRowInserts(db)
  return (rows) => execute(db, byShape(rows).flatMap(insertRows))
}

/** All or none. Returns what the last one tells. */
async function execute(db: Kysely<Schema>, statements: readonly CompiledQuery[]): Promise<HistoryPlace | undefined> {
  if (statements.length === 1) return placeIn(await db.executeQuery(statements[0]!))
  return db.transaction().execute(async (transaction) => {
    let place: HistoryPlace | undefined
    for (const statement of statements) place = placeIn(await transaction.executeQuery(statement))
    return place
  })
}

function placeIn({ rows: [place] }: QueryResult<unknown>): HistoryPlace | undefined {
  return place as HistoryPlace | undefined
}

/** One statement has the same columns for all of its rows: with actor or without, or as before the layout column. */
export function byShape(rows: readonly EventRow[]): (readonly EventRow[])[] {
  const first = shapeOf(rows[0]!)
  if (rows.every((row) => shapeOf(row) === first)) return [rows]
  return [...Map.groupBy(rows, shapeOf).values()]
}

function shapeOf(row: EventRow): 'short' | 'long' | 'old' {
  if (row.layout === undefined) return 'old'
  return row.actor_kind === undefined ? 'short' : 'long'
}
