// The chain of one node's events: every event gets the node's next number and a MAC under a key that is not in the store, so
// that one that is altered, moved, inserted or missing shows. seal-events.ts closes the numbering from time to time.
import { createIdPrefix, instantOf, numberOf, toDigits } from '../../node-ids.ts'
import type { AuditEvent, ChangeEvent } from './audit-event.ts'
import type { AuditMac } from './audit-mac.ts'
import { protectedValues, toRow, type EventRow } from './event-row.ts'

export interface AuditChain {
  readonly node: string
  /** The event as a row, with its place in the chain. Every row must be settled or skipped in the end. */
  stamp(event: AuditEvent | ChangeEvent, at: number): EventRow
  /** The row is stored for good. */
  settle(row: EventRow): void
  /** The row will never be stored; its number stays empty, which the next seal says. */
  skip(row: EventRow): void
  /** How many rows are neither settled nor skipped. */
  underWay(): number
  /** What a seal can say now: the last number up to which nothing is under way, and which numbers before it are empty. */
  takeSealable(): { readonly lastEvent: number; readonly skipped: readonly number[] }
  /** The MAC of a seal. */
  mac(values: readonly unknown[]): string
}

export function createAuditChain(node: string, mac: Pick<AuditMac, 'make'>): AuditChain {
  const underWay = new Set<number>()
  let skipped: number[] = []
  let last = 0
  const prefixAt = createIdPrefix(node)
  /** Not before the request, also where the clock was set back since: that is how search-audit.ts finds its events. */
  const prefixFor = (requestId = '', at: number) => {
    const prefix = prefixAt(at)
    return requestId < prefix || requestId.startsWith(prefix) ? prefix : prefixAt(instantOf(requestId))
  }

  return {
    node,
    stamp(event, at) {
      last++
      underWay.add(last)
      const row = toRow(prefixFor(event.requestId, at) + toDigits(last), event, at)
      row.mac = mac.make(protectedValues(row))
      return row
    },
    settle: (row) => void underWay.delete(numberOf(row.id)),
    skip(row) {
      const number = numberOf(row.id)
      if (underWay.delete(number)) skipped.push(number)
    },
    underWay: () => underWay.size,
    takeSealable() {
      const lastEvent = Math.min(last, ...[...underWay].map((number) => number - 1))
      const sealed = skipped.filter((number) => number <= lastEvent)
      skipped = skipped.filter((number) => number > lastEvent)
      return { lastEvent, skipped: sealed.toSorted((a, b) => a - b) }
    },
    mac: mac.make,
  }
}
