// Reads the seals in a store for a verification of the events, and verifies the seals themselves.
import type { Kysely, Selectable } from 'kysely'
import type { Schema } from '../../store/schema.ts'
import { keyNameIn, type AuditMac } from '../events/audit-mac.ts'
import type { Losses } from './recorded-losses.ts'
import { coveredByFirst, parseNamedSeals, parseSkippedNumbers, type NamedSeal } from './seal-events.ts'

/** The first defect in the audit log. */
export interface AuditFault {
  /**
   * The id of the first bad event. For a missing event: the next event, or the last one if the end is missing. Empty for a seal; for a
   * missing first seal the first event of its node, and for a record of removed events the event that names it.
   */
  readonly id: string
  /** Undecidable cases: `key` if the key of a MAC is missing; `layout` if a later version wrote the row. */
  readonly kind: 'altered' | 'removed' | 'out-of-order' | 'inserted' | 'seal' | 'anchor' | 'record' | 'archive' | 'key' | 'layout'
  readonly message: string
}

export interface SealedNode {
  sealedUpTo: number
  readonly skipped: Set<number>
  /**
   * The key of its first seal. All seals and events of a node name the same key, so an attacker with an older key cannot rewrite some of
   * them, and none once the first seal of another node names a seal of this one (seal-events.ts).
   */
  key: string | undefined
  /** Seals of other nodes that its first seal names. */
  named: readonly NamedSeal[]
  /** The last number and id among the events read so far. */
  last: number
  lastId: string
}

export interface ReadSeals {
  readonly nodes: Map<string, SealedNode>
  /** The last event of each seal, by `node,number`. */
  readonly lastEvents: ReadonlyMap<string, number>
  readonly fault: AuditFault | undefined
}

export function newSealedNode(): SealedNode {
  return { sealedUpTo: 0, skipped: new Set<number>(), key: undefined, named: [], last: 0, lastId: '' }
}

export type KnownLosses = Pick<Losses, 'isLostEvent' | 'isLostSeal' | 'findNext'>

export async function readSeals(db: Kysely<Schema>, mac: AuditMac, losses: KnownLosses): Promise<ReadSeals> {
  const nodes = new Map<string, SealedNode>()
  let fault: AuditFault | undefined
  const lastEvents = new Map<string, number>()
  let [node, before, next] = ['', '', 0]
  const rows = await db.selectFrom('audit_seals').selectAll().orderBy('node').orderBy('number').execute()
  const macOf = macsOfNamedSeals(rows)
  for (const row of rows) {
    if (row.node !== node) [node, before, next] = [row.node, '', 0]
    const values = [row.node, row.number, row.sealed_at, row.last_event, row.skipped]
    const missingKey = mac.findMissingKey(row.mac)
    if (missingKey !== undefined) fault ??= describeMissingKey(`The seal ${row.number} of the node ${row.node}`, '', missingKey)
    const known = nodes.get(row.node) ?? newSealedNode()
    known.key ??= keyNameIn(row.mac)
    if (row.number === 0) {
      known.named = parseNamedSeals(row.skipped)
      before = coveredByFirst(known.named.map((seal) => macOf.get(String(seal)) ?? ''))
    }
    // Its MAC covers a lost seal, so only the record of the loss shows that it is as it was then.
    const isAfterLost = row.number > next && isAllLost(row.node, next, row.number, losses)
    if (isAfterLost) next = row.number
    // First seals of earlier versions cover no other seal.
    const isIntact = isAfterLost
      ? isAsRecorded(row, losses)
      : mac.isOf(row.mac, [...values, before]) || (row.number === 0 && mac.isOf(row.mac, [...values, '']))
    if (row.number !== next || keyNameIn(row.mac) !== known.key || !isIntact)
      fault ??= { id: '', kind: 'seal', message: `The seal ${next} of the node ${row.node} is missing or not as it was written.` }
    ;[before, next] = [row.mac, next + 1]
    known.sealedUpTo = Math.max(known.sealedUpTo, row.last_event)
    lastEvents.set(`${row.node},${row.number}`, row.last_event)
    // The numbers that a seal after a lost one skips are not proven, so the record names those that are missing.
    if (row.number !== 0 && !isAfterLost) for (const number of parseSkippedNumbers(row.skipped)) known.skipped.add(number)
    nodes.set(row.node, known)
  }
  const lost = [...nodes.values()].flatMap(({ named }) => named).find((seal) => !lastEvents.has(String(seal)))
  // Told before the first seal that names it, whose MAC covers it.
  if (lost) fault = { id: '', kind: 'seal', message: `The seal ${lost[1]} of the node ${lost[0]} was removed, and events before it.` }
  return { nodes, lastEvents, fault }
}

function isAllLost(node: string, first: number, end: number, { isLostSeal }: KnownLosses): boolean {
  for (let number = first; number < end; number++) if (!isLostSeal(node, number)) return false
  return true
}

function isAsRecorded(row: Selectable<Schema['audit_seals']>, { findNext }: KnownLosses): boolean {
  const next = findNext(row.node, row.number)
  if (!next) return false
  return next.mac === row.mac && next.sealedAt === row.sealed_at && next.lastEvent === row.last_event && next.skipped === row.skipped
}

/** The MACs of the seals that a first seal names, by `node,number`. */
function macsOfNamedSeals(rows: readonly Selectable<Schema['audit_seals']>[]): ReadonlyMap<string, string> {
  const named = new Set(rows.flatMap(({ number, skipped }) => (number === 0 ? parseNamedSeals(skipped).map(String) : [])))
  return new Map(rows.map(({ node, number, mac }) => [`${node},${number}`, mac] as const).filter(([seal]) => named.has(seal)))
}

/** @param what the defect, as the beginning of a sentence */
export function describeMissingKey(what: string, id: string, key: string): AuditFault {
  return {
    id,
    kind: 'key',
    message: `${what} names ${key}, which is not in the configuration. Restore that key from your backup and verify again; if there never was such a key, this row is not as it was written.`,
  }
}

/**
 * The event of each node up to which these seals prevent undetected removal: events before a seal, and before the seals that it names.
 */
export function reachOf(
  seals: readonly { readonly node: string; readonly number: number }[],
  { nodes, lastEvents }: ReadSeals,
): ReadonlyMap<string, number> {
  const reach = new Map<string, number>()
  const reached = seals.map(({ node, number }): NamedSeal => [node, number])
  // Iterates over entries added during the loop: from seal to seal, as far as they name others.
  for (const [name, number] of reached) {
    if (!reach.has(name)) reached.push(...(nodes.get(name)?.named ?? []))
    reach.set(name, Math.max(reach.get(name) ?? 0, lastEvents.get(`${name},${number}`) ?? 0))
  }
  return reach
}
