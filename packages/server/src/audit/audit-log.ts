// The audit log: who did what, and why a request was denied. A token must not be sent before append() has resolved. Denials are written
// asynchronously, so no request waits for them, and are summarized when there are too many.
import type { Transaction } from 'kysely'
import type { Clock } from '../clock.ts'
import type { HistoryPlace } from '../store/change-log.ts'
import type { Schema } from '../store/schema.ts'
import type { AuditChain } from './events/audit-chain.ts'
import type { AuditEvent, ChangeEvent } from './events/audit-event.ts'
import type { EventRow } from './events/event-row.ts'
import type { ChangeKind, RequestKind } from './events/kinds.ts'
import { lateAfterMs, noteArrival } from './arrivals.ts'
import { createDenialSummary } from './denial-summary.ts'

export interface AuditLog {
  /**
   * Resolves once the event is on disk, in the store or in the spool; rejects if it cannot be written. The result is the last change in a
   * store shared by several servers at that time; undefined while the event waits in the spool, and for a local store.
   */
  append<Kind extends RequestKind>(event: AuditEvent<Kind>): Promise<HistoryPlace | undefined>
  /** Writes an event inside the transaction of the change that it records. Call the result after the transaction has ended. */
  record<Kind extends ChangeKind>(db: Transaction<Schema>, event: ChangeEvent<Kind>, at: number): Promise<(committed: boolean) => void>
  /** Records a denial. Per source only the first of a minute are written one by one. */
  noteDenial<Kind extends RequestKind>(event: AuditEvent<Kind>, presentedId?: string): void
  /** Writes pending events. No event may follow. */
  close(): Promise<void>
}

/** The sink for rows while the store cannot take them; accepted rows are durable. */
export interface AuditSpool {
  /** Whether rows should go to the spool without trying the store first. */
  readonly isInUse: boolean
  write(rows: readonly EventRow[]): Promise<void>
}

interface AuditOptions {
  readonly writeToStore: (rows: readonly EventRow[]) => Promise<HistoryPlace | undefined>
  readonly chain: AuditChain
  readonly clock: Clock
  readonly spool?: AuditSpool | undefined
  /** Called when events could not be written. */
  readonly onFailure: (error: Error) => void
}

/** How long the first event of a batch waits for others: a longer wait makes larger commits and slower responses. Milliseconds. */
const batchMs = 2

export function createAuditLog({ writeToStore, chain, clock, spool, onFailure }: AuditOptions): AuditLog {
  let pending: { readonly event: AuditEvent; readonly at: number }[] = []
  let batch: Promise<HistoryPlace | undefined> | undefined
  let lastWrite: Promise<unknown> = Promise.resolve()

  const writeRows = async (rows: readonly EventRow[]): Promise<HistoryPlace | undefined> => {
    let place: HistoryPlace | undefined
    try {
      if (spool?.isInUse) await spool.write(rows)
      else
        place = await writeToStore(rows).catch(async (error: unknown) => {
          if (!spool) throw error
          await spool.write(rows)
          return undefined
        })
    } catch (error) {
      for (const row of rows) chain.skip(row)
      throw error
    }
    for (const row of rows) chain.markStored(row)
    return place
  }
  const write = async (): Promise<HistoryPlace | undefined> => {
    await lastWrite.catch(() => {})
    // Computed in one go: consecutive MACs cost less than MACs between two requests.
    const rows = pending.map(({ event, at }) => chain.stamp(event, at))
    pending = []
    batch = undefined
    const writing = writeRows(rows)
    lastWrite = writing
    return writing
  }
  const append = (event: AuditEvent): Promise<HistoryPlace | undefined> => {
    pending.push({ event, at: clock() })
    batch ??= new Promise((resolve) => setTimeout(resolve, batchMs)).then(write)
    return batch
  }
  const summary = createDenialSummary({ clock, write: (event) => void append(event).catch(onFailure) })

  return {
    append,
    async record(db, event, at) {
      const row = chain.stamp(event, at)
      const end = (committed: boolean) => (committed ? chain.markStored(row) : chain.skip(row))
      try {
        await db.insertInto('audit_events').values(row).execute()
        if (clock() - at > lateAfterMs) await noteArrival(db, [row])
      } catch (error) {
        end(false)
        throw error
      }
      return end
    },
    noteDenial: (event, presentedId) => summary.note(event, presentedId),
    async close() {
      summary.close()
      await batch?.catch(() => {}) // The callers of append() have received the error.
      await lastWrite.catch(() => {})
    },
  }
}
