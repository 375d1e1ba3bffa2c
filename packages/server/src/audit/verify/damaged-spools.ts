// Spools with lines that no server wrote, as the log records them. If their server ended without a seal over those events, nothing else
// shows that some are missing.
import type { StoredEvent } from '../events/event-row.ts'
import type { AuditKind, RequestDetails } from '../events/kinds.ts'
import type { AuditFault } from '../seals/read-seals.ts'

const damagedKind = 'spool.damaged' satisfies AuditKind

export interface DamagedSpool {
  /** The event that records it. */
  readonly id: string
  readonly node: string
  readonly file: string
}

export interface DamagedSpools {
  readonly found: readonly DamagedSpool[]
  /** @param row an intact event */
  note(row: StoredEvent): void
  /** A number after the last seal of its node is missing before this event. Without damage it may never have been used. */
  noteGap(node: string, number: number, id: string): void
  findFault(): AuditFault | undefined
}

export function collectDamagedSpools(): DamagedSpools {
  const found: DamagedSpool[] = []
  const gaps = new Map<string, { readonly number: number; readonly id: string }>()
  return {
    found,
    note({ id, kind, detail }) {
      if (kind !== damagedKind) return
      const { node, file } = JSON.parse(detail) as RequestDetails[typeof damagedKind]
      found.push({ id, node, file })
    },
    noteGap: (node, number, id) => void (gaps.has(node) || gaps.set(node, { number, id })),
    findFault() {
      for (const { node, file } of found) {
        const gap = gaps.get(node)
        if (!gap) continue
        const message = `Before the event "${gap.id}" the event number ${gap.number} of the node ${node} is missing: its spool was damaged, and is kept as "${file}".`
        return { id: gap.id, kind: 'removed', message }
      }
      return undefined
    },
  }
}
