// Divides a list into parts that SQLite searches at once. Finding where they end takes a fifth of a search, and a person who types searches
// several times, so it is remembered for a minute. Rows that came or went since make a part longer or shorter and change nothing else.
import { sql, type Kysely, type SelectQueryBuilder } from 'kysely'
import type { Schema } from '../store/schema.ts'
import { directionOf, isAfter, type Order, type Place, type Placed } from './page.ts'

const rowsPerPart = 10_000
const rememberedMilliseconds = 60_000
const rememberedLists = 100

interface Division {
  readonly until: number
  /** Where the parts end, as far as it is known; null for the end of the list. */
  readonly ends: (Place | null)[]
}

/** By the list's query. */
const divisions = new WeakMap<object, Map<string, Division>>()

/**
 * Returns a function that finds where the next part ends: first that of the first part, then that of the second one, and so on.
 * @param isFromStart whether the first part is that of the list; otherwise nothing is remembered
 */
export function divide<DB, TB extends keyof DB, Row>(
  db: Pick<Kysely<Schema>, 'getExecutor'>,
  all: SelectQueryBuilder<DB, TB, Row>,
  order: Order,
  isFromStart: boolean,
): (start: Place | undefined) => Promise<Place | undefined> {
  const find = (start: Place | undefined) => findPlace(all, order, start, rowsPerPart)
  if (!isFromStart) return find
  const list = all.compile()
  const { ends } = divisionOf(db, JSON.stringify([order.by, list.sql, list.parameters]))
  let part = 0
  return async (start) => {
    const here = part++
    if (ends[here] === undefined) {
      const found = (await find(start)) ?? null
      ends[here] ??= found // If another search was faster: the ends must be in the order of the list.
    }
    return ends[here] ?? undefined
  }
}

function divisionOf(db: object, list: string): Division {
  const ofDb = divisions.get(db) ?? new Map<string, Division>()
  divisions.set(db, ofDb)
  const now = performance.now()
  const known = ofDb.get(list)
  if (known && known.until > now) return known
  const division: Division = { until: now + rememberedMilliseconds, ends: [] }
  ofDb.delete(list)
  if (ofDb.size >= rememberedLists) ofDb.delete(ofDb.keys().next().value!)
  ofDb.set(list, division)
  return division
}

/** The place of the row that is `rows` rows further on; undefined if there are fewer. */
export async function findPlace<DB, TB extends keyof DB, Row>(
  all: SelectQueryBuilder<DB, TB, Row>,
  order: Order,
  start: Place | undefined,
  rows: number,
): Promise<Place | undefined> {
  const value = sql.ref(order.column)
  const id = sql.ref(order.id)
  const direction = directionOf(order)
  let places = start ? all.where(isAfter(order, start)) : all
  places = places.orderBy(value, direction)
  if (!order.isUnique) places = places.orderBy(id, direction)
  const columns = [sql<string | number>`${value}`.as('page_value'), ...(order.isUnique ? [] : [sql<string>`${id}`.as('page_id')])]
  const [row] = (await places
    .select(columns)
    .limit(1)
    .offset(rows - 1)
    .execute()) as unknown as Partial<Placed<unknown>>[]
  return row && { value: row.page_value!, id: row.page_id }
}
