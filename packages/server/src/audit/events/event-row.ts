// An event as a row, and the columns that its MAC covers. The row names their layout: layout 1 has the original columns; layout 2 begins
// with its own number and adds columns. Further columns need a layout 3. Rows of all layouts share one log.
import type { Insertable, Selectable } from 'kysely'
import type { Schema } from '../../store/schema.ts'
import type { AuditEvent, ChangeEvent } from './audit-event.ts'
import type { AuditMac } from './audit-mac.ts'

type Columns = Insertable<Schema['audit_events']>
type AddedColumn = 'actor_kind' | 'actor_id' | 'actor_realm' | 'actor_via' | 'on_behalf_of' | 'caller_request_id' | 'trace_id'

type FirstColumns = Required<Omit<Columns, AddedColumn | 'layout'>>
type AddedColumns = Pick<Columns, AddedColumn>

/** The added columns are absent if all are empty, as for most tokens; the layout is absent if an earlier version spooled the row. */
export type EventRow = FirstColumns & { layout?: number } & AddedColumns

/** The added columns are missing in a store that no server of this version has opened yet. */
export type StoredEvent = Selectable<Schema['audit_events']>

export const layout = 2

/** Statements take the columns in the order of these members, with the layout last. The MAC is added later. */
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
    // The only value stored as the caller sent it; if the database could not keep it unchanged, the MAC would not match.
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
    // A person acts on behalf of none: the column has its name.
    row.on_behalf_of = actor?.name ?? actor?.onBehalfOf ?? null
    row.caller_request_id = callerRequestId ?? null
    row.trace_id = traceId ?? null
  }
  row.layout = layout
  return row
}

/** The values that the MAC of a row covers. Trailing nulls are left out, so a row without the added columns costs no more than before. */
export function protectedValues(row: EventRow): unknown[] {
  const values = firstValues(row)
  if (row.actor_kind === undefined) return values
  values.push(...addedValues(row))
  while (values.at(-1) === null) values.pop()
  return values
}

export type RowFault = 'altered' | 'missing-key' | 'unknown-layout'

/** Undefined if the row is as it was written. Names may have been removed from it: removals/recorded-removals.ts. */
export function findFault(row: StoredEvent, mac: AuditMac): RowFault | undefined {
  const { layout: found = 1 }: { readonly layout?: number } = row
  if (found !== 1 && found !== layout) return 'unknown-layout'
  if (mac.findMissingKey(row.mac) !== undefined) return 'missing-key'
  // Layout 1 does not cover the added columns, so they must be empty.
  if (found === 1 && addedValues(row).some((value) => (value ?? null) !== null)) return 'altered'
  return mac.isOf(row.mac, found === 1 ? firstValues(row).slice(1) : protectedValues(row)) ? undefined : 'altered'
}

/** All columns of a row in the store but its MAC, whatever its layout. */
export function storedValues(row: StoredEvent): unknown[] {
  const values = [...firstValues(row), ...addedValues(row).map((value) => value ?? null)]
  while (values.at(-1) === null) values.pop()
  return values
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
