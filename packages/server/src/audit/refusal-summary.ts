// Keeps a flood of refusals from filling the audit log: the first few of a minute from one source are written as they
// are, the rest is counted per realm and reason and written as one event a minute. Memory is bounded by the sketch and by
// the number of realms and reasons, which outsiders cannot grow.
import type { Clock } from '../clock.ts'
import { countedPrefix } from '../throttle/client-address.ts'
import { createCellHash, createWindowSketch } from '../throttle/sketch.ts'
import type { AuditEvent } from './audit-event.ts'

const writtenPerMinute = 10
const minute = 60_000

interface RefusalSummary {
  note(event: AuditEvent): void
  close(): void
}

export function createRefusalSummary({ clock, write }: { clock: Clock; write: (event: AuditEvent) => void }): RefusalSummary {
  const cellsOf = createCellHash()
  const written = createWindowSketch(minute)
  const counts = new Map<string, { event: AuditEvent; count: number }>()

  const writeCounts = (): void => {
    for (const { event, count } of counts.values()) write({ ...event, detail: { count, summarized: true } })
    counts.clear()
  }
  const timer = setInterval(writeCounts, minute).unref()

  return {
    note(event) {
      const now = clock()
      const cells = cellsOf(JSON.stringify([event.kind, event.reason, event.realm, event.clientId, countedPrefix(event.address ?? '')]))
      if (written.count(cells, now) < writtenPerMinute) {
        written.add(cells, now)
        write(event)
        return
      }
      const { kind, outcome, reason, realm } = event
      const key = JSON.stringify([kind, reason, realm])
      const known = counts.get(key)
      if (known) known.count++
      else counts.set(key, { event: { kind, outcome, reason, realm }, count: 1 })
    },
    close() {
      clearInterval(timer)
      writeCounts()
    },
  }
}
