// Rows from which names were removed, as the log itself records them. Such a record is an event with a MAC, and contains a MAC of each row
// as it is since, so only a holder of the audit key can make one, and any other text in the row is a fault as before.
import { sql, type Kysely } from 'kysely'
import { idFrom, instantOf } from '../../node-ids.ts'
import type { Schema } from '../../store/schema.ts'
import { keyNameIn, type AuditMac } from '../events/audit-mac.ts'
import { findFault, storedValues, type RowFault, type StoredEvent } from '../events/event-row.ts'
import type { AuditKind, ChangeDetails, RemovedRow } from '../events/kinds.ts'

/** Events of this kind are kept for ever: without them the rows that they name would look altered. */
export const removalKind = 'audit.removeName' satisfies AuditKind

export interface RecordedRemoval extends Pick<ChangeDetails[typeof removalKind], 'acceptances' | 'removedBy' | 'reason'> {
  /** The event that records it. */
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly removedAt: number
  /** The number of events that it changed. */
  readonly events: number
}

export interface NameRemovals {
  readonly records: readonly RecordedRemoval[]
  /** With removals that are not recorded yet. */
  presume(rows: readonly RemovedRow[]): NameRemovals
  /** The last removal in an event. */
  of(id: string): RemovedRow | undefined
  /** As {@link findFault}, of a row from which names may have been removed. */
  findFault(row: StoredEvent): RowFault | undefined
  /** Describes the key without which it is unknown whether the row is as it was left. */
  findMissingKey(row: StoredEvent): string | undefined
}

/** A setting: no record is older than this id. Without it there is none, and most logs need not be looked through. */
const firstRemoval = 'names.firstRemoval'

/** To be called in the transaction of each record. */
export async function noteRemoval(db: Kysely<Schema>, now: number): Promise<void> {
  const row = { name: firstRemoval, value: idFrom(now) }
  await db
    .insertInto('settings')
    .values(row)
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute()
}

export async function readNameRemovals(db: Kysely<Schema>, mac: AuditMac): Promise<NameRemovals> {
  const first = await db.selectFrom('settings').select('value').where('name', '=', firstRemoval).executeTakeFirst()
  if (!first) return collectNameRemovals([], mac)
  const rows = await db
    .selectFrom('audit_events')
    .selectAll()
    .where('id', '>=', first.value)
    .where('kind', '=', removalKind)
    // The condition of an index.
    .where(sql<boolean>`outcome = 'success' and kind <> 'token.request'`)
    .orderBy('id')
    .execute()
  return collectNameRemovals(rows, mac)
}

/**
 * @param rows records, in the order of their ids
 * @param presumed what is not recorded yet
 */
export function collectNameRemovals(rows: readonly StoredEvent[], mac: AuditMac, presumed: readonly RemovedRow[] = []): NameRemovals {
  const latest = new Map<string, RemovedRow>()
  const records: RecordedRemoval[] = []
  const undecided = rows.map(({ detail, mac: own }) => ({ detail, key: mac.findMissingKey(own) })).filter(({ key }) => key !== undefined)
  const removals: NameRemovals = {
    records,
    presume: (further) => collectNameRemovals(rows, mac, further),
    of: (id) => latest.get(id),
    findFault(row) {
      const fault = findFaultSince(row, latest.get(row.id), mac)
      return fault === 'altered' && removals.findMissingKey(row) !== undefined ? 'missing-key' : fault
    },
    findMissingKey: (row) => mac.findMissingKey(row.mac) ?? undecided.find(({ detail }) => detail.includes(row.id))?.key,
  }
  // A name can be removed from a record, too: then another record says so, which counts only if it is intact itself.
  let unknown = rows
  for (let counted = -1; counted < records.length;) {
    counted = records.length
    const intact = unknown.filter((row) => removals.findFault(row) === undefined)
    unknown = unknown.filter((row) => !intact.includes(row))
    for (const row of intact) {
      const { rows: changed, ...rest } = JSON.parse(row.detail) as ChangeDetails[typeof removalKind]
      records.push({ id: row.id, removedAt: instantOf(row.id), events: changed.length, ...pickFacts(rest) })
      for (const one of changed) if (one.times > (latest.get(one.event)?.times ?? 0)) latest.set(one.event, one)
    }
  }
  for (const one of presumed) latest.set(one.event, one)
  records.sort((a, b) => (a.id < b.id ? -1 : 1))
  return removals
}

function pickFacts({ acceptances, removedBy, reason }: Pick<RecordedRemoval, 'acceptances' | 'removedBy' | 'reason'>) {
  return { ...(acceptances !== undefined && { acceptances }), removedBy, reason }
}

function findFaultSince(row: StoredEvent, removal: RemovedRow | undefined, mac: AuditMac): RowFault | undefined {
  if (!removal) return findFault(row, mac)
  if (mac.findMissingKey(row.mac) !== undefined) return 'missing-key'
  // Under an older key anyone who has that key could have changed the row.
  if (ageOf(removal.mac) < ageOf(row.mac)) return 'altered'
  return mac.isOf(removal.mac, valuesSince(row, removal.times)) ? undefined : 'altered'
}

/**
 * What the MAC in a record covers: the row with its original MAC. The first value is that of no other MAC; the number of removals prevents
 * that what an earlier one left is put back.
 */
export function valuesSince(row: StoredEvent, times: number): unknown[] {
  return ['name removed', times, row.mac, ...storedValues(row)]
}

/** Of the key that a MAC names: the versions of the pepper are before those of the audit key. */
function ageOf(mac: string): number {
  const name = keyNameIn(mac) ?? '0'
  return name.startsWith('a') ? 1_000_000 + Number(name.slice(1)) : Number(name)
}
