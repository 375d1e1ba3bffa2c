// Keyset pagination: each page continues after the last row of the previous one, by its sort value and its id, so that concurrent
// inserts and deletes neither repeat nor hide other rows.
import { setImmediate as otherRequests } from 'node:timers/promises'
import { sql, type Expression, type Kysely, type SelectQueryBuilder, type SqlBool } from 'kysely'
import { isPostgres } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'
import { ProblemError } from '../errors.ts'

export interface Order {
  /** Sort key as the query names it; prefixed with "-" for descending order. */
  readonly by: string
  readonly column: string
  readonly holds: 'string' | 'number'
  /** Column that breaks ties between equal sort values. */
  readonly id: string
}

export interface PageRequest {
  readonly limit: number
  readonly after?: string | undefined
}

export interface Page<Row> {
  readonly rows: readonly Row[]
  readonly next: string | null
}

/** @throws ProblemError `invalid-request` for a cursor of another list or another order */
export async function readPage<DB, TB extends keyof DB, Row>(
  query: SelectQueryBuilder<DB, TB, Row>,
  order: Order,
  { limit, after }: PageRequest,
): Promise<Page<Row>> {
  const start = after === undefined ? undefined : readCursor(after, order)
  return toPage(await readRows(query, order, { start, count: limit + 1 }), order, limit)
}

/** A place in a list: the sort value and the id of a row. */
interface Place {
  readonly value: string | number
  readonly id: string
}

interface Range {
  /** Without the row itself. */
  readonly start?: Place | undefined
  /** With the row itself. */
  readonly end?: Place | undefined
  readonly count: number
}

type Placed<Row> = Row & { readonly page_value: string | number; readonly page_id: string }

/** Rows that are searched at once. */
const maxSearched = 5000

/**
 * A page of a query with a condition that no index answers. SQLite searches without answering other requests, so it is given a part of the
 * rows at a time, until the page is full.
 * @param all the rows among which is searched
 * @param maxParts for callers who must not keep the database busy: after so many parts the page ends, possibly with a cursor and no rows
 */
export async function searchPage<DB, TB extends keyof DB, Row, AllDB, AllTB extends keyof AllDB, AllRow>(
  db: Pick<Kysely<Schema>, 'getExecutor'>,
  query: SelectQueryBuilder<DB, TB, Row>,
  all: SelectQueryBuilder<AllDB, AllTB, AllRow>,
  order: Order,
  { limit, after }: PageRequest,
  maxParts = Infinity,
): Promise<Page<Row>> {
  if (isPostgres(db) && maxParts === Infinity) return readPage(query, order, { limit, after })
  let start = after === undefined ? undefined : readCursor(after, order)
  const found: Placed<Row>[] = []
  for (let part = 1; ; part++) {
    const end = await findPlace(all, order, start)
    found.push(...(await readRows(query, order, { start, end, count: limit + 1 - found.length })))
    if (!end || found.length > limit) return toPage(found, order, limit)
    if (part === maxParts) return { rows: found, next: writeCursor(order, end.value, end.id) }
    start = end
    await otherRequests()
  }
}

/** Rows that a rule of the code looks at without answering other requests. */
const rowsPerPart = 250

/** All rows of a list in their order, some at a time, between which other requests are answered. @throws as {@link readPage} */
export async function* readParts<Row>(read: (page: PageRequest) => Promise<Page<Row>>, after?: string): AsyncGenerator<readonly Row[]> {
  for (let cursor = after; ;) {
    const { rows, next } = await read({ limit: rowsPerPart, after: cursor })
    yield rows
    if (next === null) return
    cursor = next
    await otherRequests()
  }
}

/**
 * A page of the rows that meet a rule of the code and not a condition of SQL. The fewer they are, the more is read.
 * @param read by {@link readPage} or {@link searchPage}, in the same order
 * @param keep those of some rows that meet the rule, in their order
 */
