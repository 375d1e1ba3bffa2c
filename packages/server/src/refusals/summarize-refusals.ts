// Refused requests by problem, organization and client, with their number over time. Bounded: the newest are read, in parts, between which
// other requests are answered.
import { setImmediate as otherRequests } from 'node:timers/promises'
import { sql, type Kysely } from 'kysely'
import type { Schema } from '../store/schema.ts'
import type { RefusalFilter } from './read-refusals.ts'

export interface SummaryRange {
  /** Milliseconds since the epoch, at the beginning of a step. */
  readonly from: number
  readonly to: number
  readonly stepMs: number
}

export interface RefusalGroup {
  readonly code: string
  readonly reason: string | null
  readonly organizationId: string | null
  readonly clientId: string | null
  count: number
  /** Of them, those that a guard only reported. */
  letThrough: number
  firstAt: number
  lastAt: number
  /** The first and the last in the order of texts: the same if there is only one. Null without any. */
  firstAddress: string | null
  lastAddress: string | null
  /** By the number of the step in the range; steps without any are absent. */
  readonly steps: Map<number, number>
}

export interface RefusalSummary {
  readonly groups: readonly RefusalGroup[]
  /** Those before were not read; the start of the range if all were. */
  readonly countedFrom: number
}

export interface SummaryLimits {
  readonly rows: number
  readonly rowsPerPart: number
}

/** SQLite answers no other request while it reads a part: about 8 ms. All of them take half a second of the processor. */
const usualLimits: SummaryLimits = { rows: 50_000, rowsPerPart: 1000 }

type Filter = Omit<RefusalFilter, 'request' | 'from' | 'to' | 'isVerified'>

export async function summarizeRefusals(
  db: Kysely<Schema>,
  filter: Filter,
  range: SummaryRange,
  { rows: maxRows, rowsPerPart } = usualLimits,
): Promise<RefusalSummary> {
  const groups = new Map<string, RefusalGroup>()
  let end = range.to
  for (let read = 0; read < maxRows; read += rowsPerPart) {
    // The next rows, with all of the earliest instant among them.
    const start = (await findStart(db, filter, { ...range, to: end }, rowsPerPart)) ?? range.from
    for (const sum of await sumPart(db, filter, { ...range, from: start, to: end }, range.from)) addTo(groups, sum)
    end = start
    if (start <= range.from) break
    await otherRequests()
  }
  return { groups: [...groups.values()].toSorted((one, other) => other.count - one.count || other.lastAt - one.lastAt), countedFrom: end }
}

type Rows = ReturnType<typeof among>

/** By an index of the realm or of the client. */
function among(db: Kysely<Schema>, { realm, client }: Filter, { from, to }: SummaryRange) {
  const rows = db.selectFrom('refusals').where('realm', '=', realm).where('at', '>=', from).where('at', '<', to)
  return client === undefined ? rows : rows.where('client_id', '=', client)
}

/** `|| ''` keeps the database on the index of the rows among which is searched. */
function only(rows: Rows, { organization, code, reason, api, source }: Filter): Rows {
  let query = rows
  if (organization !== undefined) query = query.where(sql<string>`organization_id || ''`, '=', organization)
  if (code !== undefined) query = query.where('code', '=', code)
  if (reason !== undefined) query = query.where('reason', '=', reason)
  if (api !== undefined) query = query.where('api', '=', api)
  if (source !== undefined) query = query.where('source', '=', source)
  return query
}

async function findStart(db: Kysely<Schema>, filter: Filter, range: SummaryRange, rowsPerPart: number): Promise<number | undefined> {
  const row = await among(db, filter, range)
    .select('at')
    .orderBy('at', 'desc')
    .offset(rowsPerPart - 1)
    .limit(1)
    .executeTakeFirst()
  return row && Number(row.at)
}

/** In the JSON of a detail; within a text of it, the quotation marks would have backslashes. */
const letThroughMark = '%"reportOnly":true%'

function sumPart(db: Kysely<Schema>, filter: Filter, range: SummaryRange, first: number) {
  const stepOf = sql<number>`(at - ${sql.lit(first)}) / ${sql.lit(range.stepMs)}`
  return only(among(db, filter, range), filter)
    .select(({ fn }) => [
      'code',
      'reason',
      'organization_id',
      'client_id',
      stepOf.as('step'),
      fn.countAll<number>().as('count'),
      sql<number>`sum(case when detail like ${letThroughMark} then 1 else 0 end)`.as('let_through'),
      fn.min('at').as('first_at'),
      fn.max('at').as('last_at'),
      fn.min('address').as('first_address'),
      fn.max('address').as('last_address'),
    ])
    .groupBy(['code', 'reason', 'organization_id', 'client_id', stepOf])
    .execute()
}

type Sum = Awaited<ReturnType<typeof sumPart>>[number]

function addTo(groups: Map<string, RefusalGroup>, sum: Sum): void {
  const key = JSON.stringify([sum.code, sum.reason, sum.organization_id, sum.client_id])
  const [count, firstAt, lastAt] = [Number(sum.count), Number(sum.first_at), Number(sum.last_at)]
  let group = groups.get(key)
  if (!group) {
    group = {
      code: sum.code,
      reason: sum.reason,
      organizationId: sum.organization_id,
      clientId: sum.client_id,
      count: 0,
      letThrough: 0,
      firstAt,
      lastAt,
      firstAddress: sum.first_address,
      lastAddress: sum.last_address,
      steps: new Map(),
    }
    groups.set(key, group)
  }
  group.count += count
  group.letThrough += Number(sum.let_through)
  group.firstAt = Math.min(group.firstAt, firstAt)
  group.lastAt = Math.max(group.lastAt, lastAt)
  group.firstAddress = leastOf(group.firstAddress, sum.first_address)
  group.lastAddress = greatestOf(group.lastAddress, sum.last_address)
  const step = Number(sum.step)
  group.steps.set(step, (group.steps.get(step) ?? 0) + count)
}

function leastOf(one: string | null, other: string | null): string | null {
  return one === null || (other !== null && other < one) ? other : one
}

function greatestOf(one: string | null, other: string | null): string | null {
  return one === null || (other !== null && other > one) ? other : one
}
