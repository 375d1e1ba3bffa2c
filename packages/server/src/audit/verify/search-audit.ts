// Searches the audit log, newest first. To keep the write of a token cheap there is no further index over its row, so a search walks the
// primary key in windows of bounded size, yields between windows, and stops after a number of them with a cursor. A request is a short
// range of the key, and an actor has an index.
import { setImmediate as untilOthersRan } from 'node:timers/promises'
import { sql, type Expression, type Kysely, type SqlBool } from 'kysely'
import { idFrom, instantOf } from '../../node-ids.ts'
import { olderChanges } from '../../store/migration-007.ts'
import type { Schema } from '../../store/schema.ts'
import type { StoredEvent } from '../events/event-row.ts'

export interface AuditFilter {
  readonly realm?: string | undefined
  /** The realms whose events may be found; undefined for all, and for events of no realm. */
  readonly realms?: readonly string[] | undefined
  readonly organization?: string | undefined
  /** The subject or the actor of the event. */
  readonly client?: string | undefined
  readonly kind?: string | undefined
  readonly outcome?: 'success' | 'refused' | undefined
  /** The server's id of a request, or the id that the caller sent. */
  readonly request?: string | undefined
  /** The client id of the actor of a change. */
  readonly actor?: string | undefined
}

export interface AuditRange {
  /** Milliseconds since the epoch. */
  readonly from: number | undefined
  /** Milliseconds since the epoch, exclusive. */
  readonly to: number | undefined
  /** The id of an event; only older ones are returned. */
  readonly after: string | undefined
}

export interface SearchBounds {
  /** The maximum number of rows that one statement reads: it occupies the database and, with SQLite, this process. */
  readonly rowsInWindow: number
  /** The maximum number of windows of one search. */
  readonly windows: number
}

export interface FoundEvents {
  readonly rows: readonly StoredEvent[]
  /** Null at the end of the log; otherwise the cursor, even if this search found no events. */
  readonly next: string | null
}

/** About 10 ms of processor time per window, 0.5 s for all. */
const usualBounds: SearchBounds = { rowsInWindow: 10_000, windows: 50 }

/** Rows found by an index are scattered: each costs as much as this many adjacent rows. */
const rowsApart = 10

/** The sizes of events differ by a factor of a thousand, and one page must fit into memory. Characters. */
const maxDetail = 4_000_000
const maxRowsAtOnce = 250

/**
 * The longest time between a request and the stamp of its event: 15 s to receive the request, 15 s until a response that is not read is
 * given up (http/http-server.ts), plus the statements of a change, each of which waits at most 5 s for the database, and 2 ms for a
 * batch. The id of an event is never before that of its request, even if the clock is set back in between (audit-chain.ts). Milliseconds.
 */
const maxRequestMs = 60_000

export async function searchAudit(
  db: Kysely<Schema>,
  filter: AuditFilter,
  range: AuditRange,
  limit: number,
  bounds = usualBounds,
): Promise<FoundEvents> {
  const search: Search = { db, ...idsOf(range, filter.request), limit, bounds }
  const conditions = conditionsOf(filter)
  if (filter.actor === undefined) return walk(search, [], conditions)
  const older = olderChanges(db)
  const byActor = [sql<SqlBool>`actor_id = ${filter.actor}`]
  const byOlderActor = [older.changes, sql<SqlBool>`${older.actor} = ${`"client":"${filter.actor}"}}`}`]
  const ofIndex = { ...search, bounds: { ...bounds, rowsInWindow: Math.ceil(bounds.rowsInWindow / rowsApart) } }
  return merge([await walk(ofIndex, byActor, conditions), await walk(ofIndex, byOlderActor, conditions)], limit)
}

interface Search {
  readonly db: Kysely<Schema>
  readonly oldest: string
  /** Exclusive. */
  readonly newest: string
  readonly limit: number
  readonly bounds: SearchBounds
}

/** The range of ids of the events in a time range or of a request. */
function idsOf({ from, to, after }: AuditRange, request = ''): Pick<Search, 'oldest' | 'newest'> {
  const requestedAt = instantOf(request)
  const isOurs = Number.isFinite(requestedAt)
  const oldest = Math.max(0, from ?? 0, isOurs ? requestedAt : 0)
  const ends = [to === undefined ? 'g' : idFrom(Math.max(0, to)), isOurs ? idFrom(requestedAt + maxRequestMs) : 'g', after ?? 'g']
  return { oldest: idFrom(oldest), newest: ends.toSorted()[0]! }
}

