// What a report says, checked against what this server knows: a guard says neither which organization a client belongs to, nor that a
// client exists, nor when something happened.
import type { Kysely } from 'kysely'
import type { DecisionReport, RefusalReport } from '@countersign/protocol'
import type { Cache } from '../cache/cache.ts'
import type { Refusal } from '../refusals/refusal.ts'
import { oneOf } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'
import type { UsageEntry } from '../usage/usage.ts'
import { cleanAddress, cleanRequestId, cleanText } from './clean-text.ts'

/** How far the clock of a guard may be behind, with what it could not send for a while, and ahead. */
const behindMs = 3_600_000
const aheadMs = 60_000
const hour = 3_600_000
/** For as long as usage has hours. */
const countsBehindMs = 8 * 24 * hour

/** The organizations of clients, by client id. */
export type Organizations = ReadonlyMap<string, string>

/** Of the clients that a report names, as far as they exist in the realm. */
export async function findOrganizations(
  { cache, db }: { readonly cache: Pick<Cache, 'findClient'>; readonly db: Kysely<Schema> },
  realm: string,
  { refusals, counts }: DecisionReport,
): Promise<Organizations> {
  const found = new Map<string, string>()
  const missing: string[] = []
  for (const clientId of new Set([...refusals, ...counts].map((entry) => entry.clientId))) {
    if (clientId === null) continue
    const known = cache.findClient(realm, clientId)
    if (known) found.set(clientId, known.organization.id)
    else missing.push(clientId)
  }
  if (missing.length === 0) return found
  const rows = await db
    .selectFrom('clients')
    .select(['client_id', 'organization_id'])
    .where('realm', '=', realm)
    .where('client_id', 'in', oneOf(db, missing))
    .execute()
  for (const row of rows) found.set(row.client_id, row.organization_id)
  return found
}

interface From {
  readonly realm: string
  readonly reporter: string
  readonly now: number
  readonly organizations: Organizations
}

export function refusalsOf(report: DecisionReport, from: From): Refusal[] {
  return report.refusals.map((refusal) => toRefusal(refusal, report, from))
}

function toRefusal(told: RefusalReport, { guard, api }: DecisionReport, { realm, reporter, now, organizations }: From): Refusal {
  const organizationId = told.clientId === null ? undefined : organizations.get(told.clientId)
  return {
    requestId: told.requestId,
    reporter,
    realm,
    at: told.at < now - behindMs || told.at > now + aheadMs ? now : told.at,
    source: 'guard',
    guard,
    api: api ?? undefined,
    method: told.method ?? undefined,
    route: told.route ?? undefined,
    code: told.code,
    organizationId,
    clientId: organizationId === undefined ? undefined : (told.clientId ?? undefined),
    address: cleanAddress(told.address),
    callerRequestId: cleanRequestId(told.apiRequestId),
    detail: {
      checks: told.checks.map(({ check, result, saw }) => ({ check, result, saw: cleanText(saw) })),
      requires: told.requires,
      partnerId: told.partnerId ?? undefined,
      requestorId: told.requestorId ?? undefined,
      tokenId: told.tokenId === null ? undefined : (cleanText(told.tokenId) ?? undefined),
      revision: told.revision ?? undefined,
      ...(told.reportOnly && { reportOnly: true }),
    },
  }
}

export function countsOf({ counts }: DecisionReport, { realm, now, organizations }: Omit<From, 'reporter'>): UsageEntry[] {
  return counts.map(({ hour: at, clientId, route, outcome, count }) => {
    const organizationId = clientId === null ? undefined : organizations.get(clientId)
    const isPlausible = at >= now - countsBehindMs && at <= now + aheadMs
    return {
      realm,
      clientId: organizationId === undefined ? null : clientId,
      organizationId: organizationId ?? null,
      what: 'call',
      subject: route,
      outcome,
      count,
      at: isPlausible ? at : now - (now % hour),
    }
  })
}
