// The MAC of a stored event.
import type { Selectable } from 'kysely'
import type { Schema } from '../../store/schema.ts'
import type { createMac } from './audit-chain.ts'

/** In the order of audit-chain.ts, in which the MAC is over them. */
export const eventColumns = [
  'id',
  'at',
  'kind',
  'outcome',
  'reason',
  'realm',
  'organization_id',
  'client_id',
  'address',
  'request_id',
  'detail',
  'mac',
] as const

/** @param event with the columns in that order */
export function isAsWritten({ mac: found, ...columns }: Selectable<Schema['audit_events']>, mac: ReturnType<typeof createMac>): boolean {
  const version = Number(/^(\d+):/.exec(found)?.[1])
  return found !== '' && mac(Object.values(columns), version) === found
}
