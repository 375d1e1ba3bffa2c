// Reads the audit log oldest first, for those who follow it: up to a short time ago, because events of several nodes become visible in
// another order than that of their ids. What comes later than that is named in the table of arrivals, which is read in its own order, so
// nothing is skipped (decisions/083).
import { sql, type Kysely, type SqlBool } from 'kysely'
import type { Schema } from '../../store/schema.ts'
import { isPostgres } from '../../store/dialects.ts'
import { idFrom } from '../../node-ids.ts'
import { followAfterMs } from '../arrivals.ts'
import type { StoredEvent } from '../events/event-row.ts'
import { conditionsOf, findIndexes, type AuditFilter, type Condition } from './audit-filter.ts'
import { writeFollowCursor, type FollowCursor } from './follow-cursor.ts'
import { after, boundsOfIndex, usualBounds, walk, type Walk } from './walk.ts'

export interface FollowRange {
  /** Milliseconds since the epoch; without it, from the first event on. */
  readonly from: number | undefined
  /** Milliseconds since the epoch, exclusive; without it, there is no end. */
  readonly to: number | undefined
  /** Where the previous page ended. */
  readonly cursor: FollowCursor | undefined
}

export interface FollowedEvents {
  readonly rows: readonly StoredEvent[]
  /** Null once everything before `to` was read. */
  readonly next: string | null
  /** Whether there is nothing more for now. */
  readonly isUpToDate: boolean
}

interface FollowOptions {
  readonly now: number
  readonly limit: number
  readonly bounds?: typeof usualBounds
}

/** On a store of one process, events become visible in the order in which they were queued. Milliseconds. */
const followAloneAfterMs = 2000

export async function followAudit(
  db: Kysely<Schema>,
  filter: AuditFilter,
  range: FollowRange,
  options: FollowOptions,
): Promise<FollowedEvents> {
  if (!isPostgres(db)) return read(db, filter, range, options)
  // One snapshot: an event that arrives late between two statements would be read twice, or not at all.
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute((snapshot) => read(snapshot, filter, range, options))
}

async function read(
  db: Kysely<Schema>,
  filter: AuditFilter,
  { from, to, cursor: given }: FollowRange,
  { now, limit, bounds = usualBounds }: FollowOptions,
): Promise<FollowedEvents> {
  const first = idFrom(Math.max(0, from ?? 0))
  let cursor = given ?? { readTo: first, arrivals: await countArrivals(db), arrivedTo: undefined }
  const conditions = [
    ...conditionsOf(filter),
    sql<SqlBool>`id >= ${first}`,
    ...(to === undefined ? [] : [sql<SqlBool>`id < ${idFrom(Math.max(0, to))}`]),
  ]
  const late = await readArrivals(db, cursor, { limit, conditions, bounds })
  cursor = late.cursor
  if (!late.isDone) return { rows: late.rows, next: writeFollowCursor(cursor), isUpToDate: false }

  const readable = now - (isPostgres(db) ? followAfterMs : followAloneAfterMs)
  const end = idFrom(Math.max(0, Math.min(readable, to ?? readable)))
  if (cursor.readTo >= end) return ended(late.rows)
  const index = findIndexes(db, filter)
  const among = index?.length === 1 ? index[0]! : []
  const search: Walk = { db, oldest: cursor.readTo, newest: end, order: 'oldest', limit: limit - late.rows.length, bounds }
  const { rows, next } = await walk(among.length === 0 ? search : { ...search, bounds: boundsOfIndex(bounds) }, among, conditions)
  cursor = { ...cursor, readTo: next === null ? end : after(next) }
  const all = [...late.rows, ...rows]
  return next === null ? ended(all) : { rows: all, next: writeFollowCursor(cursor), isUpToDate: false }

  function ended(rows: readonly StoredEvent[]): FollowedEvents {
    return { rows, next: to !== undefined && readable >= to ? null : writeFollowCursor(cursor), isUpToDate: true }
  }
}

interface LateEvents {
  readonly rows: readonly StoredEvent[]
  readonly cursor: FollowCursor
  /** Whether there are no more of them; otherwise the page is full, or long enough was read. */
  readonly isDone: boolean
}

type ArrivalOptions = Pick<Walk, 'limit' | 'bounds'> & { readonly conditions: readonly Condition[] }

/** Ranges of one page: each is read by a few statements. */
const maxArrivals = 50

/** Events that were stored after the follower had read past them. */
async function readArrivals(db: Kysely<Schema>, start: FollowCursor, { limit, bounds, conditions }: ArrivalOptions): Promise<LateEvents> {
  const { readTo } = start
  let read = start.arrivals
  const rows: StoredEvent[] = []
  const arrivals = await arrivalsAfter(db, read).limit(maxArrivals).execute()
  for (const { number, node, first_id: first, last_id: last } of arrivals) {
    // Those of later ids are read in their turn.
    const newest = after(last) < readTo ? after(last) : readTo
    const oldest = read === start.arrivals ? (start.arrivedTo ?? first) : first
    const search: Walk = { db, oldest, newest, order: 'oldest', limit: limit - rows.length, bounds }
    const found = await walk(search, [], [...conditions, sql<SqlBool>`substr(id, 14, 8) = ${node}`])
    rows.push(...found.rows)
    if (found.next !== null) return { rows, cursor: { readTo, arrivals: read, arrivedTo: after(found.next) }, isDone: false }
    read = number
    if (rows.length === limit) break
  }
  const cursor = { readTo, arrivals: read, arrivedTo: read === start.arrivals ? start.arrivedTo : undefined }
  return { rows, cursor, isDone: arrivals.length < maxArrivals && rows.length < limit }
}

function arrivalsAfter(db: Kysely<Schema>, number: number) {
  return db.selectFrom('audit_arrivals').selectAll().where('number', '>', number).orderBy('number')
}

async function countArrivals(db: Kysely<Schema>): Promise<number> {
  const last = await db
    .selectFrom('audit_arrivals')
    .select(({ fn }) => fn.max('number').as('number'))
    .executeTakeFirst()
  return last?.number ?? 0
}
