// The summary of refused requests for operators: the largest groups by name, with who can fix them.
import type { Kysely } from 'kysely'
import type { CheckedInput, OperationOutput } from '@countersign/admin'
import { isProblemCode, problems } from '@countersign/protocol'
import { toInstant } from '../api/instants.ts'
import { refusedQuery } from '../api/refused-query.ts'
import { usualFixerOf } from '../explain/find-cause.ts'
import type { RefusalFilter } from '../refusals/read-refusals.ts'
import { summarizeRefusals, type RefusalGroup, type SummaryLimits, type SummaryRange } from '../refusals/summarize-refusals.ts'
import { oneOf } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'
import { dayMs, startOf, stepMs } from '../usage/usage-steps.ts'

type Summary = OperationOutput<'refusals.summary'>
type AskedRange = Pick<CheckedInput<'refusals.summary'>['query'], 'step' | 'from' | 'to'>

const maxGroups = 50
const maxReasons = 50
const maxSteps = 200

interface SummaryContext {
  readonly db: Kysely<Schema>
  /** Undefined if the portal is off. */
  readonly portalUrl: string | undefined
}

export async function summaryOf(
  { db, portalUrl }: SummaryContext,
  filter: RefusalFilter,
  asked: AskedRange,
  now: number,
  limits?: SummaryLimits,
): Promise<Summary> {
  const range = readRange(asked, now)
  const { groups, countedFrom } = await summarizeRefusals(db, filter, range, limits)
  const shown = groups.slice(0, maxGroups)
  const nameOf = await readNames(db, shown)
  return {
    step: asked.step,
    from: toInstant(range.from),
    to: toInstant(range.to),
    countedFrom: toInstant(countedFrom),
    total: countOf(groups),
    reasons: addByReason(groups, range).slice(0, maxReasons),
    groups: shown.map((group) => describeGroup(group, range, nameOf, portalUrl)),
    others: countOf(groups.slice(maxGroups)),
  }
}

/** @throws ProblemError `invalid-request` */
function readRange({ step, from, to }: AskedRange, now: number): SummaryRange {
  const end = startOf(step, (to === undefined ? now + 1 : Date.parse(to)) - 1) + stepMs[step]
  const start = from === undefined ? end - (step === 'hour' ? dayMs : 30 * dayMs) : startOf(step, Date.parse(from))
  if (start >= end) throw refusedQuery('/query/from', 'expected an instant before "to"')
  if ((end - start) / stepMs[step] > maxSteps)
    throw refusedQuery('/query/from', `expected a range of at most ${maxSteps} steps; use the step "day" for more than 8 days`)
  return { from: start, to: end, stepMs: stepMs[step] }
}

function countOf(groups: readonly Pick<RefusalGroup, 'count'>[]): number {
  return groups.reduce((sum, { count }) => sum + count, 0)
}

type Counted = Pick<RefusalGroup, 'code' | 'reason' | 'count' | 'letThrough' | 'steps'>

function addByReason(groups: readonly RefusalGroup[], range: SummaryRange): Summary['reasons'] {
  const sums = new Map<string, Counted & { count: number; letThrough: number }>()
  for (const { code, reason, count, letThrough, steps } of groups) {
    const key = JSON.stringify([code, reason])
    const sum = sums.get(key) ?? { code, reason, count: 0, letThrough: 0, steps: new Map<number, number>() }
    sum.count += count
    sum.letThrough += letThrough
    for (const [step, one] of steps) sum.steps.set(step, (sum.steps.get(step) ?? 0) + one)
    sums.set(key, sum)
  }
  return [...sums.values()].toSorted((one, other) => other.count - one.count).map((sum) => describe(sum, range))
}

function describe(
  { code, reason, count, letThrough, steps }: Counted,
  { from, to, stepMs: length }: SummaryRange,
): Summary['reasons'][number] {
  const title = isProblemCode(code) ? problems[code].title : code
  const points = Array.from({ length: (to - from) / length }, (_, step) => steps.get(step) ?? 0)
  return { code, reason, title, count, letThrough, points }
}

function describeGroup(group: RefusalGroup, range: SummaryRange, nameOf: NameOf, portalUrl: string | undefined): Summary['groups'][number] {
  const { code, reason, organizationId, clientId, firstAt, lastAt, firstAddress, lastAddress } = group
  return {
    ...describe(group, range),
    organization: organizationId === null ? null : nameOf(organizationId),
    clientId,
    who: isProblemCode(code) ? usualFixerOf(code, reason, portalUrl) : 'api',
    firstAt: toInstant(firstAt),
    lastAt: toInstant(lastAt),
    address: firstAddress === lastAddress ? firstAddress : null,
  }
}

type NameOf = (id: string) => NonNullable<Summary['groups'][number]['organization']>

/** An organization that was deleted keeps only its id. */
async function readNames(db: Kysely<Schema>, groups: readonly RefusalGroup[]): Promise<NameOf> {
  const ids = [...new Set(groups.flatMap(({ organizationId }) => organizationId ?? []))]
  const rows =
    ids.length === 0 ? [] : await db.selectFrom('organizations').select(['id', 'slug', 'name']).where('id', 'in', oneOf(db, ids)).execute()
  const named = new Map(rows.map((row) => [row.id, row]))
  return (id) => named.get(id) ?? { id, slug: null, name: null }
}
