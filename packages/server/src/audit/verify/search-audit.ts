// Searches the audit log, the newest first. Besides its key it has no index that a token's row is in, so a search walks it by the
// key in windows of bounded size, lets others run between two of them, and stops somewhere: the caller goes on. A request is a
// short part of the key, and an actor has an index.
import { setImmediate as untilOthersRan } from 'node:timers/promises'
import { sql, type Expression, type Kysely, type SqlBool } from 'kysely'
import { idFrom, instantOf } from '../../node-ids.ts'
import { olderChanges } from '../../store/migration-007.ts'
import type { Schema } from '../../store/schema.ts'
import type { StoredEvent } from '../events/event-row.ts'

export interface AuditFilter {
  readonly realm?: string | undefined
  readonly organization?: string | undefined
  /** Whom it is about, or who did it. */
  readonly client?: string | undefined
  readonly kind?: string | undefined
  readonly outcome?: 'success' | 'refused' | undefined
  /** Our id of a request, or the one that the caller knows it by. */
  readonly request?: string | undefined
  /** The client id of who made a change. */
  readonly actor?: string | undefined
}

export interface AuditRange {
  /** Milliseconds since the epoch. */
  readonly from: number | undefined
  /** Milliseconds since the epoch; events at this instant are not in it. */
  readonly to: number | undefined
  /** The id of an event: only older ones. */
  readonly after: string | undefined
}

export interface SearchBounds {
  /** How many rows one statement may look at: the database, and with SQLite this process, does nothing else meanwhile. */
  readonly rowsInWindow: number
  /** How many windows one search may look at. */
  readonly windows: number
}

export interface FoundEvents {
  readonly rows: readonly StoredEvent[]
  /** Null at the end of the log; otherwise where to go on, even where nothing was found yet. */
  readonly next: string | null
}

/** About 10 ms of a processor for each window, half a second for all. */
const usualBounds: SearchBounds = { rowsInWindow: 10_000, windows: 50 }

/** Rows that an index finds stand far from each other: one costs as much as so many beside each other. */
const rowsApart = 10

/** Events differ in size by a thousand times; one page of them must fit into memory. Characters. */
const maxDetail = 4_000_000
const maxRowsAtOnce = 250

/**
 * How long after its request an event can be stamped: 15 s until all of the request is there, as long until an answer that is not
 * read is given up (http/http-server.ts), and in between the statements of a change, each of which waits at most 5 s for the
 * database, and 2 ms for a batch. The id of an event is never before that of its request, also where the clock is set back in
 * between: audit-chain.ts sees to that. Milliseconds.
 */
const longestRequest = 60_000

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
  /** Not itself. */
  readonly newest: string
  readonly limit: number
  readonly bounds: SearchBounds
}

/** Between which ids the events of a range are, and those of a request. */
function idsOf({ from, to, after }: AuditRange, request = ''): Pick<Search, 'oldest' | 'newest'> {
  const requestedAt = instantOf(request)
  const isOurs = Number.isFinite(requestedAt)
  const oldest = Math.max(0, from ?? 0, isOurs ? requestedAt : 0)
  const ends = [to === undefined ? 'g' : idFrom(Math.max(0, to)), isOurs ? idFrom(requestedAt + longestRequest) : 'g', after ?? 'g']
  return { oldest: idFrom(oldest), newest: ends.toSorted()[0]! }
}

/** @param among the conditions of an index, so that a window is one of its rows and not of all */
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

/** The oldest event of a window that ends before an id; undefined where the window reaches the end. */
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

/** Only as far back as all of the walks have looked. */
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

function conditionsOf({ realm, organization, client, kind, outcome, request }: AuditFilter): Expression<SqlBool>[] {
  const conditions: Expression<SqlBool>[] = []
  const equals = (column: keyof StoredEvent, value: string | undefined) => {
    if (value !== undefined) conditions.push(sql<SqlBool>`${sql.ref(column)} = ${value}`)
  }
  equals('kind', kind)
  equals('outcome', outcome)
  equals('realm', realm)
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

/** In events of layout 1 who did it stands last in the detail of every change. */
function madeBy(client: string): string {
  return `%"client":"${client.replaceAll('_', '!_')}"}}`
}
