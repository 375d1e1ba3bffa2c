// Deletes what is older than it is kept, in small steps: a statement of SQLite answers no other request meanwhile.
import { setImmediate as otherRequests } from 'node:timers/promises'
import { sql, type Kysely, type RawBuilder } from 'kysely'
import { isPostgres } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'
import { keptMs, type UsageStep } from './usage-steps.ts'

const rowsPerStatement = 1000
/** The rest follows a minute later. */
const maxStatements = 50

export async function pruneUsage(db: Kysely<Schema>, now: number): Promise<void> {
  for (const step of ['hour', 'day'] satisfies UsageStep[])
    await deletePieces(db, 'usage', sql`step = ${step} and start < ${now - keptMs[step]}`)
  await deletePieces(db, 'credential_uses', sql`last_at < ${now - keptMs.day}`)
}

async function deletePieces(db: Kysely<Schema>, table: 'usage' | 'credential_uses', condition: RawBuilder<unknown>): Promise<void> {
  const row = sql.raw(isPostgres(db) ? 'ctid' : 'rowid')
  for (let statement = 0; statement < maxStatements; statement++) {
    const piece = sql`select ${row} from ${sql.table(table)} where ${condition} limit ${rowsPerStatement}`
    const { numAffectedRows } = await sql`delete from ${sql.table(table)} where ${row} in (${piece})`.execute(db)
    if (Number(numAffectedRows ?? 0) < rowsPerStatement) return
    await otherRequests()
  }
}
