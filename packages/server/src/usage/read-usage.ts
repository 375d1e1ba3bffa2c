// Usage as series of numbers over time. The largest series have a name, the rest is one of "others".
import { sql, type ExpressionBuilder, type Kysely } from 'kysely'
import type { CheckedInput, OperationOutput } from '@countersign/admin'
import { toInstant, toInstantOrNull } from '../api/instants.ts'
import { ProblemError } from '../errors.ts'
import type { Schema } from '../store/schema.ts'
import { dayMs, startOf, stepMs, type UsageStep } from './usage-steps.ts'

export type UsageDimension = CheckedInput<'usage.series'>['query']['by']

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

export type UsageRange = Pick<CheckedInput<'usage.series'>['query'], 'step' | 'from' | 'to'>

export interface Series extends Omit<OperationOutput<'usage.series'>, 'series'> {
  readonly series: readonly { readonly key: string | null; readonly total: number; readonly points: (number | null)[] }[]
}

const maxSeries = 20
const maxSteps = 401
const usualLengthMs: Readonly<Record<UsageStep, number>> = { hour: dayMs, day: 30 * dayMs }

const columns = {
  outcome: 'outcome',
  credential: 'subject',
  route: 'subject',
  client: 'client_id',
  organization: 'organization_id',
} as const satisfies Record<UsageDimension, keyof Schema['usage']>

/** @throws ProblemError `invalid-request` for an empty or too long range */
export async function readUsage(
  db: Kysely<Schema>,
  filter: UsageFilter,
  by: UsageDimension,
  range: UsageRange,
  now: number,
): Promise<Series> {
  const { step } = range
  const { from, to } = readRange(range, now)
  const rows = () => selectRows(db, filter, by, step, from, to)
  const column = columns[by]
  const largest = await rows()
    .select([column, sql<number>`sum(count)`.as('total')])
    .groupBy(column)
    .orderBy(sql`sum(count)`, 'desc')
    .orderBy(column)
    .limit(maxSeries + 1)
    .execute()
  const named = largest.slice(0, largest.length > maxSeries ? maxSeries - 1 : maxSeries).map((row) => row[column])
  const isNamed = named.filter((key) => key !== '')
  const first = await firstStep(db, step)
  const totals = new Map<string, number[]>()
  const steps = (to - from) / stepMs[step]
  const add = (key: string, start: number, count: number) => {
    let points = totals.get(key)
    if (!points) totals.set(key, (points = Array<number>(steps).fill(0)))
    points[(start - from) / stepMs[step]]! += count
  }
  if (largest.length > 0)
    for (const { key, start, count } of await rows()
      .select([
        sql<string>`case when ${sql.ref(column)} in (${sql.join(isNamed.length > 0 ? isNamed : [''])}) then ${sql.ref(column)} else '' end`.as(
          'key',
        ),
        'start',
        sql<number>`sum(count)`.as('count'),
      ])
      .groupBy(['start', sql`1`])
      .execute())
      add(key, Number(start), Number(count))
  const series = [...totals].map(([key, counts]) => ({
    key: key === '' ? null : key,
    total: counts.reduce((sum, one) => sum + one, 0),
    points: counts.map((one, index) => (first === null || from + index * stepMs[step] < first ? null : one)),
  }))
  return {
    step,
    from: toInstant(from),
    to: toInstant(to),
    countedSince: toInstantOrNull(first),
    total: series.reduce((sum, { total }) => sum + total, 0),
    series: series.toSorted((one, other) => Number(one.key === null) - Number(other.key === null) || other.total - one.total),
  }
}

function selectRows(
  db: Kysely<Schema>,
  { realm, what, clientId, organizationId, since = 0, isProven = false }: UsageFilter,
  by: UsageDimension,
  step: UsageStep,
  from: number,
  to: number,
) {
  const only = by === 'credential' ? 'token' : by === 'route' ? 'call' : what
  let query = db
    .selectFrom('usage')
    .where('realm', '=', realm)
    .where('step', '=', step)
    .where('start', '>=', Math.max(from, since))
    .where('start', '<', to)
  if (only !== undefined) query = query.where('what', '=', only)
  if (what !== undefined && what !== only) query = query.where('what', '=', what)
  if (clientId !== undefined) query = query.where('client_id', '=', clientId)
  if (organizationId !== undefined) query = query.where('organization_id', '=', organizationId)
  const provenOnly = ({ or, eb }: ExpressionBuilder<Schema, 'usage'>) => or([eb('what', '=', 'call'), eb('subject', '<>', '')])
  return isProven ? query.where(provenOnly) : query
}

/** All realms count from the same start on. */
async function firstStep(db: Kysely<Schema>, step: UsageStep): Promise<number | null> {
  const row = await db
    .selectFrom('usage')
    .select(({ fn }) => fn.min('start').as('first'))
    .where('step', '=', step)
    .executeTakeFirst()
  return row?.first === undefined || row.first === null ? null : Number(row.first)
}

function readRange({ step, from, to }: UsageRange, now: number) {
  const end = startOf(step, (to === undefined ? now + 1 : Date.parse(to)) - 1) + stepMs[step]
  const start = from === undefined ? end - usualLengthMs[step] : startOf(step, Date.parse(from))
  if (start >= end) throw refused('expected an instant before "to"')
  if ((end - start) / stepMs[step] > maxSteps)
    throw refused(`expected a range of at most 400 steps, such as ${step === 'hour' ? '16 days of hours; use the step "day"' : '400 days'}`)
  return { from: start, to: end }
}

function refused(detail: string): ProblemError {
  return new ProblemError('invalid-request', { detail: `/query/from: ${detail}`, errors: [{ pointer: '/query/from', detail }] })
}
