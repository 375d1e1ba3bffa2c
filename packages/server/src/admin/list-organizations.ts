// The list of organizations. Versions of the agreement are compared by their numbers, which the database cannot do.
import type { Kysely } from 'kysely'
import type { CheckedInput, OperationOutput } from '@countersign/admin'
import { contains, keepPage, readPage, searchPage, type Order, type PageRequest } from '../api/page.ts'
import { summarizeOrganization } from '../organizations/describe-organization.ts'
import type { Realm } from '../realms/realm.ts'
import { readDpaStatuses } from '../standing/acceptances.ts'
import { describeOrganizationStandings } from '../standing/organization-standing.ts'
import type { Schema } from '../store/schema.ts'

type Query = CheckedInput<'organizations.list'>['query']

const orders: Record<string, Pick<Order, 'column' | 'holds'>> = {
  slug: { column: 'slug', holds: 'string' },
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

function readRows(db: Kysely<Schema>, realm: Realm, required: string | null, { sort, status, search, dpa, limit, after }: Query) {
  const all = db.selectFrom('organizations').where('realm', '=', realm.name)
  let query = all.selectAll()
  if (status !== undefined) query = query.where('status', '=', status)
  if (search !== undefined) query = query.where(contains(['slug', 'name'], search))
  const order = { by: sort, ...orders[sort.replace('-', '')]!, id: 'id' }
  const isSearch = status !== undefined || search !== undefined
  const read = (page: PageRequest) => (isSearch ? searchPage(db, query, all, order, page) : readPage(query, order, page))
  if (dpa === undefined) return read({ limit, after })
  return keepPage(read, order, { limit, after }, async (rows) => {
    const statusOf = await readDpaStatuses(
      db,
      required,
      rows.map(({ id }) => id),
    )
    return rows.filter(({ id }) => statusOf(id).status === dpa)
  })
}
