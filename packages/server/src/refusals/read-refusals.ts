// Reads what is kept of refused requests, newest first.
import { sql, type Kysely, type Selectable } from 'kysely'
import type { CheckResult } from '@countersign/protocol'
import { searchPage, type Page, type PageRequest } from '../api/page.ts'
import type { Schema } from '../store/schema.ts'
import type { RefusalDetail } from './refusal.ts'

export type StoredRefusal = Selectable<Schema['refusals']>

export interface RefusalFilter {
  readonly realm: string
  readonly code?: string | undefined
  readonly client?: string | undefined
  readonly organization?: string | undefined
  readonly api?: string | undefined
  readonly source?: string | undefined
  /** Ours, or the one of the API or the caller. */
  readonly request?: string | undefined
  /** Milliseconds since the epoch. */
  readonly from?: number | undefined
  readonly to?: number | undefined
  /** Only those whose token or credentials were verified as those of the client. */
  readonly isVerified?: boolean
}

/** `place` is unique: two reporters may tell of one request id. */
const order = { by: '-at', column: 'at', holds: 'number', id: 'place' } as const

/** One of at most a million rows: on SQLite it is searched in parts, between which other requests are answered. */
export function readRefusals(db: Kysely<Schema>, filter: RefusalFilter, page: PageRequest): Promise<Page<StoredRefusal>> {
  let all = selectPlaced(db).where('realm', '=', filter.realm)
  if (filter.client !== undefined) all = all.where('client_id', '=', filter.client)
  if (filter.from !== undefined) all = all.where('at', '>=', filter.from)
  if (filter.to !== undefined) all = all.where('at', '<', filter.to)
  let query = all.selectAll()
  const { organization, code, api, source, request, isVerified } = filter
  if (organization !== undefined) query = query.where('organization_id', '=', organization)
  if (code !== undefined) query = query.where('code', '=', code)
  if (api !== undefined) query = query.where('api', '=', api)
  if (source !== undefined) query = query.where('source', '=', source)
  if (request !== undefined) query = query.where((is) => is.or([is('request_id', '=', request), is('caller_request_id', '=', request)]))
  if (isVerified) query = query.where('detail', 'not like', `%${namedMark}%`)
  return searchPage(db, query, all, order, page)
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

export function failedCheck({ checks = [] }: RefusalDetail): CheckResult | undefined {
  return checks.find(({ result }) => result === 'failed')
}
