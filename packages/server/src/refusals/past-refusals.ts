// Refusals of the past, brought along: a demo shows what did not happen.
import type { Kysely } from 'kysely'
import type { Schema } from '../store/schema.ts'
import { insertRefusals, rowsPerStatement, toRow } from './insert-refusals.ts'
import type { Refusal } from './refusal.ts'

export type PastRefusal = Refusal

/** Those whose ids are there already are left as they are. Refusals decide nothing, so there is no audit event. */
export async function addPastRefusals(db: Kysely<Schema>, refusals: readonly PastRefusal[]): Promise<void> {
  const rows = refusals.map((refusal) => toRow(refusal, false))
  const atOnce = rowsPerStatement(db)
  for (let from = 0; from < rows.length; from += atOnce) await insertRefusals(db, rows.slice(from, from + atOnce))
}
