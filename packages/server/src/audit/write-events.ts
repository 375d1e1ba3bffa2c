// Writes event rows to the store, many per commit, through statements that are compiled once. Batch sizes are powers of two, which bounds
// the number of statements.
import { sql, type CompiledQuery, type InsertQueryBuilder, type InsertResult, type Kysely } from 'kysely'
import type { HistoryPlace } from '../store/change-log.ts'
import { isPostgres } from '../store/dialects.ts'
import { prepareOnce } from '../store/prepared-statements.ts'
import type { Schema } from '../store/schema.ts'
import { layout, type EventRow } from './events/event-row.ts'

const maxRowsPerStatement = 64

/** In a store shared by several servers: the last change when the rows were written. */
export type WriteEvents = (rows: readonly EventRow[]) => Promise<HistoryPlace | undefined>

/**
 * Returns a function that writes all rows or none and resolves once they are durable. It is idempotent: rows already stored by an earlier
 * attempt with an unknown outcome are left as they are.
 */
export function createEventWriter(db: Kysely<Schema>): WriteEvents {
  const tellsPlace = isPostgres(db)
  const statements = new Map<string, CompiledQuery>()
  const insert = (rows: readonly EventRow[]): CompiledQuery => {
    const shape = shapeOf(rows[0]!)
    const name = `${shape} ${rows.length}`
    let statement = statements.get(name)
    if (!statement) {
      const query = db
        .insertInto('audit_events')
        .values(shape === 'old' ? rows : rows.map((row) => ({ ...row, layout: sql.lit(layout) })))
        .onConflict((conflict) => conflict.column('id').doNothing())
      statements.set(name, (statement = (tellsPlace ? tellingPlace(db, query) : query).compile()))
      prepareOnce(statement.sql)
    }
    // Kysely takes the columns in the order of the first row's members, which event-row.ts keeps constant.
    return { ...statement, parameters: rows.flatMap(shape === 'old' ? Object.values : valuesOf) }
  }
  const write = async (executor: Kysely<Schema>, rows: readonly EventRow[]): Promise<HistoryPlace | undefined> =>
    (await executor.executeQuery(insert(rows))).rows[0] as HistoryPlace | undefined

  return async (rows) => {
    if (rows.length === 1) return write(db, rows)
    return db.transaction().execute(async (transaction) => {
      let place: HistoryPlace | undefined
      for (const alike of byShape(rows)) {
        for (let written = 0; written < alike.length;) {
          const size = Math.min(maxRowsPerStatement, 2 ** Math.floor(Math.log2(alike.length - written)))
          place = await write(transaction, alike.slice(written, written + size))
          written += size
        }
      }
      return place
    })
  }
}

/** Part of the same statement, so it costs no additional query. */
function tellingPlace(db: Kysely<Schema>, insert: InsertQueryBuilder<Schema, 'audit_events', InsertResult>) {
  return db
    .with('written', () => insert)
    .selectFrom('epoch')
    .leftJoin('changes', 'changes.number', 'epoch.value')
    .select(['epoch.value as number', 'changes.identity'])
}

/** Without the layout, which is last and is a constant in the statement. */
function valuesOf(row: EventRow): unknown[] {
  const values: unknown[] = Object.values(row)
  values.pop()
  return values
}

/** One statement has the same columns for all of its rows. */
function byShape(rows: readonly EventRow[]): Iterable<readonly EventRow[]> {
  const first = shapeOf(rows[0]!)
  if (rows.every((row) => shapeOf(row) === first)) return [rows]
  return Map.groupBy(rows, shapeOf).values()
}

/** 'short' is without actor, 'long' with actor, 'old' written before the layout column. */
function shapeOf(row: EventRow): 'short' | 'long' | 'old' {
  if (row.layout === undefined) return 'old'
  return row.actor_kind === undefined ? 'short' : 'long'
}
