// Keyset pagination: each page continues after the last row of the previous one, by its sort value and its id, so that concurrent
// inserts and deletes neither repeat nor hide other rows.
import { sql, type Expression, type SelectQueryBuilder, type SqlBool } from 'kysely'
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
  const value = sql.ref(order.column)
  const id = sql.ref(order.id)
  const isDescending = order.by.startsWith('-')
  const direction = isDescending ? 'desc' : 'asc'
  let selection = query.select([sql<string | number>`${value}`.as('page_value'), sql<string>`${id}`.as('page_id')])
  if (after !== undefined) {
    const last = readCursor(after, order)
    selection = selection.where(sql<SqlBool>`(${value}, ${id}) ${sql.raw(isDescending ? '<' : '>')} (${last.value}, ${last.id})`)
  }
  const found = (await selection
    .orderBy(value, direction)
    .orderBy(id, direction)
    .limit(limit + 1)
    .execute()) as (Row & { readonly page_value: string | number; readonly page_id: string })[]
  const rows = found.slice(0, limit)
  const last = rows.at(-1)
  return { rows, next: found.length > limit && last ? writeCursor(order, last.page_value, last.page_id) : null }
}

/** Opaque to callers, so that its format can change. */
export function writeCursor({ by }: Pick<Order, 'by'>, value: string | number, id: string): string {
  return Buffer.from(JSON.stringify([by, value, id])).toString('base64url')
}

/** @throws ProblemError `invalid-request` */
export function readCursor(cursor: string, { by, holds }: Pick<Order, 'by' | 'holds'>): { value: string | number; id: string } {
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
