// Writes rows of events to the store, many in one commit, by statements that are compiled once. Their sizes are powers of
// two, so there are few statements whatever the number of rows.
import type { CompiledQuery, InsertQueryBuilder, InsertResult, Kysely } from 'kysely'
import type { HistoryPlace } from '../store/change-log.ts'
import { isPostgres } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'
import type { EventRow } from './events/audit-chain.ts'

const maxRowsPerStatement = 64

/** Tells, where several servers share the store, which change was the last when the rows were written. */
export type WriteEvents = (rows: readonly EventRow[]) => Promise<HistoryPlace | undefined>

/**
 * Returns a function that writes all rows or none; it resolves once they are durable. Rows that are there already, because
 * nobody knew what became of an earlier attempt, are left as they are.
 */
export function createEventWriter(db: Kysely<Schema>): WriteEvents {
  const tellsPlace = isPostgres(db)
  const statements = new Map<number, CompiledQuery>()
  const insert = (rows: readonly EventRow[]): CompiledQuery => {
    let statement = statements.get(rows.length)
    if (!statement) {
      const query = db
        .insertInto('audit_events')
        .values(rows)
        .onConflict((conflict) => conflict.column('id').doNothing())
      statements.set(rows.length, (statement = (tellsPlace ? tellingPlace(db, query) : query).compile()))
    }
    // Kysely takes the columns in the order of the first row's members, which audit-chain.ts never changes.
    return { ...statement, parameters: rows.flatMap((row) => Object.values(row)) }
  }
  const write = async (executor: Kysely<Schema>, rows: readonly EventRow[]): Promise<HistoryPlace | undefined> =>
    (await executor.executeQuery(insert(rows))).rows[0] as HistoryPlace | undefined

  return async (rows) => {
    if (rows.length === 1) return write(db, rows)
    return db.transaction().execute(async (transaction) => {
      let place: HistoryPlace | undefined
      for (let written = 0; written < rows.length;) {
        const size = Math.min(maxRowsPerStatement, 2 ** Math.floor(Math.log2(rows.length - written)))
        place = await write(transaction, rows.slice(written, written + size))
        written += size
      }
      return place
    })
  }
}

/** In the same statement, so that it costs no question of its own. */
function tellingPlace(db: Kysely<Schema>, insert: InsertQueryBuilder<Schema, 'audit_events', InsertResult>) {
  return db
    .with('written', () => insert)
    .selectFrom('epoch')
    .leftJoin('changes', 'changes.number', 'epoch.value')
    .select(['epoch.value as number', 'changes.identity'])
}
