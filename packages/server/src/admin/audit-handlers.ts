// The search of the audit log for operators.
import type { CheckedInput, OperationOutput } from '@countersign/admin'
import type { Kysely } from 'kysely'
import type { StoredEvent } from '../audit/events/event-row.ts'
import { auditKinds, isAuditKind, type AuditKind } from '../audit/events/kinds.ts'
import { findRemovedSince } from '../audit/retention/log-start.ts'
import type { AuditFilter } from '../audit/search/audit-filter.ts'
import { followAudit } from '../audit/search/follow-audit.ts'
import { readFollowCursor } from '../audit/search/follow-cursor.ts'
import { findPersons } from '../audit/search/find-persons.ts'
import { searchAudit } from '../audit/search/search-audit.ts'
import { instantOf } from '../node-ids.ts'
import { permitRealm, type Operator } from '../operators/operator-authority.ts'
import { closestName } from '../api/closest-name.ts'
import { toInstant } from '../api/instants.ts'
import { ProblemError } from '../errors.ts'
import { refusedCursor } from '../api/page.ts'
import { refusedQuery } from '../api/refused-query.ts'
import { oneOf } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'
import type { AdminContext, AdminHandlers } from './handler-types.ts'

type Query = CheckedInput<'audit.search'>['query']

export function auditHandlers({ db, realms, clock }: AdminContext) {
  return {
    'audit.search': async ({ query }, operator) => {
      const { realm, after, limit } = query
      const filter = await readFilter(db, query, operator)
      const range = readRange(query)
      if (query.order === 'oldest') {
        const cursor = after === undefined ? undefined : readFollowCursor(after)
        const { rows, next, isUpToDate } = await followAudit(db, filter, { ...range, cursor }, { now: clock(), limit })
        return { items: await describeEvents(db, rows), next, upToDate: isUpToDate }
      }
      if (after !== undefined && Number.isNaN(instantOf(after))) throw refusedCursor('expected the value of "next" from the previous page')
      const { rows, next } = await searchAudit(db, filter, { ...range, after }, limit)
      // A realm that is no longer in the configuration may still have events.
      const isEmpty = rows.length === 0 && next === null && after === undefined
      if (isEmpty && realm !== undefined && !realms.has(realm))
        throw refusedQuery(
          '/query/realm',
          `there is no realm "${realm}", and no event of it; expected one of ${[...realms.keys()].join(', ')}`,
        )
      return { items: await describeEvents(db, rows), next, ...(next === null && (await describeRemoved(db, range.from))) }
    },
    'audit.get': async ({ params }, operator) => {
      const row = await db.selectFrom('audit_events').selectAll().where('id', '=', params.event).executeTakeFirst()
      if (!row || !(operator.realms?.includes(row.realm ?? '') ?? true)) throw noSuchEvent(params.event)
      return (await describeEvents(db, [row]))[0]!
    },
  } satisfies Partial<AdminHandlers>
}

/** The same for an event that the operator may not see. */
function noSuchEvent(id: string): ProblemError {
  return new ProblemError('not-found', {
    detail: `The audit log has no event "${id}" that this operator may see.`,
    remedy: 'Use an id as the search shows it. An event that retention removed is in an archive, unless none was configured.',
  })
}

async function describeRemoved(db: AdminContext['db'], from: number | undefined) {
  const removed = await findRemovedSince(db, from)
  return removed.length > 0 && { removed: removed.map((one) => ({ class: one.class, until: toInstant(one.until) })) }
}

async function readFilter(
  db: Kysely<Schema>,
  { realm, organization, client, actor, request, outcome, reason, changes, kind }: Query,
  operator: Operator,
): Promise<AuditFilter> {
  if (realm !== undefined) permitRealm(operator, realm)
  const persons = actor === undefined ? [] : await findPersons(db, actor)
  const common = { realm, organization, client, actor, persons, request, outcome, reason, realms: operator.realms }
  return { ...common, changes: changes === 'true', kinds: kind === undefined ? undefined : readKinds(kind) }
}

function readKinds(text: string): AuditKind[] {
  return text.split(',').map((kind) => {
    if (isAuditKind(kind)) return kind
    const meant = closestName(kind, auditKinds)
    const expected = `expected one of ${auditKinds.toSorted().join(', ')}`
    throw refusedQuery(
      '/query/kind',
      meant === undefined ? expected : `there is no "${kind}", did you mean "${meant}"? Otherwise ${expected}`,
    )
  })
}

function readRange({ from, to }: Query) {
  if (from !== undefined && to !== undefined && Date.parse(from) >= Date.parse(to))
    throw refusedQuery('/query/from', 'expected an instant before "to"')
  return { from: from === undefined ? undefined : Date.parse(from), to: to === undefined ? undefined : Date.parse(to) }
}

type Described = OperationOutput<'audit.search'>['items'][number]

async function describeEvents(db: Kysely<Schema>, rows: readonly StoredEvent[]): Promise<Described[]> {
  const slugs = await findSlugs(db, rows)
  return rows.map((row) => describeEvent(row, slugs.get(row.organization_id ?? '') ?? null))
}

async function findSlugs(db: Kysely<Schema>, rows: readonly StoredEvent[]): Promise<ReadonlyMap<string, string>> {
  const ids = new Set(rows.map((row) => row.organization_id).filter((id) => id !== null))
  if (ids.size === 0) return new Map()
  const found = await db
    .selectFrom('organizations')
    .select(['id', 'slug'])
    .where('id', 'in', oneOf(db, [...ids]))
    .execute()
  return new Map(found.map(({ id, slug }) => [id, slug]))
}

function describeEvent(row: StoredEvent, organizationSlug: string | null): Described {
  return {
    id: row.id,
    at: toInstant(row.at),
    kind: row.kind,
    outcome: row.outcome,
    reason: row.reason,
    realm: row.realm,
    organizationId: row.organization_id,
    organizationSlug,
    clientId: row.client_id,
    address: row.address,
    requestId: row.request_id,
    callerRequestId: row.caller_request_id,
    traceId: row.trace_id,
    actor: describeActor(row),
    detail: parseDetail(row.detail),
  }
}

function describeActor({ actor_kind: kind, actor_id: id, actor_realm: realm, actor_via: via, on_behalf_of: text }: StoredEvent) {
  if (kind === null || id === null) return null
  const actor = { kind, id, realm, via }
  return kind === 'person' && text !== null ? { ...actor, onBehalfOf: null, name: text } : { ...actor, onBehalfOf: text }
}

/** A damaged event must not hide the others; "audit verify" reports which one it is. */
function parseDetail(detail: string): Record<string, unknown> {
  try {
    return JSON.parse(detail) as Record<string, unknown>
  } catch {
    return { unreadable: detail }
  }
}
