// Sums of counts by a column, and by step. SQLite answers no other request while it sums, so it is given a part of the rows at a time, unless
// an index has just those of one client or organization.
import { setImmediate as otherRequests } from 'node:timers/promises'
import { sql, type ExpressionBuilder, type Kysely } from 'kysely'
import { isPostgres } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'
import { stepMs, type UsageStep } from './usage-steps.ts'

export interface UsageFilter {
  readonly realm: string
  readonly what?: 'token' | 'call' | undefined
  readonly clientId?: string | undefined
  readonly organizationId?: string | undefined
  /** Milliseconds since the epoch; what was counted in steps that began before does not count. */
  readonly since?: number | undefined
  /** Leaves out refusals of those who only named the client. */
  readonly isProven?: boolean
}

export interface StepRange {
  readonly step: UsageStep
  readonly from: number
  readonly to: number
}

export type UsageColumn = 'outcome' | 'subject' | 'client_id' | 'organization_id'

export interface Sum {
  readonly key: string
  readonly start: number
  readonly count: number
}

interface Piece {
  readonly start: number
  readonly after: number
  readonly end: number | undefined
}

const rowsPerPiece = 5000

/** By column, all steps together: at least the largest ones. */
export async function sumByColumn(
  db: Kysely<Schema>,
  filter: UsageFilter,
  range: StepRange,
  column: UsageColumn,
  atLeast: number,
): Promise<Map<string, number>> {
  const totals = new Map<string, number>()
  for await (const piece of pieces(db, filter, range)) {
    const sums = selectRows(db, filter, range, piece)
      .select([sql.ref<string>(column).as('key'), sql<number>`sum(count)`.as('count')])
      .groupBy(column)
    const largest = sums
      .orderBy(sql`sum(count)`, 'desc')
      .orderBy(column)
      .limit(atLeast)
    const rows = await (piece ? sums : largest).execute()
    for (const { key, count } of rows) totals.set(key, (totals.get(key) ?? 0) + Number(count))
  }
  return totals
}

/** By step and column, where only some values have a name; the rest is ''. */
export async function* sumByStep(
  db: Kysely<Schema>,
  filter: UsageFilter,
  range: StepRange,
  column: UsageColumn,
  named: readonly string[],
): AsyncGenerator<Sum> {
  // At least one value, because a list must not be empty; '' is its own name.
  const key = sql<string>`case when ${sql.ref(column)} in (${sql.join(['', ...named])}) then ${sql.ref(column)} else '' end`
  for await (const piece of pieces(db, filter, range)) {
    const rows = await selectRows(db, filter, range, piece)
      .select([key.as('key'), 'start', sql<number>`sum(count)`.as('count')])
      .groupBy(['start', sql`1`])
      .execute()
    for (const row of rows) yield { key: row.key, start: Number(row.start), count: Number(row.count) }
  }
}

async function* pieces(db: Kysely<Schema>, filter: UsageFilter, { step, from, to }: StepRange): AsyncGenerator<Piece | undefined> {
  if (isPostgres(db) || filter.clientId !== undefined || filter.organizationId !== undefined) return yield undefined
  for (let start = from; start < to; start += stepMs[step]) {
    let after = 0
    for (;;) {
      const end = await findEnd(db, step, start, after)
      yield { start, after, end }
      if (end === undefined) break
      after = end
      await otherRequests()
    }
  }
}

/** The last row of a piece; undefined if all the rest is one. */
async function findEnd(db: Kysely<Schema>, step: UsageStep, start: number, after: number): Promise<number | undefined> {
  const row = await db
    .selectFrom('usage')
    .select(sql<number>`rowid`.as('place'))
    .where('step', '=', step)
    .where('start', '=', start)
    .where(sql<boolean>`rowid > ${after}`)
    .orderBy(sql`rowid`)
    .offset(rowsPerPiece - 1)
    .limit(1)
    .executeTakeFirst()
  return row?.place
}

function selectRows(
  db: Kysely<Schema>,
  { realm, what, clientId, organizationId, since = 0, isProven = false }: UsageFilter,
  { step, from, to }: StepRange,
  piece: Piece | undefined,
) {
  let query = db.selectFrom('usage').where('realm', '=', realm).where('step', '=', step)
  if (piece) {
    // `|| ''` keeps SQLite from taking an index of the realm.
    query = db
      .selectFrom('usage')
      .where(sql<string>`realm || ''`, '=', realm)
      .where('step', '=', step)
    query = query.where('start', '=', piece.start).where(sql<boolean>`rowid > ${piece.after}`)
    if (piece.end !== undefined) query = query.where(sql<boolean>`rowid <= ${piece.end}`)
  } else query = query.where('start', '>=', Math.max(from, since)).where('start', '<', to)
  if (what !== undefined) query = query.where('what', '=', what)
  if (clientId !== undefined) query = query.where('client_id', '=', clientId)
  if (organizationId !== undefined) query = query.where('organization_id', '=', organizationId)
  const provenOnly = ({ or, eb }: ExpressionBuilder<Schema, 'usage'>) => or([eb('what', '=', 'call'), eb('subject', '<>', '')])
  return isProven ? query.where(provenOnly) : query
}
