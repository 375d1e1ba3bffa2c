// Deletes refusals that are older than a month, and of more than a million the oldest, samples last. In small steps, between which other
// requests are answered.
import { setImmediate as otherRequests } from 'node:timers/promises'
import { sql, type Kysely } from 'kysely'
import { isPostgres } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'

export interface RefusalBounds {
  readonly keptMs: number
  readonly rows: number
  /** Rows of one statement: a token waits for one at most. */
  readonly rowsPerStep: number
  /** The rest is left to the next run. */
  readonly steps: number
}

/** A node keeps 600 a second in the worst case; a run a minute deletes more. */
export const usualRefusalBounds: RefusalBounds = { keptMs: 30 * 86_400_000, rows: 1_000_000, rowsPerStep: 100, steps: 600 }

export async function pruneRefusals(db: Kysely<Schema>, now: number, bounds: RefusalBounds = usualRefusalBounds): Promise<void> {
  const { keptMs, rows, rowsPerStep } = bounds
  let { steps } = bounds
  for (const sample of [0, 1])
    for (let deleted = rowsPerStep; deleted === rowsPerStep && steps > 0; steps--)
      deleted = await deleteOldest(db, sample, rowsPerStep, now - keptMs)
  let excess = (await countRows(db)) - rows
  for (const sample of [0, 1])
    for (let left = Infinity; excess > 0 && left > 0 && steps > 0; steps--) {
      left = await deleteOldest(db, sample, Math.min(rowsPerStep, excess))
      excess -= left
    }
}

/** Another node that deletes the same rows leaves none for this one. */
async function deleteOldest(db: Kysely<Schema>, sample: number, count: number, before = Number.MAX_SAFE_INTEGER): Promise<number> {
  const { numAffectedRows = 0n } = await sql`delete from refusals where (request_id, reporter, realm) in (
    select request_id, reporter, realm from refusals where sample = ${sample} and at < ${before} order by at limit ${count}
  )`.execute(db)
  await otherRequests()
  return Number(numAffectedRows)
}

const hour = 3_600_000

/** On SQLite an hour at a time: counting a million at once holds up tokens. */
async function countRows(db: Kysely<Schema>): Promise<number> {
  if (isPostgres(db)) {
    const { rows } = await sql<{ count: number }>`select count(*) as count from refusals`.execute(db)
    return Number(rows[0]?.count ?? 0)
  }
  let count = 0
  for (const sample of [0, 1]) {
    let from = await firstAfter(db, sample, 0)
    while (from !== undefined) {
      const until = from + hour
      const { rows } = await sql<{ count: number }>`select count(*) as count from refusals
        where sample = ${sample} and at >= ${from} and at < ${until}`.execute(db)
      count += Number(rows[0]?.count ?? 0)
      await otherRequests()
      from = await firstAfter(db, sample, until)
    }
  }
  return count
}

async function firstAfter(db: Kysely<Schema>, sample: number, at: number): Promise<number | undefined> {
  const { rows } = await sql<{
    first: number | null
  }>`select min(at) as first from refusals where sample = ${sample} and at >= ${at}`.execute(db)
  const first = rows[0]?.first ?? null
  return first === null ? undefined : Number(first)
}
