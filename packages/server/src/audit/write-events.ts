// Writes rows of events to the store, many in one commit, by statements that are compiled once. Their sizes are powers of
// two, so there are few statements whatever the number of rows.
import type { CompiledQuery, Kysely } from 'kysely'
import type { Schema } from '../store/schema.ts'
import type { EventRow } from './events/audit-chain.ts'

const maxRowsPerStatement = 64

/**
 * Returns a function that writes all rows or none; it resolves once they are durable. Rows that are there already, because
 * nobody knew what became of an earlier attempt, are left as they are.
 */
export function createEventWriter(db: Kysely<Schema>): (rows: readonly EventRow[]) => Promise<void> {
  const statements = new Map<number, CompiledQuery>()
  const insert = (rows: readonly EventRow[]): CompiledQuery => {
    let statement = statements.get(rows.length)
    if (!statement) {
      const query = db
        .insertInto('audit_events')
        .values(rows)
        .onConflict((conflict) => conflict.column('id').doNothing())
      statements.set(rows.length, (statement = query.compile()))
    }
    // Kysely takes the columns in the order of the first row's members, which audit-chain.ts never changes.
    return { ...statement, parameters: rows.flatMap((row) => Object.values(row)) }
  }
  return async (rows) => {
    if (rows.length === 1) return void (await db.executeQuery(insert(rows)))
    await db.transaction().execute(async (transaction) => {
      for (let written = 0; written < rows.length;) {
        const size = Math.min(maxRowsPerStatement, 2 ** Math.floor(Math.log2(rows.length - written)))
        await transaction.executeQuery(insert(rows.slice(written, written + size)))
        written += size
      }
    })
  }
}
