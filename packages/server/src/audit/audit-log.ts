// The audit log: who did what, and why it was refused. A token may leave only after append() has resolved; refusals are
// written without making anybody wait, and summed up when there are too many to write each.
import { sql, type Kysely } from 'kysely'
import type { Clock } from '../clock.ts'
import type { Schema } from '../store/schema.ts'
import { createRefusalSummary } from './refusal-summary.ts'

/** What happened. Must not contain a secret or a token; `detail` is stored as JSON. */
export interface AuditEvent {
  readonly kind: string
  readonly outcome: 'success' | 'refused'
  readonly reason?: string | undefined
  readonly realm?: string | undefined
  readonly organizationId?: string | undefined
  readonly clientId?: string | undefined
  readonly address?: string | undefined
  readonly requestId?: string | undefined
  readonly detail?: Readonly<Record<string, unknown>> | undefined
}

export interface AuditLog {
  /** Resolves once the event is on disk; rejects if it cannot be written. */
  append(event: AuditEvent): Promise<void>
  /** Notes a refusal; from one source only the first of a minute are written one by one. */
  noteRefusal(event: AuditEvent): void
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

type Row = readonly (string | number | null)[]

export function createAuditLog({ db, clock, onFailure }: AuditOptions): AuditLog {
  let pending: Row[] = []
  let batch: Promise<void> | undefined
  let lastWrite: Promise<void> = Promise.resolve()

  const write = async (): Promise<void> => {
    await lastWrite.catch(() => {})
    const rows = pending
    pending = []
    batch = undefined
    await (lastWrite = insertRows(db, rows))
  }

  const enqueue = (event: AuditEvent): Promise<void> => {
    pending.push(toRow(event, clock()))
    batch ??= new Promise((resolve) => setTimeout(resolve, batchMilliseconds)).then(write)
    return batch
  }

  const summary = createRefusalSummary({ clock, write: (event) => void enqueue(event).catch(onFailure) })

  return {
    append: enqueue,
    noteRefusal: (event) => summary.note(event),
    async close() {
      summary.close()
      await batch?.catch(() => {}) // Whoever appended has been told.
      await lastWrite.catch(() => {})
    },
  }
}

/** Writes an event as part of a change: inside the transaction that makes the change. */
export async function recordInTransaction(db: Kysely<Schema>, event: AuditEvent, now: number): Promise<void> {
  await insertRows(db, [toRow(event, now)])
}

/** The order of the columns in a row and in the statement below. */
function toRow(event: AuditEvent, at: number): Row {
  const { kind, outcome, reason, realm, organizationId, clientId, address, requestId, detail } = event
  return [
    at,
    kind,
    outcome,
    reason ?? null,
    realm ?? null,
    organizationId ?? null,
    clientId ?? null,
    address ?? null,
    requestId ?? null,
    JSON.stringify(detail ?? {}),
  ]
}

/** One statement whatever the number of rows, so that it is compiled once; one commit for all of them. */
async function insertRows(db: Kysely<Schema>, rows: readonly Row[]): Promise<void> {
  if (rows.length === 0) return
  await sql`
    insert into audit_events (at, kind, outcome, reason, realm, organization_id, client_id, address, request_id, detail)
    select value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7, value->>8, value->>9
    from json_each(${JSON.stringify(rows)})
  `.execute(db)
}
