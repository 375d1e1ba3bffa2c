// Sums of counts by a column, and by step. SQLite answers no other request while it sums, so it is given a part of the rows at a time, unless
// an index has just those of one client.
import { setImmediate as otherRequests } from 'node:timers/promises'
import { sql, type ExpressionBuilder, type Kysely, type SelectQueryBuilder } from 'kysely'
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
  readonly what: 'token' | 'call'
  readonly count: number
}

const rowsPerPart = 5000
/** Beyond 2^53, where a sum of integers cannot be read: a guard may report any number of calls. */
export const sumOfCounts = sql<number>`sum(cast(count as double precision))`

/** By column, all steps together: at least the largest ones. */
export async function sumByColumn(
  db: Kysely<Schema>,
  filter: UsageFilter,
  range: StepRange,
  column: UsageColumn,
  atLeast: number,
): Promise<Map<string, number>> {
  const totals = new Map<string, number>()
  for await (const part of usageParts(db, filter, range)) {
    const sums = part.rows.select([sql.ref<string>(column).as('key'), sumOfCounts.as('count')]).groupBy(column)
    const largest = sums.orderBy(sumOfCounts, 'desc').orderBy(column).limit(atLeast)
    for (const { key, count } of await (part.isAll ? largest : sums).execute()) totals.set(key, (totals.get(key) ?? 0) + Number(count))
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
  for await (const part of usageParts(db, filter, range)) {
    const sums = part.rows.select([key.as('key'), 'start', 'what', sumOfCounts.as('count')]).groupBy(['start', 'what', sql`1`])
    for (const row of await sums.execute()) yield { key: row.key, start: Number(row.start), what: row.what, count: Number(row.count) }
  }
}

type UsageRows = SelectQueryBuilder<Schema, 'usage', unknown>

interface UsagePart {
  readonly rows: UsageRows
  /** Whether there is no other part. */
  readonly isAll: boolean
}

/** The rows of a filter in parts, between which other requests are answered. */
export async function* usageParts(db: Kysely<Schema>, filter: UsageFilter, { step, from, to }: StepRange): AsyncGenerator<UsagePart> {
  const { clientId, since = 0 } = filter
  if (isPostgres(db) || clientId !== undefined) {
    const inRange = db.selectFrom('usage').where('step', '=', step).where('start', '>=', Math.max(from, since)).where('start', '<', to)
    return yield { rows: only(inRange, filter), isAll: true }
  }
  const ofStep = among(db, filter).where('step', '=', step)
  for (let start = from; start < to; start += stepMs[step]) {
    if (start < since) continue
    const left = ofStep.where('start', '>=', start).where('start', '<', to)
    if ((await findEnd(left, 'start')) === undefined) return yield { rows: only(left, filter), isAll: start === from }
    for (let after: number | undefined = 0; after !== undefined;) {
      const rest = ofStep.where('start', '=', start).where(sql<boolean>`rowid > ${after}`)
      const end = await findEnd(rest, 'rowid')
      yield { rows: only(end === undefined ? rest : rest.where(sql<boolean>`rowid <= ${end}`), filter), isAll: false }
      after = end
      await otherRequests()
    }
  }
}

/** The rows of a step that an index has together: those of the organization, or all. */
function among(db: Kysely<Schema>, { realm, organizationId }: UsageFilter): UsageRows {
  const rows = db.selectFrom('usage')
  return organizationId === undefined ? rows : rows.where('realm', '=', realm).where('organization_id', '=', organizationId)
}

/** The last row of a part, in the order of the index; undefined if all the rest is one. */
async function findEnd(rest: UsageRows, order: 'start' | 'rowid'): Promise<number | undefined> {
  const row = await rest
    .select(sql<number>`rowid`.as('place'))
    .orderBy(sql.ref(order))
    .offset(rowsPerPart - 1)
    .limit(1)
    .executeTakeFirst()
  return row?.place
}

/** `|| ''` keeps SQLite on the index of the part: a client may be one of thousands of its organization, or of its realm. */
function only(rows: UsageRows, { realm, what, clientId, organizationId, isProven = false }: UsageFilter): UsageRows {
  let query =
    clientId === undefined
      ? rows.where(sql<string>`realm || ''`, '=', realm)
      : rows.where('realm', '=', realm).where('client_id', '=', clientId)
  if (what !== undefined) query = query.where('what', '=', what)
  if (organizationId !== undefined) query = query.where(sql<string>`organization_id || ''`, '=', organizationId)
  const provenOnly = ({ or, eb }: ExpressionBuilder<Schema, 'usage'>) => or([eb('what', '=', 'call'), eb('subject', '<>', '')])
  return isProven ? query.where(provenOnly) : query
}
