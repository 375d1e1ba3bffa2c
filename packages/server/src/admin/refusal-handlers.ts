// Refused requests, and the guards that report them, for operators.
import { sql, type Kysely, type Selectable } from 'kysely'
import type { OperationOutput } from '@countersign/admin'
import { isProblemCode, problems } from '@countersign/protocol'
import { toInstant, toInstantOrNull } from '../api/instants.ts'
import { readPage } from '../api/page.ts'
import { findOrganizationId } from '../cache/read-organization.ts'
import { ProblemError } from '../errors.ts'
import { noSuchOrganization } from '../organizations/lock-organization.ts'
import type { Realm } from '../realms/realm.ts'
import { detailOf, failedCheck, readRefusals, type StoredRefusal } from '../refusals/read-refusals.ts'
import type { Schema } from '../store/schema.ts'
import { getRealm, type AdminContext, type AdminHandlers } from './handler-types.ts'

/** A guard reports each second while there is something, and at least every 30 seconds. */
const notSeenMs = 90_000

export function refusalHandlers({ db, realms, clock }: AdminContext) {
  return {
    'refusals.list': async ({ params, query: { organization, from, to, limit, after, ...filter } }) => {
      const realm = getRealm(realms, params.realm)
      if (filter.code !== undefined && !isProblemCode(filter.code))
        throw refusedQuery('/query/code', `expected one of ${Object.keys(problems).join(', ')}`)
      if (from !== undefined && to !== undefined && Date.parse(from) >= Date.parse(to))
        throw refusedQuery('/query/from', 'expected an instant before "to"')
      const wanted = {
        ...filter,
        realm: realm.name,
        organization: organization === undefined ? undefined : await organizationOf(db, realm, organization),
        from: from === undefined ? undefined : Date.parse(from),
        to: to === undefined ? undefined : Date.parse(to),
      }
      const { rows, next } = await readRefusals(db, wanted, { limit, after })
      return { items: rows.map(describeRefusal), next }
    },
    'guards.list': async ({ params, query }) => {
      const realm = getRealm(realms, params.realm)
      const now = clock()
      const { rows, next } = await readPage(selectGuards(db, realm.name, now), guardOrder, query)
      const { value } = await db.selectFrom('epoch').select('value').executeTakeFirstOrThrow()
      return { items: rows.map((row) => describeGuard(row, now, Number(value))), next }
    },
  } satisfies Partial<AdminHandlers>
}

/** Refusals of a deleted organization are kept: its id is enough. */
async function organizationOf(db: Kysely<Schema>, realm: Realm, key: string): Promise<string> {
  const id = await findOrganizationId(db, realm.name, key)
  if (id === undefined && !/^[0-9a-f]{8}-/.test(key)) throw noSuchOrganization(realm, key)
  return id ?? key
}

function describeRefusal(row: StoredRefusal): OperationOutput<'refusals.list'>['items'][number] {
  const detail = detailOf(row)
  const failed = failedCheck(detail)
  return {
    requestId: row.request_id,
    at: toInstant(row.at),
    source: row.source,
    reporter: row.reporter === '' ? null : row.reporter,
    guard: row.guard,
    api: row.api,
    method: row.method,
    route: row.route,
    code: row.code,
    reason: row.reason,
    organizationId: row.organization_id,
    clientId: row.client_id,
    isVerified: row.client_id !== null && detail.isNamed !== true,
    address: row.address,
    callerRequestId: row.caller_request_id,
    failed: failed ? { check: failed.check, saw: failed.saw } : null,
    reportOnly: detail.reportOnly === true,
  }
}

const guardOrder = { by: '-seenAt', column: 'seen_at', holds: 'number', id: 'place' } as const

function selectGuards(db: Kysely<Schema>, realm: string, now: number) {
  const routes = (condition = sql``) =>
    sql<number>`(select count(*) from guarded_routes as route where route.realm = reporting_guards.realm
      and route.reporter = reporting_guards.reporter and route.api = coalesce(reporting_guards.api, '') ${condition})`
  return db
    .selectFrom((from) =>
      from
        .selectFrom('reporting_guards')
        .selectAll()
        .select(sql<string>`reporter || ' ' || guard`.as('place'))
        .select(routes().as('routes'))
        .select(routes(sql`and route.report_only_until > ${now}`).as('report_only_routes'))
        .where('realm', '=', realm)
        .as('processes'),
    )
    .selectAll()
}

type StoredGuard = Selectable<Schema['reporting_guards']> & { readonly routes: number; readonly report_only_routes: number }

function describeGuard(row: StoredGuard, now: number, revision: number): OperationOutput<'guards.list'>['items'][number] {
  const { known_as_of: knownAsOf, seen_at: seenAt } = row
  return {
    reporter: row.reporter,
    guard: row.guard,
    api: row.api,
    state: stateOf(row, now),
    mode: row.mode === 'feed' ? 'feed' : 'pull',
    firstSeenAt: toInstant(row.first_seen_at),
    seenAt: toInstant(seenAt),
    knownAsOf: toInstantOrNull(knownAsOf),
    lagSeconds: knownAsOf === null ? null : (seenAt - knownAsOf) / 1000,
    revision: row.revision,
    revisionsBehind: row.revision === null ? null : Math.max(0, revision - row.revision),
    reportOnlyUntil: toInstantOrNull(row.report_only_until),
    routes: Number(row.routes),
    reportOnlyRoutes: Number(row.report_only_routes),
    lost: { refusals: row.lost_refusals, counts: row.lost_counts },
  }
}

function stateOf({ seen_at: seenAt, connected }: StoredGuard, now: number): 'connected' | 'cut-off' | 'not-seen' {
  if (now - seenAt > notSeenMs) return 'not-seen'
  return connected === 1 ? 'connected' : 'cut-off'
}

function refusedQuery(pointer: string, detail: string): ProblemError {
  return new ProblemError('invalid-request', { detail: `${pointer}: ${detail}`, errors: [{ pointer, detail }] })
}
