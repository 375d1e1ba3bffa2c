// An event as a row, and what of the row its MAC is over. That has a layout, which the row names: layout 1 are the columns that there
// were at first; layout 2 begins with its own number and has the columns that were added. Columns that are still to come make a
// layout 3, and rows of all layouts stand in one log.
import type { Insertable, Selectable } from 'kysely'
import type { Schema } from '../../store/schema.ts'
import type { AuditEvent, ChangeEvent } from './audit-event.ts'
import type { AuditMac } from './audit-mac.ts'

type Columns = Insertable<Schema['audit_events']>
type AddedColumn = 'actor_kind' | 'actor_id' | 'actor_realm' | 'actor_via' | 'on_behalf_of' | 'caller_request_id' | 'trace_id'

type FirstColumns = Required<Omit<Columns, AddedColumn | 'layout'>>
type AddedColumns = Pick<Columns, AddedColumn>

/** Without the added columns where they are all empty, as for most tokens; without the layout where a version before this spooled it. */
export type EventRow = FirstColumns & { layout?: number } & AddedColumns

/** Of a store that no server of this version has opened yet, the added columns are not there. */
export type StoredEvent = Selectable<Schema['audit_events']>

export const layout = 2

/** Statements take the columns in the order of these members, the layout last. The MAC is still to come. */
export function toRow(id: string, event: AuditEvent | ChangeEvent, at: number): EventRow {
  const { actor, callerRequestId, traceId } = event
  const row: EventRow = {
    id,
    at,
    kind: event.kind,
    outcome: event.outcome,
    reason: event.reason ?? null,
    realm: event.realm ?? null,
    organization_id: event.organizationId ?? null,
    // The one value that is as callers sent it: what a database could not keep as it is would break the MAC.
    client_id: event.clientId?.toWellFormed().replaceAll('\0', '\uFFFD') ?? null,
    address: event.address ?? null,
    request_id: event.requestId ?? null,
    detail: JSON.stringify(event.detail ?? {}),
    mac: '',
  }
  if (actor !== undefined || callerRequestId !== undefined || traceId !== undefined) {
    row.actor_kind = actor?.kind ?? null
    row.actor_id = actor?.id ?? null
    row.actor_realm = actor?.realm ?? null
    row.actor_via = actor?.via ?? null
    row.on_behalf_of = actor?.onBehalfOf ?? null
    row.caller_request_id = callerRequestId ?? null
    row.trace_id = traceId ?? null
  }
  row.layout = layout
  return row
}

/** What the MAC of a row is over. Nulls at the end are left out, so a row without the added columns costs no more than before. */
export function protectedValues(row: EventRow): unknown[] {
  const values = firstValues(row)
  if (row.actor_kind === undefined) return values
  values.push(...addedValues(row))
  while (values.at(-1) === null) values.pop()
  return values
}

/** `undefined` where the row is as it was written. */
export function findFault(row: StoredEvent, mac: AuditMac): 'altered' | 'missing-key' | 'unknown-layout' | undefined {
  const { layout: found = 1 }: { readonly layout?: number } = row
  if (found !== 1 && found !== layout) return 'unknown-layout'
  if (mac.findMissingKey(row.mac) !== undefined) return 'missing-key'
  // Layout 1 does not cover the added columns, so nothing may stand there.
  if (found === 1 && addedValues(row).some((value) => (value ?? null) !== null)) return 'altered'
  return mac.isOf(row.mac, found === 1 ? firstValues(row).slice(1) : protectedValues(row)) ? undefined : 'altered'
}

function firstValues(row: EventRow | StoredEvent): unknown[] {
  return [
    row.layout,
    row.id,
    row.at,
    row.kind,
    row.outcome,
    row.reason,
    row.realm,
    row.organization_id,
    row.client_id,
    row.address,
    row.request_id,
    row.detail,
  ]
}

function addedValues(row: EventRow | StoredEvent): unknown[] {
  return [row.actor_kind, row.actor_id, row.actor_realm, row.actor_via, row.on_behalf_of, row.caller_request_id, row.trace_id]
}
