// The audit log: who did what, and why it was refused. A token may leave only after append() has resolved; refusals are
// written without making anybody wait, and summed up when there are too many to write each.
import type { Kysely } from 'kysely'
import type { Clock } from '../clock.ts'
import type { Schema } from '../store/schema.ts'
import { toRow, type AuditEvent, type EventRow } from './audit-event.ts'
import { createRefusalSummary } from './refusal-summary.ts'
import { createEventWriter } from './write-events.ts'

export interface AuditLog {
  /** Resolves once the event is on disk; rejects if it cannot be written. */
  append(event: AuditEvent): Promise<void>
  /** Notes a refusal; from one source only the first of a minute are written one by one. */
  noteRefusal(event: AuditEvent, presentedId?: string): void
  /** Writes what is pending. No event may follow. */
  close(): Promise<void>
}

interface AuditOptions {
  readonly db: Kysely<Schema>
  readonly clock: Clock
  /** Told when events could not be written. */
  readonly onFailure: (error: Error) => void
}

/** How long the first event of a batch waits for company: more per commit, a little later. Milliseconds. */
const batchMilliseconds = 2

export function createAuditLog({ db, clock, onFailure }: AuditOptions): AuditLog {
  const writeRows = createEventWriter(db)
  let pending: EventRow[] = []
  let batch: Promise<void> | undefined
  let lastWrite: Promise<void> = Promise.resolve()

  const write = async (): Promise<void> => {
    await lastWrite.catch(() => {})
    const rows = pending
    pending = []
    batch = undefined
    await (lastWrite = writeRows(rows))
  }

  const enqueue = (event: AuditEvent): Promise<void> => {
    pending.push(toRow(event, clock()))
    batch ??= new Promise((resolve) => setTimeout(resolve, batchMilliseconds)).then(write)
    return batch
  }

  const summary = createRefusalSummary({ clock, write: (event) => void enqueue(event).catch(onFailure) })

  return {
    append: enqueue,
    noteRefusal: (event, presentedId) => summary.note(event, presentedId),
    async close() {
      summary.close()
      await batch?.catch(() => {}) // Whoever appended has been told.
      await lastWrite.catch(() => {})
    },
  }
}
