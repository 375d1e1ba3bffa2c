// What a failover in a given time can have lost of the audit log: the rows that the old primary had and the new one never got. Rows are
// explained only as far as the seals allow: what a seal from before that time covers was not lost by the failover, and neither was what
// was written after the first seal from after it.
import type { Kysely, Selectable } from 'kysely'
import { idFrom, nodeOf, numberOf } from '../../node-ids.ts'
import type { Schema } from '../../store/schema.ts'
import { createAuditMac, type AuditKeys } from '../events/audit-mac.ts'
import type { LostOfNode, LostSeals, NumberRange } from '../events/kinds.ts'
import type { KeptAnchor } from '../seals/anchor-files.ts'
import { readLosses } from '../seals/recorded-losses.ts'
import { readPieces } from '../retention/pieces.ts'
import { indexRemoved } from '../retention/removed-events.ts'
import { parseSkippedNumbers, sealIntervalMs } from '../seals/seal-events.ts'

type Seal = Selectable<Schema['audit_seals']>

export interface FailoverTime {
  /** The last instant of which the new primary has everything, and the instant from which it took changes; both with a margin. */
  readonly from: number
  readonly to: number
}

export async function findFailoverLosses(
  db: Kysely<Schema>,
  keys: AuditKeys,
  { from, to, anchors }: FailoverTime & { readonly anchors: readonly KeptAnchor[] },
): Promise<LostOfNode[]> {
  const mac = createAuditMac(keys)
  const recorded = await readLosses(db, mac)
  const removed = indexRemoved((await readPieces(db, mac)).pieces)
  const sealsOf = Map.groupBy(
    await db.selectFrom('audit_seals').selectAll().orderBy('node').orderBy('number').execute(),
    ({ node }) => node,
  )
  const newestAnchorOf = new Map(anchors.toSorted((a, b) => a.number - b.number).map((anchor) => [anchor.node, anchor]))
  const lost: LostOfNode[] = []
  for (const node of new Set([...sealsOf.keys(), ...newestAnchorOf.keys()])) {
    const seals = sealsOf.get(node) ?? []
    const gaps = findSealGaps(seals, newestAnchorOf.get(node), { from, to }).filter(({ numbers }) => !recorded.isLostSeal(node, numbers[0]))
    const end = gaps.some(({ next }) => next === null) ? newestAnchorOf.get(node)!.lastEvent : 0
    const since = Math.max(...seals.map(({ sealed_at: at }) => at).filter((at) => at < from))
    const missing = await findMissing(db, node, range(seals, { from, to }, end), (Number.isFinite(since) ? since : from) - stampedBeforeMs)
    const skipped = provenSkips(seals, gaps)
    const numbers = missing.filter(
      (number) => !skipped.has(number) && !recorded.isLostEvent(node, number) && removed.find(node, number) === undefined,
    )
    if (gaps.length > 0 || numbers.length > 0) lost.push({ node, events: toRanges(numbers), seals: gaps })
  }
  return lost
}

/** Missing seals between two that exist, before the first one, or between the last one and the anchor. */
function findSealGaps(seals: readonly Seal[], anchor: KeptAnchor | undefined, { from, to }: FailoverTime): LostSeals[] {
  /** A node seals its events once in an interval at most, and when it starts and stops. */
  const maxLost = Math.floor((to - from) / sealIntervalMs) + 3
  const gaps: LostSeals[] = []
  let last = -1
  let lastAt = -Infinity
  const add = (end: number, endAt: number, next: LostSeals['next']) => {
    if (end > last + 1 && end - last - 1 <= maxLost && lastAt <= to && endAt >= from) gaps.push({ numbers: [last + 1, end - 1], next })
  }
  for (const { number, sealed_at: sealedAt, last_event: lastEvent, skipped, mac } of seals) {
    add(number, sealedAt, { sealedAt, lastEvent, skipped, mac })
    ;[last, lastAt] = [number, sealedAt]
  }
  if (anchor && anchor.sealedAt <= to) add(anchor.number + 1, anchor.sealedAt, null)
  return gaps
}

/** The numbers that a failover in this time can have lost. */
function range(seals: readonly Seal[], { from, to }: FailoverTime, anchoredEnd: number): NumberRange {
  const before = seals.filter(({ sealed_at: at }) => at < from).map(({ last_event: last }) => last)
  const firstAfter = seals.find(({ sealed_at: at }) => at > to)
  const end = firstAfter?.last_event ?? Math.max(anchoredEnd, ...seals.map(({ last_event: last }) => last))
  return [Math.max(0, ...before) + 1, end]
}

/** An event can be older than a seal that does not cover it: the time of its write. */
const stampedBeforeMs = 600_000

async function findMissing(db: Kysely<Schema>, node: string, [first, last]: NumberRange, since: number): Promise<number[]> {
  if (last < first) return []
  const present = new Set<number>()
  const rows = db
    .selectFrom('audit_events')
    .select('id')
    .where('id', '>=', idFrom(Math.max(0, since)))
    .where('id', 'like', `%-${node}-%`)
  for (const { id } of await rows.execute()) if (nodeOf(id) === node) present.add(numberOf(id))
  const missing: number[] = []
  for (let number = first; number <= last; number++) if (!present.has(number)) missing.push(number)
  return missing
}

/** Not those of a seal after a lost one, whose MAC cannot be checked. */
function provenSkips(seals: readonly Seal[], gaps: readonly LostSeals[]): ReadonlySet<number> {
  const unproven = new Set(gaps.map(({ numbers }) => numbers[1] + 1))
  const proven = seals.filter(({ number }) => number !== 0 && !unproven.has(number))
  return new Set(proven.flatMap(({ skipped }) => parseSkippedNumbers(skipped)))
}

function toRanges(numbers: readonly number[]): NumberRange[] {
  const ranges: [number, number][] = []
  for (const number of numbers) {
    const last = ranges.at(-1)
    if (last && last[1] === number - 1) last[1] = number
    else ranges.push([number, number])
  }
  return ranges
}
