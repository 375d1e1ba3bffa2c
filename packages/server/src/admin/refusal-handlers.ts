// Refused requests, and the guards that report them, for operators.
import type { Kysely } from 'kysely'
import type { OperationOutput } from '@countersign/admin'
import { isProblemCode, problems } from '@countersign/protocol'
import { toInstant } from '../api/instants.ts'
import { findOrganizationId } from '../cache/read-organization.ts'
import { inWords, undecidedCheck } from '../explain/guard-faults.ts'
import { refusedQuery } from '../api/refused-query.ts'
import { noSuchOrganization } from '../organizations/lock-organization.ts'
import type { Realm } from '../realms/realm.ts'
import { detailOf, readRefusals, type StoredRefusal } from '../refusals/read-refusals.ts'
import { failedCheck } from '../refusals/refusal.ts'
import type { Schema } from '../store/schema.ts'
import { getRealm, type AdminContext, type AdminHandlers } from './handler-types.ts'
import { listGuards } from './list-guards.ts'
import { summaryOf } from './refusal-summary.ts'

export function refusalHandlers({ db, realms, clock, portalUrl }: AdminContext) {
  return {
    'refusals.list': async ({ params, query: { organization, from, to, limit, after, ...filter } }) => {
      const realm = getRealm(realms, params.realm)
      checkCode(filter.code)
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
    'refusals.summary': async ({ params, query: { organization, step, from, to, ...filter } }) => {
      const realm = getRealm(realms, params.realm)
      checkCode(filter.code)
      const organizationId = organization === undefined ? undefined : await organizationOf(db, realm, organization)
      const wanted = { ...filter, realm: realm.name, organization: organizationId }
      return summaryOf({ db, portalUrl }, wanted, { step, from, to }, clock())
    },
    'guards.list': ({ params, query }) => listGuards(db, getRealm(realms, params.realm).name, clock(), query),
  } satisfies Partial<AdminHandlers>
}

/** @throws ProblemError `invalid-request` */
function checkCode(code: string | undefined): void {
  if (code !== undefined && !isProblemCode(code)) throw refusedQuery('/query/code', `expected one of ${Object.keys(problems).join(', ')}`)
}

/** Refusals of a deleted organization are kept: its id is enough. */
async function organizationOf(db: Kysely<Schema>, realm: Realm, key: string): Promise<string> {
  const id = await findOrganizationId(db, realm.name, key)
  if (id === undefined && !/^[0-9a-f]{8}-/.test(key)) throw noSuchOrganization(realm, key)
  return id ?? key
}

function describeRefusal(row: StoredRefusal): OperationOutput<'refusals.list'>['items'][number] {
  const detail = detailOf(row)
  const failed = failedCheck(detail) ?? undecidedCheck({ detail })
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
    apiRequestId: row.api_request_id,
    callerRequestId: row.caller_request_id,
    failed: failed ? { check: failed.check, saw: failed.saw && inWords(failed.saw) } : null,
    reportOnly: detail.reportOnly === true,
  }
}
