// Finds a request by its id: first among the refusals, then in the audit log. An operator that is limited to realms gets the same for a
// request of another realm as for one that does not exist, after the same statements.
import { sql, type Kysely } from 'kysely'
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
  const reported = await readRefusals(db, 'request_id', request, realms)
  const isKnown = reported.some(({ reporter }) => reporter === '')
  // The audit log has no index of the ids of callers over issued tokens.
  const logged = isKnown || Number.isNaN(instantOf(request)) ? undefined : await findLogged(db, request, realms)
  // Neither the claim of a guard nor an id that a caller chose hides what this server did itself.
  if (logged?.succeeded) return logged
  const ofApis = await readRefusals(db, 'api_request_id', request, realms)
  const called = await readRefusals(db, 'caller_request_id', request, realms)
  const refused = [...(logged?.refused ?? []), ...sorted(unique([...reported, ...ofApis, ...called]), request)]
  return refused.length === 0 ? undefined : { refused, succeeded: undefined }
}

async function findLogged(db: Kysely<Schema>, request: string, realms: readonly string[] | undefined): Promise<FoundRequest | undefined> {
  const { rows } = await searchAudit(db, { request, realms }, { from: undefined, to: undefined, after: undefined }, 50)
  const ours = rows.filter(({ request_id: id }) => id === request)
  const events = ours.filter(({ outcome }) => outcome === 'refused')
  if (events.length > 0) return { refused: events.map((event) => ofEvent(event, request)), succeeded: undefined }
  const [succeeded] = ours
  return succeeded && { refused: [], succeeded }
}

async function readRefusals(
  db: Kysely<Schema>,
  column: 'request_id' | 'api_request_id' | 'caller_request_id',
  request: string,
  realms: readonly string[] | undefined,
): Promise<RefusedRequest[]> {
  let query = db.selectFrom('refusals').selectAll().where(column, '=', request)
  if (realms) query = query.where('realm', 'in', oneOf(db, realms))
  // Those of this server first, however many guards report the same id. The ids of callers have an index by time, which may be long.
  if (column === 'request_id') query = query.orderBy(sql`case when reporter = '' then 0 else 1 end`)
  const rows = await query.orderBy('at', 'desc').limit(maxReports).execute()
  return rows.map(ofRefusal)
}

/** An API may take the id of its caller for its own. */
function unique(refused: readonly RefusedRequest[]): RefusedRequest[] {
  const keyOf = ({ requestId, reporter, realm }: RefusedRequest) => JSON.stringify([requestId, reporter, realm])
  return [...new Map(refused.map((each) => [keyOf(each), each])).values()]
}

/** Those with this id before those that their API calls so, and these before those that only their caller calls so. */
function sorted(refused: readonly RefusedRequest[], request: string): RefusedRequest[] {
  const rankOfId = ({ requestId, apiRequestId }: RefusedRequest) => (requestId === request ? 0 : apiRequestId === request ? 2 : 4)
  const rank = (each: RefusedRequest) => rankOfId(each) + (each.reporter === '' ? 0 : 1)
  return refused.toSorted((a, b) => rank(a) - rank(b) || b.at - a.at)
}
