// The search of the audit log for operators.
import type { OperationOutput } from '@countersign/admin'
import type { StoredEvent } from '../audit/events/event-row.ts'
import { auditKinds, isAuditKind } from '../audit/events/kinds.ts'
import { findRemovedSince } from '../audit/retention/log-start.ts'
import { searchAudit } from '../audit/verify/search-audit.ts'
import { ProblemError } from '../errors.ts'
import { permitRealm } from '../operators/operator-authority.ts'
import { toInstant } from '../api/instants.ts'
import type { AdminContext, AdminHandlers } from './handler-types.ts'
import { refusedCursor } from '../api/page.ts'

export function auditHandlers({ db, realms }: AdminContext) {
  return {
    'audit.search': async ({ query: { limit, after, from, to, ...filter } }, operator) => {
      if (filter.realm !== undefined) permitRealm(operator, filter.realm)
      if (after !== undefined && !/^[0-9a-f]{12}-[0-9a-f]{8}-[0-9a-f]{8}$/.test(after))
        throw refusedCursor('expected the value of "next" from the previous page')
      if (from !== undefined && to !== undefined && Date.parse(from) >= Date.parse(to))
        throw refusedQuery('/query/from', 'expected an instant before "to"')
      if (filter.kind !== undefined && !isAuditKind(filter.kind))
        throw refusedQuery('/query/kind', `expected one of ${auditKinds.toSorted().join(', ')}`)
      const range = { from: from === undefined ? undefined : Date.parse(from), to: to === undefined ? undefined : Date.parse(to), after }
      const { rows, next } = await searchAudit(db, { ...filter, realms: operator.realms }, range, limit)
      // A realm that is no longer in the configuration may still have events.
      const isEmpty = rows.length === 0 && next === null && after === undefined
      if (isEmpty && filter.realm !== undefined && !realms.has(filter.realm))
        throw refusedQuery(
          '/query/realm',
          `there is no realm "${filter.realm}", and no event of it; expected one of ${[...realms.keys()].join(', ')}`,
        )
      return { items: rows.map(describeEvent), next, ...(next === null && (await describeRemoved(db, range.from))) }
    },
  } satisfies Partial<AdminHandlers>
}

async function describeRemoved(db: AdminContext['db'], from: number | undefined) {
  const removed = await findRemovedSince(db, from)
  return removed.length > 0 && { removed: removed.map((one) => ({ class: one.class, until: toInstant(one.until) })) }
}

function refusedQuery(pointer: string, detail: string): ProblemError {
  return new ProblemError('invalid-request', { detail: `${pointer}: ${detail}`, errors: [{ pointer, detail }] })
}

function describeEvent(row: StoredEvent): OperationOutput<'audit.search'>['items'][number] {
  return {
    id: row.id,
    at: toInstant(row.at),
    kind: row.kind,
    outcome: row.outcome,
    reason: row.reason,
    realm: row.realm,
    organizationId: row.organization_id,
    clientId: row.client_id,
    address: row.address,
    requestId: row.request_id,
    callerRequestId: row.caller_request_id,
    traceId: row.trace_id,
    actor: describeActor(row),
    detail: parseDetail(row.detail),
  }
}

function describeActor({ actor_kind: kind, actor_id: id, actor_realm: realm, actor_via: via, on_behalf_of: onBehalfOf }: StoredEvent) {
  return kind === null || id === null ? null : { kind, id, realm, via, onBehalfOf }
}

/** A damaged event must not hide the others; "audit verify" reports which one it is. */
function parseDetail(detail: string): Record<string, unknown> {
  try {
    return JSON.parse(detail) as Record<string, unknown>
  } catch {
    return { unreadable: detail }
  }
}
