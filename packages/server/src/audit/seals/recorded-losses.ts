// Rows that a failover lost, as the log itself records them. Such a record is an event with a MAC, so only a holder of the audit key can
// make one, and it names the rows by number: whatever else is missing, or goes missing later, is a fault as before.
import type { Kysely } from 'kysely'
import { instantOf } from '../../node-ids.ts'
import type { Schema } from '../../store/schema.ts'
import type { AuditMac } from '../events/audit-mac.ts'
import type { AuditKind, ChangeDetails, LostOfNode, LostSeals } from '../events/kinds.ts'
import { readNameRemovals, type NameRemovals } from '../removed-names/recorded-removals.ts'

export const failoverKind = 'store.failover' satisfies AuditKind

export interface RecordedFailover extends Omit<ChangeDetails[typeof failoverKind], 'nodes'> {
  /** The event that records it. */
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly recordedAt: number
  readonly lostEvents: number
  readonly lostSeals: number
}

export interface Losses {
  readonly failovers: readonly RecordedFailover[]
  isLostEvent(node: string, number: number): boolean
  isLostSeal(node: string, number: number): boolean
  /** The seal with this number as it was recorded, if the one before it is lost. */
  findNext(node: string, number: number): LostSeals['next']
}

interface LossOptions {
  /** Losses that are not recorded yet. */
  readonly presumed?: readonly LostOfNode[]
  /** Read already. */
  readonly names?: NameRemovals
}

export async function readLosses(db: Kysely<Schema>, mac: AuditMac, { presumed = [], names }: LossOptions = {}): Promise<Losses> {
  const rows = await db.selectFrom('audit_events').selectAll().where('kind', '=', failoverKind).orderBy('id').execute()
  const { findFault } = names ?? (rows.length === 0 ? { findFault: () => undefined } : await readNameRemovals(db, mac))
  const failovers: RecordedFailover[] = []
  const lost = [...presumed]
  for (const row of rows) {
    if (findFault(row) !== undefined) continue
    const { from, to, reason, recordedBy, nodes } = JSON.parse(row.detail) as ChangeDetails[typeof failoverKind]
    failovers.push({ id: row.id, recordedAt: instantOf(row.id), from, to, reason, recordedBy, ...countLost(nodes) })
    lost.push(...nodes)
  }
  return { failovers, ...lossesOf(lost) }
}

function lossesOf(nodes: readonly LostOfNode[]): Omit<Losses, 'failovers'> {
  const byNode = Map.groupBy(nodes, ({ node }) => node)
  const of = (node: string) => byNode.get(node) ?? []
  const isIn = (number: number) => (range: readonly [number, number]) => range[0] <= number && number <= range[1]
  return {
    isLostEvent: (node, number) => of(node).some(({ events }) => events.some(isIn(number))),
    isLostSeal: (node, number) => of(node).some(({ seals }) => seals.some(({ numbers }) => isIn(number)(numbers))),
    findNext: (node, number) =>
      of(node)
        .flatMap(({ seals }) => seals)
        .find(({ numbers, next }) => next !== null && numbers[1] === number - 1)?.next ?? null,
  }
}

export function countLost(nodes: readonly LostOfNode[]): { readonly lostEvents: number; readonly lostSeals: number } {
  const sum = (ranges: readonly (readonly [number, number])[]) => ranges.reduce((total, [first, last]) => total + last - first + 1, 0)
  return {
    lostEvents: sum(nodes.flatMap(({ events }) => events)),
    lostSeals: sum(nodes.flatMap(({ seals }) => seals.map(({ numbers }) => numbers))),
  }
}
