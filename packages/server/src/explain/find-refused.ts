// Finds a request by its id: first among the refusals, then in the audit log. An operator that is limited to realms gets the same for a
// request of another realm as for one that does not exist, after the same statements.
import type { Kysely } from 'kysely'
import type { StoredEvent } from '../audit/events/event-row.ts'
import { searchAudit } from '../audit/search/search-audit.ts'
import { instantOf } from '../node-ids.ts'
import { oneOf } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'
import { ofEvent, ofRefusal, type RefusedRequest } from './refused-request.ts'

export interface FoundRequest {
  /** Newest first; the server itself before guards, because what a guard reports is its claim. */
  readonly refused: readonly RefusedRequest[]
  /** What the audit log has of a request that succeeded. */
  readonly succeeded: StoredEvent | undefined
}

/** Several guards may report one id, also with the intention to confuse. */
const maxReports = 20

/** @param realms of the operator; undefined for all */
export async function findRefused(
  db: Kysely<Schema>,
  request: string,
  realms: readonly string[] | undefined,
): Promise<FoundRequest | undefined> {
  const refused = [
    ...(await readRefusals(db, 'request_id', request, realms)),
    ...(await readRefusals(db, 'caller_request_id', request, realms)),
  ]
  if (refused.length > 0) return { refused: sorted(refused, request), succeeded: undefined }
  if (Number.isNaN(instantOf(request))) return undefined // The audit log has no index of the ids of callers over issued tokens.
  const { rows } = await searchAudit(db, { request, realms }, { from: undefined, to: undefined, after: undefined }, 50)
  const events = rows.filter(({ outcome }) => outcome === 'refused')
  if (events.length > 0) return { refused: events.map((event) => ofEvent(event, request)), succeeded: undefined }
  const [succeeded] = rows
  return succeeded && { refused: [], succeeded }
}

async function readRefusals(
  db: Kysely<Schema>,
  column: 'request_id' | 'caller_request_id',
  request: string,
  realms: readonly string[] | undefined,
): Promise<RefusedRequest[]> {
  let query = db.selectFrom('refusals').selectAll().where(column, '=', request)
  if (realms) query = query.where('realm', 'in', oneOf(db, realms))
  const rows = await query.orderBy('at', 'desc').limit(maxReports).execute()
  return rows.map(ofRefusal)
}

/** Those with this id before those that only their caller calls so. */
function sorted(refused: readonly RefusedRequest[], request: string): RefusedRequest[] {
  const rank = ({ requestId, reporter }: RefusedRequest) => (requestId === request ? 0 : 2) + (reporter === '' ? 0 : 1)
  return refused.toSorted((a, b) => rank(a) - rank(b) || b.at - a.at)
}
