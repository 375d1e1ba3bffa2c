// Usage as series of numbers over time. The largest series have a name, the rest is one of "others".
import type { Kysely } from 'kysely'
import type { CheckedInput, OperationOutput } from '@countersign/admin'
import { toInstant, toInstantOrNull } from '../api/instants.ts'
import { refusedQuery } from '../api/refused-query.ts'
import type { Schema } from '../store/schema.ts'
import { sumByColumn, sumByStep, type StepRange, type UsageColumn, type UsageFilter } from './sum-usage.ts'
import { dayMs, startOf, stepMs, type UsageStep } from './usage-steps.ts'

export type UsageDimension = CheckedInput<'usage.series'>['query']['by']
export type UsageRange = Pick<CheckedInput<'usage.series'>['query'], 'step' | 'from' | 'to'>

interface OneSeries {
  /** Null for others. */
  readonly key: string | null
  readonly total: number
  /** Null before anything was counted. */
  readonly points: readonly (number | null)[]
}

export interface Series extends Omit<OperationOutput<'usage.series'>, 'series'> {
  readonly series: readonly OneSeries[]
}

const nothing: Pick<Series, 'series' | 'totals'> = { series: [], totals: { tokens: 0, calls: 0 } }

const maxSeries = 20
const maxSteps = 401
/** The total of all series is a safe integer, too. */
const mostOfPoint = 1e12
const usualLengthMs: Readonly<Record<UsageStep, number>> = { hour: dayMs, day: 30 * dayMs }

const columns = {
  outcome: 'outcome',
  credential: 'subject',
  route: 'subject',
  client: 'client_id',
  organization: 'organization_id',
} as const satisfies Record<UsageDimension, UsageColumn>

/** @throws ProblemError `invalid-request` for an empty or too long range */
export async function readUsage(
  db: Kysely<Schema>,
  filter: UsageFilter,
  by: UsageDimension,
  asked: UsageRange,
  now: number,
): Promise<Series> {
  const range = readRange(asked, now)
  const what = by === 'credential' ? 'token' : by === 'route' ? 'call' : filter.what
  const isPossible = filter.what === undefined || filter.what === what
  const first = await firstStep(db, range.step)
  const { series, totals } = isPossible ? await readSeries(db, { ...filter, what }, columns[by], range, first) : nothing
  return {
    step: range.step,
    from: toInstant(range.from),
    to: toInstant(range.to),
    countedSince: toInstantOrNull(first),
    total: totals.tokens + totals.calls,
    totals,
    series,
  }
}

async function readSeries(
  db: Kysely<Schema>,
  filter: UsageFilter,
  column: UsageColumn,
  range: StepRange,
  first: number | null,
): Promise<Pick<Series, 'series' | 'totals'>> {
  const stepsOf = (instant: number) => (instant - range.from) / stepMs[range.step]
  const counts = new Map<string, number[]>()
  const totals = { tokens: 0, calls: 0 }
  for await (const { key, start, what, count } of sumByStep(db, filter, range, column, await findLargest(db, filter, column, range))) {
    let points = counts.get(key)
    if (!points) counts.set(key, (points = Array<number>(stepsOf(range.to)).fill(0)))
    const at = stepsOf(start)
    points[at] = Math.min(points[at]! + count, mostOfPoint)
    const total = what === 'token' ? 'tokens' : 'calls'
    totals[total] = Math.min(totals[total] + count, maxSeries * mostOfPoint)
  }
  const unknown = first === null ? 0 : stepsOf(first)
  const series = [...counts].map(([key, points]) => ({
    key: key === '' ? null : key,
    total: points.reduce((sum, one) => sum + one, 0),
    points: points.map((one, index) => (index < unknown ? null : one)),
  }))
  const sorted = series.toSorted((one, other) => Number(one.key === null) - Number(other.key === null) || other.total - one.total)
  return { series: sorted, totals }
}

/** One place is left for the others, if there are any. */
async function findLargest(db: Kysely<Schema>, filter: UsageFilter, column: UsageColumn, range: StepRange): Promise<string[]> {
  const totals = takeLargest(await sumByColumn(db, filter, range, column, maxSeries + 1), maxSeries + 1)
  const named = totals.map(([key]) => key).filter((key) => key !== '')
  return totals.length > maxSeries ? named.slice(0, maxSeries - 1) : named
}

type Total = readonly [key: string, count: number]

/** There may be as many as a realm has clients: sorting all of them would hold up other requests. */
function takeLargest(totals: ReadonlyMap<string, number>, count: number): readonly Total[] {
  const byCount = ([oneKey, one]: Total, [otherKey, other]: Total) => other - one || (oneKey < otherKey ? -1 : 1)
  let largest: Total[] = []
  for (const total of totals) {
    largest.push(total)
    if (largest.length === 10 * count) largest = largest.toSorted(byCount).slice(0, count)
  }
  return largest.toSorted(byCount).slice(0, count)
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

function readRange({ step, from, to }: UsageRange, now: number): StepRange {
  const end = startOf(step, (to === undefined ? now + 1 : Date.parse(to)) - 1) + stepMs[step]
  const start = from === undefined ? end - usualLengthMs[step] : startOf(step, Date.parse(from))
  if (start >= end) throw refusedQuery('/query/from', 'expected an instant before "to"')
  if ((end - start) / stepMs[step] > maxSteps)
    throw refusedQuery(
      '/query/from',
      `expected a range of at most 400 steps, such as ${step === 'hour' ? '16 days of hours; use the step "day"' : '400 days'}`,
    )
  return { step, from: start, to: end }
}
