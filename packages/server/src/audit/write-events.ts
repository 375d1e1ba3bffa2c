// Writes events to the store: one as part of a change, or many in one commit by statements that are compiled once. Their
// sizes are powers of two, so there are few statements whatever the number of rows.
import type { CompiledQuery, Kysely, Transaction } from 'kysely'
import type { Schema } from '../store/schema.ts'
import { toRow, type AuditEvent, type EventRow } from './audit-event.ts'

/** Writes an event inside the transaction that makes the change it tells of. */
export async function recordInTransaction(db: Transaction<Schema>, event: AuditEvent, now: number): Promise<void> {
  await db.insertInto('audit_events').values(toRow(event, now)).execute()
}

const largestStatement = 64

/** Returns a function that writes all rows or none; it resolves once they are durable. */
export function createEventWriter(db: Kysely<Schema>): (rows: readonly EventRow[]) => Promise<void> {
  const statements = new Map<number, CompiledQuery>()

  const insert = (rows: readonly EventRow[]): CompiledQuery => {
    let statement = statements.get(rows.length)
    if (!statement) statements.set(rows.length, (statement = db.insertInto('audit_events').values(rows).compile()))
    // Kysely takes the columns in the order of the first row's members, which toRow() never changes.
    return { ...statement, parameters: rows.flatMap((row) => Object.values(row)) }
  }

  return async (rows) => {
    if (rows.length === 1) return void (await db.executeQuery(insert(rows)))
    await db.transaction().execute(async (transaction) => {
      for (let written = 0; written < rows.length;) {
        const size = Math.min(largestStatement, 2 ** Math.floor(Math.log2(rows.length - written)))
        await transaction.executeQuery(insert(rows.slice(written, written + size)))
        written += size
      }
    })
  }
}
