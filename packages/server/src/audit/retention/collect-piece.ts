// Collects the events of the next piece: of one class and one day, sealed, and as they were written. An event that is not, or whose key is
// missing, stays in the store, where a verification names it.
import type { Kysely } from 'kysely'
import { instantOf, nodeOf, numberOf } from '../../node-ids.ts'
import type { Schema } from '../../store/schema.ts'
import { keyNameIn } from '../events/audit-mac.ts'
import type { StoredEvent } from '../events/event-row.ts'
import type { NumberRange } from '../events/kinds.ts'
import type { NameRemovals } from '../removed-names/recorded-removals.ts'
import { compressLines, type CompressedLines } from './compress-lines.ts'
import { classOf, mayBeOfClass, type EventClass } from './event-classes.ts'
import { addNumber } from './number-ranges.ts'
import type { Pace } from './pace.ts'
import type { SealReach } from './seal-reach.ts'
import { walkEvents } from './walk-events.ts'

export interface PieceLimits {
  readonly events: number
  /** Of the events as JSON. */
  readonly bytes: number
  /** Events of all classes that one statement reads at most. */
  readonly rows: number
  /** Events that one statement deletes at most. */
  readonly deletedRows: number
}

export interface CollectedPiece {
  readonly class: EventClass
  readonly firstId: string
  readonly lastId: string
  readonly events: number
  readonly removed: ReadonlyMap<string, [first: number, last: number][]>
  /** The events as compressed JSON lines; undefined if there is to be no archive. */
  readonly lines: CompressedLines | undefined
}

export interface CollectOptions {
  readonly db: Kysely<Schema>
  readonly names: NameRemovals
  readonly class: EventClass
  /** The ids between which events are old enough, both exclusive. */
  readonly after: string
  readonly before: string
  readonly reachOf: (node: string) => Promise<SealReach>
  readonly limits: PieceLimits
  readonly pace: Pace
  readonly isArchived: boolean
}

/** @returns undefined if no event is left */
export async function collectPiece(options: CollectOptions): Promise<CollectedPiece | undefined> {
  const { db, limits, pace, isArchived } = options
  const removed = new Map<string, [first: number, last: number][]>()
  const lines = isArchived ? compressLines() : undefined
  let [firstId, lastId, events, bytes] = ['', '', 0, 0]
  try {
    for await (const { after, upTo } of walkEvents(db, { ...options, rows: limits.rows })) {
      const isOver = await pace.step(async () => {
        const rows = await db
          .selectFrom('audit_events')
          .selectAll()
          .where('id', '>', after)
          .where('id', '<=', upTo)
          .where(mayBeOfClass(options.class))
          .orderBy('id')
          .execute()
        const texts: string[] = []
        let isFull = false
        for (const row of rows) {
          if (!(await isRemovable(row, options))) continue
          if (events > 0 && (dayOf(row.id) !== dayOf(firstId) || events >= limits.events || bytes >= limits.bytes)) {
            isFull = true
            break
          }
          const text = `${JSON.stringify(row)}\n`
          texts.push(text)
          addNumber(rangesOf(removed, nodeOf(row.id)), numberOf(row.id))
          firstId ||= row.id
          lastId = row.id
          events++
          bytes += text.length
        }
        await lines?.write(texts.join(''))
        return isFull
      })
      if (isOver) break
    }
  } catch (error) {
    lines?.abandon()
    throw error
  }
  if (events === 0) {
    lines?.abandon()
    return undefined
  }
  return { class: options.class, firstId, lastId, events, removed, lines }
}

/** As a verification judges it; the order of an event among others is the database's. */
async function isRemovable(row: StoredEvent, { names, class: name, reachOf }: CollectOptions): Promise<boolean> {
  if (classOf(row) !== name) return false
  const { lastEvent, key } = await reachOf(nodeOf(row.id))
  return numberOf(row.id) <= lastEvent && keyNameIn(row.mac) === key && names.findFault(row) === undefined
}

export function rangesOf<Node extends string>(
  removed: Map<Node, [first: number, last: number][]>,
  node: Node,
): [first: number, last: number][] {
  const ranges = removed.get(node) ?? []
  removed.set(node, ranges)
  return ranges
}

/** From the first to the last of these numbers. */
export function spanOf(ranges: readonly NumberRange[]): { readonly first: number; readonly last: number } {
  return { first: ranges[0]![0], last: ranges.at(-1)![1] }
}

const dayMs = 86_400_000

/** UTC. */
export function dayOf(id: string): number {
  return Math.floor(instantOf(id) / dayMs)
}
