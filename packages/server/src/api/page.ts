// Keyset pagination: each page continues after the last row of the previous one, by its sort value and its id, so that concurrent
// inserts and deletes neither repeat nor hide other rows.
import { setImmediate as otherRequests } from 'node:timers/promises'
import { sql, type Expression, type SelectQueryBuilder, type SqlBool } from 'kysely'
import { ProblemError } from '../errors.ts'

export interface Order {
  /** Sort key as the query names it; prefixed with "-" for descending order. */
  readonly by: string
  readonly column: string
  readonly holds: 'string' | 'number'
  /** Column that breaks ties between equal sort values. */
  readonly id: string
  /** No two rows of the list have the same sort value. */
  readonly isUnique?: boolean
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
export interface Place {
  readonly value: string | number
  /** Undefined where the value alone tells the row. */
  readonly id: string | undefined
}

interface Range {
  /** Without the row itself. */
  readonly start?: Place | undefined
  /** With the row itself. */
  readonly end?: Place | undefined
  readonly count: number
}

export type Placed<Row> = Row & { readonly page_value: string | number; readonly page_id: string }

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
 * @param read by {@link readPage} or a search (search-page.ts), in the same order
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

export async function readRows<DB, TB extends keyof DB, Row>(
  query: SelectQueryBuilder<DB, TB, Row>,
  order: Order,
  { start, end, count }: Range,
): Promise<Placed<Row>[]> {
  const value = sql.ref(order.column)
  const id = sql.ref(order.id)
  const direction = directionOf(order)
  let selection = query.select([sql<string | number>`${value}`.as('page_value'), sql<string>`${id}`.as('page_id')])
  if (start) selection = selection.where(isAfter(order, start))
  if (end) selection = selection.where(compare(order, direction === 'desc' ? '>=' : '<=', end))
  selection = selection.orderBy(value, direction)
  if (!order.isUnique) selection = selection.orderBy(id, direction)
  return (await selection.limit(count).execute()) as Placed<Row>[]
}

export function directionOf({ by }: Pick<Order, 'by'>): 'asc' | 'desc' {
  return by.startsWith('-') ? 'desc' : 'asc'
}

export function isAfter(order: Order, place: Place): Expression<SqlBool> {
  return compare(order, directionOf(order) === 'desc' ? '<' : '>', place)
}

/** The value alone is compared by the index; otherwise each row is compared again. */
function compare(order: Order, operator: '<' | '<=' | '>' | '>=', { value, id }: Place): Expression<SqlBool> {
  const column = sql.ref(order.column)
  if (id === undefined) return sql`${column} ${sql.raw(operator)} ${value}`
  return sql`(${column}, ${sql.ref(order.id)}) ${sql.raw(operator)} (${value}, ${id})`
}

export function toPage<Row>(found: readonly Placed<Row>[], order: Order, limit: number): Page<Row> {
  const rows = found.slice(0, limit)
  const last = rows.at(-1)
  return { rows, next: found.length > limit && last ? writeCursor(order, last.page_value, last.page_id) : null }
}

/** Opaque to callers, so that its format can change. */
export function writeCursor({ by }: Pick<Order, 'by'>, value: string | number, id: string): string {
  return Buffer.from(JSON.stringify([by, value, id])).toString('base64url')
}

/** @throws ProblemError `invalid-request` */
export function readCursor(cursor: string, { by, holds }: Pick<Order, 'by' | 'holds'>): Place & { readonly id: string } {
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

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
