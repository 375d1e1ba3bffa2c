// Reads what is kept of refused requests, newest first.
import { sql, type Kysely, type Selectable } from 'kysely'
import type { Page, PageRequest } from '../api/page.ts'
import { searchPage } from '../api/search-page.ts'
import type { Schema } from '../store/schema.ts'
import type { RefusalDetail } from './refusal.ts'

export type StoredRefusal = Selectable<Schema['refusals']>

export interface RefusalFilter {
  readonly realm: string
  readonly code?: string | undefined
  readonly reason?: string | undefined
  readonly client?: string | undefined
  readonly organization?: string | undefined
  readonly api?: string | undefined
  readonly source?: string | undefined
  /** Ours; if none has it, the one of the API, then the one of the caller. */
  readonly request?: string | undefined
  /** Milliseconds since the epoch. */
  readonly from?: number | undefined
  readonly to?: number | undefined
  /** Only those whose token or credentials were verified as those of the client. */
  readonly isVerified?: boolean
}

/** `place` is unique: two reporters may tell of one request id. */
const order = { by: '-at', column: 'at', holds: 'number', id: 'place' } as const
/** Cursors of integrators must not tell who reported. Of two reports of one request, a page that ends between them leaves one out. */
const orderOfClients = { ...order, id: 'request_id' } as const

/** At most a million rows, searched in parts, between which other requests are answered. @param maxParts as for {@link searchPage} */
export async function readRefusals(
  db: Kysely<Schema>,
  filter: RefusalFilter,
  page: PageRequest,
  maxParts = Infinity,
): Promise<Page<StoredRefusal>> {
  const { request } = filter
  const search = (among: PlacedRefusals) => searchAmong(db, among, filter, page, maxParts)
  if (request === undefined) return search(selectAmong(db, filter))
  const ours = await search(selectPlaced(db).where('request_id', '=', request))
  if (ours.rows.length > 0) return ours
  // One after the other, each in the order of its index: any number of requests can have the id that a caller chose.
  if (filter.isVerified !== true) {
    const ofApi = await search(selectPlaced(db).where('api_request_id', '=', request))
    if (ofApi.rows.length > 0) return ofApi
  }
  return search(selectPlaced(db).where('caller_request_id', '=', request))
}

type PlacedRefusals = ReturnType<typeof selectPlaced>

/** By an index of the realm or of the client. */
function selectAmong(db: Kysely<Schema>, { realm, client }: RefusalFilter): PlacedRefusals {
  const ofRealm = selectPlaced(db).where('realm', '=', realm)
  return client === undefined ? ofRealm : ofRealm.where('client_id', '=', client)
}

function searchAmong(
  db: Kysely<Schema>,
  among: PlacedRefusals,
  filter: RefusalFilter,
  page: PageRequest,
  maxParts: number,
): Promise<Page<StoredRefusal>> {
  const { realm, client, from, to, organization, code, reason, api, source, isVerified } = filter
  let all = among
  if (from !== undefined) all = all.where('at', '>=', from)
  if (to !== undefined) all = all.where('at', '<', to)
  // `|| ''` keeps the database on the index of the rows among which is searched.
  let query = all.selectAll().where(sql<string>`realm || ''`, '=', realm)
  if (client !== undefined) query = query.where(sql<string>`client_id || ''`, '=', client)
  if (organization !== undefined) query = query.where('organization_id', '=', organization)
  if (code !== undefined) query = query.where('code', '=', code)
  if (reason !== undefined) query = query.where('reason', '=', reason)
  if (api !== undefined) query = query.where('api', '=', api)
  if (source !== undefined) query = query.where('source', '=', source)
  if (isVerified) query = query.where('detail', 'not like', `%${namedMark}%`)
  return searchPage(db, query, all, isVerified ? orderOfClients : order, page, maxParts)
}

function selectPlaced(db: Kysely<Schema>) {
  return db.selectFrom((from) =>
    from
      .selectFrom('refusals')
      .selectAll()
      .select(sql<string>`request_id || ' ' || reporter`.as('place'))
      .as('refusals'),
  )
}

/** In the JSON of a detail; within a text of it, the quotation marks would have backslashes. */
const namedMark = '"isNamed":true'

export function detailOf({ detail }: Pick<StoredRefusal, 'detail'>): RefusalDetail {
  try {
    return JSON.parse(detail) as RefusalDetail
  } catch {
    return {}
  }
}