export async function keepPage<Row>(
  read: (page: PageRequest) => Promise<Page<Row>>,
  order: Order,
  { limit, after }: PageRequest,
  keep: (rows: readonly Row[]) => Promise<readonly Row[]>,
): Promise<Page<Row>> {
  const kept: Row[] = []
  for await (const rows of readParts(read, after)) {
    kept.push(...(await keep(rows)))
    if (kept.length > limit) break
  }
  return toPage(kept as Placed<Row>[], order, limit)
}

async function readRows<DB, TB extends keyof DB, Row>(
  query: SelectQueryBuilder<DB, TB, Row>,
  order: Order,
  { start, end, count }: Range,
): Promise<Placed<Row>[]> {
  const value = sql.ref(order.column)
  const id = sql.ref(order.id)
  const isDescending = order.by.startsWith('-')
  const direction = isDescending ? 'desc' : 'asc'
  let selection = query.select([sql<string | number>`${value}`.as('page_value'), sql<string>`${id}`.as('page_id')])
  if (start) selection = selection.where(sql<SqlBool>`(${value}, ${id}) ${sql.raw(isDescending ? '<' : '>')} (${start.value}, ${start.id})`)
  if (end) selection = selection.where(sql<SqlBool>`(${value}, ${id}) ${sql.raw(isDescending ? '>=' : '<=')} (${end.value}, ${end.id})`)
  return (await selection.orderBy(value, direction).orderBy(id, direction).limit(count).execute()) as Placed<Row>[]
}

/** The place up to which the next rows are searched; undefined if these are the last ones. */
async function findPlace<DB, TB extends keyof DB, Row>(
  all: SelectQueryBuilder<DB, TB, Row>,
  order: Order,
  start: Place | undefined,
): Promise<Place | undefined> {
  const [row] = await readRows(all.offset(maxSearched - 1), order, { start, count: 1 })
  return row && { value: row.page_value, id: row.page_id }
}

function toPage<Row>(found: readonly Placed<Row>[], order: Order, limit: number): Page<Row> {
  const rows = found.slice(0, limit)
  const last = rows.at(-1)
  return { rows, next: found.length > limit && last ? writeCursor(order, last.page_value, last.page_id) : null }
}

/** Opaque to callers, so that its format can change. */
export function writeCursor({ by }: Pick<Order, 'by'>, value: string | number, id: string): string {
  return Buffer.from(JSON.stringify([by, value, id])).toString('base64url')
}

/** @throws ProblemError `invalid-request` */
export function readCursor(cursor: string, { by, holds }: Pick<Order, 'by' | 'holds'>): Place {
  const parts = parseJson(Buffer.from(cursor, 'base64url').toString())
  if (!Array.isArray(parts) || parts.length !== 3) throw refusedCursor('expected the value of "next" from the previous page')
  const [itsOrder, value, id] = parts as unknown[]
  if (itsOrder !== by) throw refusedCursor(`expected "next" of a page of this list in the same order, "${by}"`)
  // Checked here, because a database rejects a value that its column cannot hold with its own error.
  const fits = (candidate: unknown, type: Order['holds']) =>
    typeof candidate === type && (type === 'string' ? !(candidate as string).includes('\0') : Number.isSafeInteger(candidate))
  if (!fits(value, holds) || !fits(id, 'string')) throw refusedCursor('expected the value of "next" from the previous page')
  return { value: value as string | number, id: id as string }
}

export function refusedCursor(detail: string): ProblemError {
  return new ProblemError('invalid-request', {
    detail: `/query/after: ${detail}`,
    remedy: 'Start again without "after", and pass "next" unchanged, with the same sort key.',
    errors: [{ pointer: '/query/after', detail }],
  })
}

/** Matches rows with the text in one of the columns. Case-insensitive for A to Z only, as lower() does in both databases. */
export function contains(columns: readonly string[], text: string): Expression<SqlBool> {
  const lower = text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
  const pattern = `%${lower.replace(/[!%_]/g, '!$&')}%`
  const matches = columns.map((column) => sql`lower(${sql.ref(column)}) like ${pattern} escape '!'`)
  return sql<SqlBool>`(${sql.join(matches, sql` or `)})`
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
