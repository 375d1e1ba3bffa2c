// One event of the audit log, and the row that it becomes.
import type { Insertable } from 'kysely'
import type { Schema } from '../store/schema.ts'

/** What happened. Must not contain a secret or a token; `detail` is stored as JSON. */
export interface AuditEvent {
  readonly kind: string
  readonly outcome: 'success' | 'refused'
  readonly reason?: string | undefined
  readonly realm?: string | undefined
  readonly organizationId?: string | undefined
  readonly clientId?: string | undefined
  readonly address?: string | undefined
  readonly requestId?: string | undefined
  readonly detail?: Readonly<Record<string, unknown>> | undefined
}

export type EventRow = Required<Omit<Insertable<Schema['audit_events']>, 'sequence'>>

/** @param at milliseconds since the epoch */
export function toRow(event: AuditEvent, at: number): EventRow {
  return {
    at,
    kind: event.kind,
    outcome: event.outcome,
    reason: event.reason ?? null,
    realm: event.realm ?? null,
    organization_id: event.organizationId ?? null,
    client_id: event.clientId ?? null,
    address: event.address ?? null,
    request_id: event.requestId ?? null,
    detail: JSON.stringify(event.detail ?? {}),
  }
}
