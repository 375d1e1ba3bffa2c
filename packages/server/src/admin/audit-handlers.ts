// The search of the audit log for operators.
import type { Selectable } from 'kysely'
import type { OperationOutput } from '@countersign/admin'
import { searchAudit } from '../audit/verify/search-audit.ts'
import { ProblemError } from '../errors.ts'
import type { Schema } from '../store/schema.ts'
import { toInstant } from '../api/instants.ts'
import type { AdminContext, AdminHandlers } from './handler-types.ts'
import { refusedCursor } from '../api/page.ts'

export function auditHandlers({ db }: AdminContext) {
  return {
    'audit.search': async ({ query: { limit, after, from, to, ...filter } }) => {
      if (after !== undefined && !/^[0-9a-f]{12}-[0-9a-f]{8}-[0-9a-f]{8}$/.test(after))
        throw refusedCursor('expected the value of "next" from the previous page')
      if (from !== undefined && to !== undefined && Date.parse(from) >= Date.parse(to)) {
        const detail = 'expected an instant before "to"'
        throw new ProblemError('invalid-request', {
          detail: `/query/from: ${detail}`,
          errors: [{ pointer: '/query/from', detail }],
        })
      }
      const range = { from: from === undefined ? undefined : Date.parse(from), to: to === undefined ? undefined : Date.parse(to), after }
      const { rows, next } = await searchAudit(db, filter, range, limit)
      return { items: rows.map(describeEvent), next }
    },
  } satisfies Partial<AdminHandlers>
}

function describeEvent(row: Selectable<Schema['audit_events']>): OperationOutput<'audit.search'>['items'][number] {
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
    detail: parseDetail(row.detail),
  }
}

/** A damaged event must not hide the others; "audit verify" reports which one it is. */
function parseDetail(detail: string): Record<string, unknown> {
  try {
    return JSON.parse(detail) as Record<string, unknown>
  } catch {
    return { unreadable: detail }
  }
}
