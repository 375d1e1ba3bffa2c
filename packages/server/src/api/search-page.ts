// Pages of lists with a condition that no index answers. SQLite searches without answering other requests, so it is given a part of the list
// at a time, until the page is full.
import { setImmediate as otherRequests } from 'node:timers/promises'
import { sql, type Expression, type Kysely, type SelectQueryBuilder, type SqlBool } from 'kysely'
import { isPostgres } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'
import { divide, findPlace } from './list-parts.ts'
import { searchedColumns } from '../store/searched-columns.ts'
import { readCursor, readPage, readRows, toPage, writeCursor } from './page.ts'
import type { Order, Page, PageRequest, Place, Placed } from './page.ts'

type Db = Pick<Kysely<Schema>, 'getExecutor'>
type FindEnd = (start: Place | undefined) => Promise<Place | undefined>

/** Of wide rows. */
const rowsPerPart = 5000

/**
 * A page of rows of which many come and go.
 * @param all the rows among which is searched
 * @param maxParts for callers who must not keep the database busy: after so many parts the page ends, possibly with a cursor and no rows
 */
export function searchPage<DB, TB extends keyof DB, Row, AllDB, AllTB extends keyof AllDB, AllRow>(
  db: Db,
  query: SelectQueryBuilder<DB, TB, Row>,
  all: SelectQueryBuilder<AllDB, AllTB, AllRow>,
  order: Order,
  page: PageRequest,
  maxParts = Infinity,
): Promise<Page<Row>> {
  if (isPostgres(db) && maxParts === Infinity) return readPage(query, order, page)
  return searchParts(query, order, page, (start) => findPlace(all, order, start, rowsPerPart), maxParts)
}

/** A page of rows of which few come and go, and of which an index has all that `query` needs. @param all as for {@link searchPage} */
export function searchList<DB, TB extends keyof DB, Row, AllDB, AllTB extends keyof AllDB, AllRow>(
  db: Db,
  query: SelectQueryBuilder<DB, TB, Row>,
  all: SelectQueryBuilder<AllDB, AllTB, AllRow>,
  order: Order,
  page: PageRequest,
): Promise<Page<Row>> {
  if (isPostgres(db)) return readPage(query, order, page)
  return searchParts(query, order, page, divide(db, all, order, page.after === undefined))
}

async function searchParts<DB, TB extends keyof DB, Row>(
  query: SelectQueryBuilder<DB, TB, Row>,
  order: Order,
  { limit, after }: PageRequest,
  findEnd: FindEnd,
  maxParts = Infinity,
): Promise<Page<Row>> {
  let start: Place | undefined = after === undefined ? undefined : readCursor(after, order)
  const found: Placed<Row>[] = []
  for (let part = 1; ; part++) {
    const end = await findEnd(start)
    found.push(...(await readRows(query, order, { start, end, count: limit + 1 - found.length })))
    if (!end || found.length > limit) return toPage(found, order, limit)
    if (part === maxParts && end.id !== undefined) return { rows: found, next: writeCursor(order, end.value, end.id) }
    start = end
    await otherRequests()
  }
}

/**
 * Matches rows with the text in one of the columns. Case-insensitive for A to Z only, in both databases.
 * @param text has no control characters: one separates the columns
 */
export function contains(db: Db, columns: readonly string[], text: string): Expression<SqlBool> {
  const lower = text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
  const searched = searchedColumns(columns)
  // SQLite's own LIKE is case-insensitive for A to Z.
  if (!isPostgres(db)) return has(searched, lower)
  // PostgreSQL compares twice as fast as it makes a text lower case, so rows without the digits and signs of the text are left out before.
  const caseless = (text.match(/[^A-Za-z]{2,}/g) ?? []).toSorted((one, other) => other.length - one.length)[0]
  const found = has(sql`lower(${searched})`, lower)
  if (caseless === undefined) return found
  const candidates = columns.map((column) => has(sql.ref(column), caseless))
  return sql`((${sql.join(candidates, sql` or `)}) and ${found})`
}

function has(value: Expression<unknown>, text: string): Expression<SqlBool> {
  return sql`${value} like ${`%${text.replace(/[!%_]/g, '!$&')}%`} escape '!'`
}
