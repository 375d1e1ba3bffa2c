// Finds the change that made a refusal: the most recent one before it that fits a rule. The work is bounded; if the bound is reached before
// a change is found, the answer says so.
import type { Kysely } from 'kysely'
import type { OperationOutput } from '@countersign/admin'
import { toInstant } from '../api/instants.ts'
import type { StoredEvent } from '../audit/events/event-row.ts'
import type { AuditFilter } from '../audit/search/audit-filter.ts'
import { searchAudit } from '../audit/search/search-audit.ts'
import type { Schema } from '../store/schema.ts'
import type { ChangeRule } from './change-rules.ts'
import { parseDetail } from './refused-request.ts'

export interface ChangeSubject {
  readonly realm: string
  readonly organizationId: string | null
  readonly clientId: string | null
  /** Only changes up to then count. Milliseconds since the epoch. */
  readonly at: number
  readonly from?: number | undefined
}

export interface FoundChange {
  readonly event: StoredEvent | undefined
  /** Older changes were not read. */
  readonly isLimited: boolean
}

/** Of the changes of one organization or client 10,000 are read, of a realm 4,000: a few milliseconds each. */
const bounds = {
  organization: { rowsInWindow: 10_000, windows: 10 },
  client: { rowsInWindow: 10_000, windows: 10 },
  realm: { rowsInWindow: 10_000, windows: 4 },
}
const pageSize = 50
const maxPages = 10

export async function findChange(db: Kysely<Schema>, rules: readonly ChangeRule[], subject: ChangeSubject): Promise<FoundChange> {
  let newest: StoredEvent | undefined
  let isLimited = false
  for (const [of, ofSame] of Map.groupBy(rules, (rule) => rule.of)) {
    const filter = filterOf(of, subject)
    if (!filter) continue
    const given = ofSame.flatMap(({ after = [] }) => after)
    const giving = given.length === 0 ? undefined : await findChange(db, given, subject)
    if (giving && !giving.event) {
      isLimited ||= giving.isLimited
      continue
    }
    const { event, isLimited: stopped } = await findFirst(
      db,
      { ...filter, kinds: ofSame.flatMap(({ kinds }) => kinds) },
      ofSame,
      { ...subject, from: giving?.event?.at },
      of,
    )
    isLimited ||= stopped
    if (event && (!newest || event.id > newest.id)) newest = event
  }
  return { event: newest, isLimited }
}

function filterOf(of: ChangeRule['of'], { realm, organizationId, clientId }: ChangeSubject): AuditFilter | undefined {
  if (of === 'realm') return { changes: true }
  if (of === 'organization') return organizationId === null ? undefined : { realm, organization: organizationId, changes: true }
  return clientId === null ? undefined : { realm, client: clientId, changes: true }
}

async function findFirst(
  db: Kysely<Schema>,
  filter: AuditFilter,
  rules: readonly ChangeRule[],
  subject: ChangeSubject,
  of: ChangeRule['of'],
): Promise<FoundChange> {
  let after: string | undefined
  for (let page = 0; page < maxPages; page++) {
    const { rows, next } = await searchAudit(db, filter, { from: subject.from, to: subject.at + 1, after }, pageSize, bounds[of])
    const event = rows.find((row) => row.at <= subject.at && isAbout(row, of, subject) && isMadeBy(rules, row))
    if (event) return { event, isLimited: false }
    if (next === null) return { event: undefined, isLimited: false }
    if (rows.length < pageSize) break // The search has read as much as it may.
    after = next
  }
  return { event: undefined, isLimited: true }
}

/** The events of a client are also those that it made, of others. A restore is of no realm. */
function isAbout(row: StoredEvent, of: ChangeRule['of'], { realm, clientId }: ChangeSubject): boolean {
  return of === 'client' ? row.client_id === clientId : of !== 'realm' || row.realm === realm || row.realm === null
}

export function isMadeBy(rules: readonly ChangeRule[], row: StoredEvent): boolean {
  return rules.some((rule) => fits(rule, row))
}

function fits({ kinds, made }: ChangeRule, row: StoredEvent): boolean {
  return kinds.some((kind) => kind === row.kind) && made(parseDetail<Record<string, unknown>>(row.detail))
}

export function describeChange(event: StoredEvent): NonNullable<OperationOutput<'requests.explain'>['changedBy']> {
  const { reason, by } = parseDetail<{ reason?: unknown; by?: { realm?: string; client?: string } }>(event.detail)
  return {
    eventId: event.id,
    at: toInstant(event.at),
    kind: event.kind,
    by: actorOf(event, by),
    reason: typeof reason === 'string' ? reason : null,
    requestId: event.request_id,
  }
}

/** Events of layout 1 have their actor only in the detail. */
function actorOf(
  { actor_kind: kind, actor_id: id, actor_realm: realm, actor_via: via, on_behalf_of: name }: StoredEvent,
  by?: { realm?: string; client?: string },
) {
  if (kind !== null && id !== null) return { kind, id, realm, via, ...(kind === 'person' && name !== null && { name }) }
  return by?.client === undefined ? null : { kind: 'operator', id: by.client, realm: by.realm ?? null, via: null }
}
