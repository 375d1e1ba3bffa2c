// The access requests of a realm or of an organization, and how many are open.
import { sql, type Kysely } from 'kysely'
import type { CheckedInput, OperationOutput } from '@countersign/admin'
import { readCursor, readPage, writeCursor, type Page, type PageRequest } from '../api/page.ts'
import { ProblemError } from '../errors.ts'
import type { Realm } from '../realms/realm.ts'
import type { Schema } from '../store/schema.ts'
import { describeAccessRequest, type AccessRequestRow } from './access-request.ts'

/** As a literal, so that the index of the open ones is used. */
const isOpen = sql<boolean>`state = 'open'`

function selectOfRealm(db: Kysely<Schema>, realm: string) {
  return db
    .selectFrom('access_requests')
    .innerJoin('organizations', 'organizations.id', 'access_requests.organization_id')
    .selectAll('access_requests')
    .select(['slug', 'name'])
    .where('realm', '=', realm)
}

type Row = AccessRequestRow & { readonly slug: string; readonly name: string }

const oldestFirst = { column: 'asked_at', holds: 'number', id: 'access_requests.id' } as const
const openFirst = { by: 'open', ...oldestFirst } as const
const thenOthers = { by: 'others', ...oldestFirst } as const

type Filter = Pick<CheckedInput<'accessRequests.list'>['query'], 'state'> & { readonly organizationId: string | undefined }

export async function listRequests(
  db: Kysely<Schema>,
  realm: Realm,
  { state, organizationId }: Filter,
  page: PageRequest,
): Promise<OperationOutput<'accessRequests.list'>> {
  let all = selectOfRealm(db, realm.name)
  if (organizationId !== undefined) all = all.where('organization_id', '=', organizationId)
  const { rows, next } =
    state === undefined
      ? await readBoth(all, page)
      : await readPage(state === 'open' ? all.where(isOpen) : all.where('state', '=', state), { by: 'askedAt', ...oldestFirst }, page)
  return { items: rows.map(describeListed), next }
}

/** Two lists as one. */
async function readBoth(all: ReturnType<typeof selectOfRealm>, { limit, after }: PageRequest): Promise<Page<Row>> {
  const readOthers = (page: PageRequest) => readPage(all.where(sql<boolean>`state <> 'open'`), thenOthers, page)
  if (after !== undefined && isCursorOf(after, thenOthers)) return readOthers({ limit, after })
  const open = await readPage(all.where(isOpen), openFirst, { limit, after })
  if (open.next !== null) return open
  const left = limit - open.rows.length
  if (left === 0) return { rows: open.rows, next: writeCursor(thenOthers, 0, '') }
  const others = await readOthers({ limit: left })
  return { rows: [...open.rows, ...others.rows], next: others.next }
}

function isCursorOf(cursor: string, order: Parameters<typeof readCursor>[1]): boolean {
  try {
    readCursor(cursor, order)
    return true
  } catch (error) {
    if (error instanceof ProblemError) return false
    throw error
  }
}

function describeListed(row: Row): OperationOutput<'accessRequests.list'>['items'][number] {
  return { ...describeAccessRequest(row), organization: { id: row.organization_id, slug: row.slug, name: row.name } }
}

/** Most recent first. @param client of a session: nothing of other clients is listed */
export async function listRequestsOfOrganization(
  db: Kysely<Schema>,
  organizationId: string,
  page: PageRequest,
  client?: string,
): Promise<OperationOutput<'accessRequests.ofOrganization'>> {
  let all = db.selectFrom('access_requests').selectAll().where('organization_id', '=', organizationId)
  if (client !== undefined) all = all.where((where) => where.or([where('client_id', 'is', null), where('client_id', '=', client)]))
  const order = { by: '-askedAt', column: 'asked_at', holds: 'number', id: 'id' } as const
  const { rows, next } = await readPage(all, order, page)
  return { items: rows.map(describeAccessRequest), next }
}

/** How many are open, and the one that has waited longest. */
export async function countOpenRequests(
  db: Kysely<Schema>,
  realm: string,
): Promise<{ readonly count: number; readonly oldest: ReturnType<typeof describeListed> | undefined }> {
  const open = selectOfRealm(db, realm).where(isOpen)
  const oldest = await open.orderBy('asked_at').orderBy('access_requests.id').limit(1).executeTakeFirst()
  if (!oldest) return { count: 0, oldest: undefined }
  const { count } = await db
    .selectFrom('access_requests')
    .innerJoin('organizations', 'organizations.id', 'access_requests.organization_id')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('realm', '=', realm)
    .where(isOpen)
    .executeTakeFirstOrThrow()
  return { count: Number(count), oldest: describeListed(oldest) }
}
