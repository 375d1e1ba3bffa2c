// The chain of one node's events. Every event gets the node's next number and a MAC under a key that is not in the store, so an altered,
// moved, inserted or missing event is detected. seal-events.ts seals the numbers periodically.
import { createIdPrefix, instantOf, numberOf, toDigits } from '../../node-ids.ts'
import type { AuditEvent, ChangeEvent } from './audit-event.ts'
import type { AuditMac } from './audit-mac.ts'
import { protectedValues, toRow, type EventRow } from './event-row.ts'

export interface AuditChain {
  readonly node: string
  /** The event as a row with its number and MAC. Every row must be marked as stored or skipped in the end. */
  stamp(event: AuditEvent | ChangeEvent, at: number): EventRow
  /** The row is durable. */
  markStored(row: EventRow): void
  /** The row will never be stored; the next seal lists its number as skipped. */
  skip(row: EventRow): void
  /** The number of rows that are neither stored nor skipped. */
  underWay(): number
  /** What the next seal can state: the last number up to which no write is pending, and the skipped numbers before it. */
  takeSealable(): { readonly lastEvent: number; readonly skipped: readonly number[] }
  /** The MAC of a seal. */
  mac(values: readonly unknown[]): string
}

export function createAuditChain(node: string, mac: Pick<AuditMac, 'make'>): AuditChain {
  const underWay = new Set<number>()
  let skipped: number[] = []
  let last = 0
  const prefixAt = createIdPrefix(node)
  /**
   * The id is never earlier than that of its request, even if the clock was set back since; search/find-request.ts relies on this to find the
   * events of a request.
   */
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
    markStored: (row) => void underWay.delete(numberOf(row.id)),
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
