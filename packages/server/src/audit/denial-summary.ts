// Keeps a flood of denials from filling the audit log. The first few per minute and source (kind, reason, realm, client id and address) are
// written one by one, up to a bound per realm; the rest is counted per kind, reason and realm and written as one event a minute each. Memory
// is bounded by the sketches and by the number of realms and reasons, which outsiders cannot grow.
import type { Clock } from '../clock.ts'
import { countedPrefixes } from '../throttle/client-address.ts'
import { createCellHash, createWindowSketch } from '../throttle/sketch.ts'
import type { AuditEvent } from './events/audit-event.ts'

const writtenPerSource = 10
const writtenPerRealm = 600
const minute = 60_000
/** Client ids have at most 255 characters, of at most two units each; longer values are compared by their first characters. */
const maxCountedIdLength = 510

interface DenialSummary {
  /**
   * @param presentedId the client id in the request. Registered and unregistered ids are counted alike; otherwise the timing of the
   * write would tell which ids exist.
   */
  note(event: AuditEvent, presentedId?: string): void
  close(): void
}

export function createDenialSummary({ clock, write }: { clock: Clock; write: (event: AuditEvent) => void }): DenialSummary {
  const cellsOf = createCellHash()
  const fromSource = createWindowSketch(minute)
  const inRealm = createWindowSketch(minute)
  const counts = new Map<string, { event: AuditEvent; count: number }>()

  const writeCounts = (): void => {
    for (const { event, count } of counts.values()) write({ ...event, detail: { count, summarized: true } })
    counts.clear()
  }
  const timer = setInterval(writeCounts, minute).unref()

  return {
    note(event, presentedId = event.clientId) {
      const { kind, outcome, reason, realm } = event
      const now = clock()
      const sources = countedPrefixes(event.address ?? '').map(({ prefix, share }) => ({
        cells: cellsOf(JSON.stringify([kind, reason, realm, presentedId?.slice(0, maxCountedIdLength), prefix])),
        share,
      }))
      const whole = cellsOf(JSON.stringify([kind, realm]))
      const isWithin = sources.every(({ cells, share }) => fromSource.count(cells, now) < writtenPerSource * share)
      if (isWithin && inRealm.count(whole, now) < writtenPerRealm) {
        for (const { cells } of sources) fromSource.add(cells, now)
        inRealm.add(whole, now)
        write(event)
        return
      }
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