/** @param among the conditions of an index, so that the window counts rows of the index and not of the whole log */
async function walk(
  { db, oldest, newest: end, limit, bounds: { rowsInWindow, windows } }: Search,
  among: readonly Expression<SqlBool>[],
  conditions: readonly Expression<SqlBool>[],
): Promise<FoundEvents> {
  let newest = end
  const rows: StoredEvent[] = []
  let characters = 0
  for (let window = 0; window < windows; window++) {
    const start = await findWindowStart(db, among, oldest, newest, rowsInWindow)
    const most = Math.min(limit + 1 - rows.length, maxRowsAtOnce)
    let query = db.selectFrom('audit_events').selectAll().where('id', '<', newest)
    for (const condition of [sql<SqlBool>`id >= ${start ?? oldest}`, ...among, ...conditions]) query = query.where(condition)
    const found = await query.orderBy('id', 'desc').limit(most).execute()
    for (const row of found) {
      const last = rows.at(-1)
      if (last && (rows.length === limit || characters + row.detail.length > maxDetail)) return { rows, next: last.id }
      rows.push(row)
      characters += row.detail.length
    }
    if (found.length === most) newest = found.at(-1)!.id
    else if (start === undefined) return { rows, next: null }
    else newest = start
    if (rows.length === limit) return { rows, next: newest }
    await untilOthersRan()
  }
  return { rows, next: newest }
}

/** The oldest event of the window that ends before an id; undefined if the window reaches the end of the log. */
async function findWindowStart(
  db: Kysely<Schema>,
  among: readonly Expression<SqlBool>[],
  oldest: string,
  newest: string,
  rows: number,
): Promise<string | undefined> {
  let query = db.selectFrom('audit_events').select('id').where('id', '<', newest).where('id', '>=', oldest)
  for (const condition of among) query = query.where(condition)
  const row = await query
    .orderBy('id', 'desc')
    .offset(rows - 1)
    .limit(1)
    .executeTakeFirst()
  return row?.id
}

/** Only as far back as every walk has read. */
function merge(walks: readonly FoundEvents[], limit: number): FoundEvents {
  const lookedBackTo = walks
    .map(({ next }) => next ?? '')
    .toSorted()
    .at(-1)!
  const rows = walks
    .flatMap((found) => found.rows)
    .filter(({ id }) => id >= lookedBackTo)
    .toSorted((a, b) => (a.id < b.id ? 1 : -1))
  if (rows.length > limit) return { rows: rows.slice(0, limit), next: rows[limit - 1]!.id }
  return { rows, next: lookedBackTo === '' ? null : lookedBackTo }
}

function conditionsOf({ realm, realms, organization, client, kind, outcome, request }: AuditFilter): Expression<SqlBool>[] {
  const conditions: Expression<SqlBool>[] = []
  const equals = (column: keyof StoredEvent, value: string | undefined) => {
    if (value !== undefined) conditions.push(sql<SqlBool>`${sql.ref(column)} = ${value}`)
  }
  equals('kind', kind)
  equals('outcome', outcome)
  equals('realm', realm)
  if (realms) conditions.push(realms.length === 0 ? sql<SqlBool>`1 = 0` : sql<SqlBool>`realm in (${sql.join(realms)})`)
  equals('organization_id', organization)
  if (client !== undefined)
    conditions.push(
      sql<SqlBool>`(client_id = ${client} or actor_id = ${client} or (layout = 1 and detail like ${madeBy(client)} escape '!'))`,
    )
  if (request !== undefined)
    conditions.push(
      Number.isFinite(instantOf(request))
        ? sql<SqlBool>`request_id = ${request}`
        : sql<SqlBool>`(request_id = ${request} or caller_request_id = ${request})`,
    )
  return conditions
}

/** In events of layout 1 the actor is the last member in the detail of every change. */
function madeBy(client: string): string {
  return `%"client":"${client.replaceAll('_', '!_')}"}}`
}
