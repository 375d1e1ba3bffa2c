// Every change to organizations, clients, tokens and signing keys goes through here: one transaction with its audit events and its
// rows in the change log, after which this node has forgotten what was. A caller that waits for a change sees it in force.
import type { Transaction } from 'kysely'
import type { AuditLog } from '../audit/audit-log.ts'
import type { Clock } from '../clock.ts'
import type { AuditEvent } from '../audit/events/audit-event.ts'
import { forgetChanged, type Memory } from '../cache/forget-changed.ts'
import { ProblemError } from '../errors.ts'
import { logChanges, type Changed, type LoggedChange } from '../store/change-log.ts'
import type { Schema } from '../store/schema.ts'
import { isUniqueViolation } from '../store/store-errors.ts'
import type { Store } from '../store/store.ts'
import { changesToLog } from './changes-to-log.ts'

/** On whose behalf a change is made. */
export interface Actor {
  readonly realm: string
  readonly clientId: string
  readonly organizationId: string
  readonly address: string
  readonly requestId: string
}

/** What a record of a change is about; without an organization it is all of a realm. */
export interface Subject {
  readonly realm: string
  readonly organizationId?: string
  readonly clientId?: string | undefined
  readonly tokenId?: string
}

/** One audit event of a change, and what nodes forget because of it. */
export interface ChangeRecord {
  readonly subject: Subject
  /** `nothing` where all that nodes remember stays true. */
  readonly changed: Changed | 'nothing'
  /** The organizations whose rights changed, where that is not the one of the subject. */
  readonly organizations?: readonly string[]
  /** Goes into the audit event and must not hold a secret. */
  readonly detail: Readonly<Record<string, unknown>>
  /** Of the audit event, where it is not that of the operation. */
  readonly kind?: string
}

export interface Change {
  readonly db: Transaction<Schema>
  /** Milliseconds since the epoch; one instant for the whole change. */
  readonly now: number
  /** The version that the caller has seen of what it changes, and insists on (`If-Match`). */
  readonly expectedVersion: number | undefined
  /** Records what the change does, at least once. The events are written in this order, all or none. */
  record(record: ChangeRecord): void
}

export type ApplyChange = <T>(
  actor: Actor,
  kind: string,
  work: (change: Change) => Promise<T>,
  options?: { readonly expectedVersion?: number | undefined },
) => Promise<T>

export interface ChangeOptions {
  readonly store: Store
  readonly memory: Memory
  readonly audit: Pick<AuditLog, 'record'>
  readonly clock: Clock
}

export function createApplyChange({ store, memory, audit, clock }: ChangeOptions): ApplyChange {
  return async (actor, kind, work, { expectedVersion } = {}) => {
    const endRecords: ((committed: boolean) => void)[] = []
    let logged: readonly LoggedChange[] = []

    const transaction = store.transact(async (db) => {
      // Not before: a change may have waited for others, and what it cuts off by its date goes on meanwhile.
      const now = clock()
      const records: ChangeRecord[] = []
      const result = await work({ db, now, expectedVersion, record: (record) => void records.push(record) })
      if (records.length === 0) throw new TypeError(`The change "${kind}" records nothing`)
      for (const record of records) endRecords.push(await audit.record(db, toEvent(actor, kind, record), now))
      logged = changesToLog(records)
      await logChanges(db, logged, now)
      return result
    })

    let committed = false
    try {
      const result = await transaction
      committed = true
      if (logged.length > 0) store.hint()
      return result
    } catch (error) {
      if (isUniqueViolation(error))
        throw new ProblemError('conflict', { detail: 'Another request created the same thing at the same moment.' })
      throw error
    } finally {
      for (const end of endRecords) end(committed)
      // Also where it is unknown whether it was committed: what memory held may be outdated.
      await Promise.all(logged.map((change) => forgetChanged(memory, change)))
    }
  }
}

function toEvent({ address, requestId, realm, clientId }: Actor, kind: string, record: ChangeRecord): AuditEvent {
  const { subject } = record
  return {
    kind: record.kind ?? kind,
    outcome: 'success',
    realm: subject.realm,
    organizationId: subject.organizationId,
    clientId: subject.clientId,
    address,
    requestId,
    detail: { ...record.detail, by: { realm, client: clientId } },
  }
}
