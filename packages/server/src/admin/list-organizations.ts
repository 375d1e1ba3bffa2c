// The list of organizations. Versions of the agreement are compared by their numbers, which the database cannot do.
import { sql, type Kysely, type Selectable } from 'kysely'
import type { CheckedInput, OperationOutput } from '@countersign/admin'
import { keepPage, readPage, type Order, type Page, type PageRequest } from '../api/page.ts'
import { contains, searchList } from '../api/search-page.ts'
import { summarizeOrganization } from '../organizations/describe-organization.ts'
import type { Realm } from '../realms/realm.ts'
import { readDpaStatuses } from '../standing/acceptances.ts'
import { describeOrganizationStandings } from '../standing/organization-standing.ts'
import { oneOf } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'

type Query = CheckedInput<'organizations.list'>['query']

const orders: Record<string, Pick<Order, 'column' | 'holds' | 'isUnique'>> = {
  slug: { column: 'slug', holds: 'string', isUnique: true },
  name: { column: 'name', holds: 'string' },
  createdAt: { column: 'created_at', holds: 'number' },
}

interface Circumstances {
  /** The version of the agreement that the realm requires now. */
  readonly required: string | null
  /** Of the operator. */
  readonly scopes: ReadonlySet<string>
  readonly now: number
}

export async function listOrganizations(
  db: Kysely<Schema>,
  realm: Realm,
  query: Query,
  { required, scopes, now }: Circumstances,
): Promise<OperationOutput<'organizations.list'>> {
  const { rows, next } = await readRows(db, realm, required, query)
  if (query.with !== 'standing') return { items: rows.map(summarizeOrganization), next }
  const ids = rows.map(({ id }) => id)
  const standingOf = await describeOrganizationStandings(db, { realm: realm.name, required, scopes, now }, ids)
  return { items: rows.map((row) => Object.assign(summarizeOrganization(row), { standing: standingOf(row.id) })), next }
}

async function readRows(
  db: Kysely<Schema>,
  realm: Realm,
  required: string | null,
  { sort, status, search, dpa, limit, after }: Query,
): Promise<Page<Selectable<Schema['organizations']>>> {
  const all = db.selectFrom('organizations').where('realm', '=', realm.name)
  let query = all.select('id') // The indexes have that; the whole rows of a page only.
  if (status !== undefined) query = query.where('status', '=', status)
  if (search !== undefined) query = query.where(contains(db, ['slug', 'name'], search))
  const order = { by: sort, ...orders[sort.replace('-', '')]!, id: 'id' }
  const isSearch = status !== undefined || search !== undefined
  const read = (page: PageRequest) => (isSearch ? searchList(db, query, all, order, page) : readPage(query, order, page))
  const { rows, next } =
    dpa === undefined
      ? await read({ limit, after })
      : await keepPage(read, order, { limit, after }, async (some) => {
          const statusOf = await readDpaStatuses(
            db,
            required,
            some.map(({ id }) => id),
          )
          return some.filter(({ id }) => statusOf(id).status === dpa)
        })
  return { rows: await readWholeRows(db, realm, rows), next }
}

/** In the same order; without those that were deleted meanwhile. */
async function readWholeRows(db: Kysely<Schema>, realm: Realm, found: readonly { readonly id: string }[]) {
  const ids = found.map(({ id }) => id)
  const inRealm = sql<string>`realm || ''` // By the id, not by all organizations of the realm.
  const rows = await db.selectFrom('organizations').selectAll().where(inRealm, '=', realm.name).where('id', 'in', oneOf(db, ids)).execute()
  const byId = new Map(rows.map((row) => [row.id, row]))
  return ids.flatMap((id) => byId.get(id) ?? [])
}
