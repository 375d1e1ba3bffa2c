// What a report says, checked against what this server knows: a guard says neither which organization a client belongs to, nor that a
// client exists, nor when something happened.
import type { Kysely } from 'kysely'
import { isOfOtherClient, type DecisionReport, type RefusalReport } from '@countersign/protocol'
import type { Cache } from '../cache/cache.ts'
import type { Refusal } from '../refusals/refusal.ts'
import { oneOf } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'
import type { UsageEntry } from '../usage/usage.ts'
import { hourMs } from '../usage/usage-steps.ts'
import { cleanAddress, cleanRequestId, cleanRoute, cleanText } from './clean-text.ts'

/** How far the clock of a guard may be behind, with what it could not send for a while, and ahead. */
const behindMs = 3_600_000
const aheadMs = 60_000

/** The clients that a report names, as far as they exist in the realm, by client id. */
export type NamedClients = ReadonlyMap<string, NamedClient>

interface NamedClient {
  readonly organizationId: string
  readonly createdAt: number
}

export async function findNamedClients(
  { cache, db }: { readonly cache: Pick<Cache, 'findClient'>; readonly db: Kysely<Schema> },
  realm: string,
  { refusals, counts }: DecisionReport,
): Promise<NamedClients> {
  const found = new Map<string, NamedClient>()
  const missing: string[] = []
  for (const clientId of new Set([...refusals, ...counts].map((entry) => entry.clientId))) {
    if (clientId === null) continue
    const known = cache.findClient(realm, clientId)
    if (known) found.set(clientId, { organizationId: known.organization.id, createdAt: known.createdAt })
    else missing.push(clientId)
  }
  if (missing.length === 0) return found
  const rows = await db
    .selectFrom('clients')
    .select(['client_id', 'organization_id', 'created_at'])
    .where('realm', '=', realm)
    .where('client_id', 'in', oneOf(db, missing))
    .execute()
  for (const row of rows) found.set(row.client_id, { organizationId: row.organization_id, createdAt: row.created_at })
  return found
}

interface From {
  readonly realm: string
  readonly reporter: string
  readonly now: number
  readonly clients: NamedClients
}

export function refusalsOf(report: DecisionReport, from: From): Refusal[] {
  return report.refusals.map((refusal) => toRefusal(refusal, report, from))
}

function toRefusal(told: RefusalReport, { guard, api }: DecisionReport, { realm, reporter, now, clients }: From): Refusal {
  const isPlausible = told.at >= now - behindMs && told.at <= now + aheadMs
  const client = told.clientId === null ? undefined : clients.get(told.clientId)
  // As of now, what an earlier client of the same id did would be told to the one that has it.
  const isOfEarlier = client !== undefined && !isPlausible && told.at < client.createdAt
  const organizationId = isOfEarlier ? undefined : client?.organizationId
  return {
    requestId: told.requestId,
    reporter,
    realm,
    at: isPlausible ? told.at : now,
    source: 'guard',
    guard,
    api: api ?? undefined,
    method: told.method ?? undefined,
    route: cleanRoute(told.route) ?? undefined,
    code: told.code,
    organizationId,
    clientId: organizationId === undefined ? undefined : (told.clientId ?? undefined),
    address: cleanAddress(told.address),
    apiRequestId: cleanRequestId(told.apiRequestId),
    callerRequestId: cleanRequestId(told.callerRequestId ?? null),
    detail: {
      checks: told.checks.map(({ check, result, saw }) => ({ check, result, saw: cleanText(saw) })),
      requires: told.requires,
      partnerId: told.partnerId ?? undefined,
      requestorId: told.requestorId ?? undefined,
      tokenId: told.tokenId === null ? undefined : (cleanText(told.tokenId) ?? undefined),
      revision: told.revision ?? undefined,
      ...(told.reportOnly && { reportOnly: true }),
      ...(isOfOtherClient(told.checks) && { isNamed: true }),
    },
  }
}

/** The instant of a count is checked where it is counted (usage/usage-counts.ts). */
export function countsOf({ counts }: DecisionReport, { realm, clients }: Pick<From, 'realm' | 'clients'>): UsageEntry[] {
  return counts.map(({ hour: at, clientId, route, outcome, count }) => {
    const client = clientId === null ? undefined : clients.get(clientId)
    const isOfEarlier = client !== undefined && at + hourMs <= client.createdAt
    const known = isOfEarlier ? undefined : client
    return {
      realm,
      clientId: known ? clientId : null,
      organizationId: known?.organizationId ?? null,
      what: 'call',
      subject: cleanRoute(route),
      outcome,
      count,
      at,
    }
  })
}
