// Reads a range of the audit log in windows of bounded size, and yields between them. It stops after a number of them.
import { setImmediate as untilOthersRan } from 'node:timers/promises'
import { sql, type Kysely, type SqlBool } from 'kysely'
import type { Schema } from '../../store/schema.ts'
import type { StoredEvent } from '../events/event-row.ts'
import type { Condition } from './audit-filter.ts'

export interface SearchBounds {
  /** The maximum number of rows that one statement reads: it occupies the database and, with SQLite, this process. */
  readonly rowsInWindow: number
  /** The maximum number of windows of one search. */
  readonly windows: number
}

export interface Walk {
  readonly db: Kysely<Schema>
  readonly oldest: string
  /** Exclusive. */
  readonly newest: string
  /** Default: newest first. */
  readonly order?: 'newest' | 'oldest'
  readonly limit: number
  readonly bounds: SearchBounds
  /** The range has so few events that it is one window. */
  readonly isShort?: boolean
}

export interface FoundEvents {
  readonly rows: readonly StoredEvent[]
  /** Null at the end of the range; otherwise the id up to which it was read, even if no events were found. */
  readonly next: string | null
}

/** About 10 ms of processor time per window, 0.5 s for all. */
export const usualBounds: SearchBounds = { rowsInWindow: 10_000, windows: 50 }

/** Rows found by an index are scattered: each costs as much as this many adjacent rows. */
const rowsApart = 10

export function boundsOfIndex({ rowsInWindow, windows }: SearchBounds): SearchBounds {
  return { rowsInWindow: Math.ceil(rowsInWindow / rowsApart), windows }
}

/** The sizes of events differ by a factor of a thousand, and one page must fit into memory. Characters. */
const maxDetail = 4_000_000
const maxRowsAtOnce = 250

/** @param among the conditions of an index, so that the window counts rows of the index and not of the whole log */
export async function walk(search: Walk, among: readonly Condition[], conditions: readonly Condition[]): Promise<FoundEvents> {
  const { limit, order = 'newest', bounds } = search
  let { oldest, newest } = search
  const rows: StoredEvent[] = []
  let characters = 0
  for (let window = 1; ; window++) {
    const end = search.isShort === true ? undefined : await findEnd({ ...search, oldest, newest }, among)
    const most = Math.min(limit + 1 - rows.length, maxRowsAtOnce)
    const found = await readWindow({ ...search, oldest, newest }, end, [...among, ...conditions], most)
    for (const row of found) {
      const last = rows.at(-1)
      if (last && (rows.length === limit || characters + row.detail.length > maxDetail)) return { rows, next: last.id }
      rows.push(row)
      characters += row.detail.length
    }
    const reached = found.length === most ? found.at(-1)!.id : end
    if (reached === undefined) return { rows, next: null }
    if (order === 'newest') newest = reached
    else oldest = after(reached)
    if (rows.length === limit || window === bounds.windows) return { rows, next: reached }
    await untilOthersRan()
  }
}

/** Only as far back as every walk has read. */
export function merge(walks: readonly FoundEvents[], limit: number): FoundEvents {
  const lookedBackTo = walks
    .map(({ next }) => next ?? '')
    .toSorted()
    .at(-1)!
  const byId = new Map(walks.flatMap(({ rows }) => rows.map((row) => [row.id, row] as const)))
  const rows = [...byId.values()].filter(({ id }) => id >= lookedBackTo).toSorted((a, b) => (a.id < b.id ? 1 : -1))
  if (rows.length > limit) return { rows: rows.slice(0, limit), next: rows[limit - 1]!.id }
  return { rows, next: lookedBackTo === '' ? null : lookedBackTo }
}

/** The least text above an id. */
export function after(id: string): string {
  return `${id}!`
}

type Range = Pick<Walk, 'db' | 'oldest' | 'newest' | 'order'>

async function readWindow(range: Range, end: string | undefined, conditions: readonly Condition[], most: number): Promise<StoredEvent[]> {
  const { db, oldest, newest, order } = range
  let query = db.selectFrom('audit_events').selectAll()
  if (order === 'oldest')
    query = query.where('id', '>=', oldest).where(end === undefined ? sql<SqlBool>`id < ${newest}` : sql<SqlBool>`id <= ${end}`)
  else query = query.where('id', '<', newest).where(sql<SqlBool>`id >= ${end ?? oldest}`)
  for (const condition of conditions) query = query.where(condition)
  return query
    .orderBy('id', order === 'oldest' ? 'asc' : 'desc')
    .limit(most)
    .execute()
}

/** The last event of the window that begins at the end of the range; undefined if the window reaches its other end. */
async function findEnd({ db, oldest, newest, order, bounds }: Walk, among: readonly Condition[]): Promise<string | undefined> {
  let query = db.selectFrom('audit_events').select('id').where('id', '<', newest).where('id', '>=', oldest)
  for (const condition of among) query = query.where(condition)
  const row = await query
    .orderBy('id', order === 'oldest' ? 'asc' : 'desc')
    .offset(bounds.rowsInWindow - 1)
    .limit(1)
    .executeTakeFirst()
  return row?.id
}
