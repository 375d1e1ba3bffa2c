// Applies every change to organizations, clients, tokens and signing keys: one transaction with its audit events and its rows in the
// change log, after which this node clears the affected cache entries: when the promise resolves, the change is in force on this node.
import type { Transaction } from 'kysely'
import type { AuditLog } from '../audit/audit-log.ts'
import type { ActorKind, ChangeEvent, Channel, EventFacts } from '../audit/events/audit-event.ts'
import type { ChangeDetails, ChangeKind, MadeBy } from '../audit/events/kinds.ts'
import type { Clock } from '../clock.ts'
import type { Measurement } from '../clock-difference.ts'
import type { ChangeRing } from '../cache/change-ring.ts'
import { forgetChanged, type Memory } from '../cache/forget-changed.ts'
import { ProblemError } from '../errors.ts'
import { logChanges, type Changed, type PlacedChange } from '../store/change-log.ts'
import type { Schema } from '../store/schema.ts'
import { isUniqueViolation } from '../store/store-errors.ts'
import type { Store } from '../store/store.ts'
import { changesToLog } from './changes-to-log.ts'

/** The actor of a change and the origin of its request. */
export interface Actor extends Pick<EventFacts, 'requestId' | 'callerRequestId' | 'traceId'> {
  readonly kind: ActorKind
  readonly via: Channel
  readonly realm: string
  /** Of a person its id. */
  readonly clientId: string
  readonly organizationId: string
  readonly address: string
  readonly onBehalfOf?: string
  /** Of a person. */
  readonly name?: string | undefined
}

/** The subject of a record; without an organization, the whole realm. */
export interface Subject {
  readonly realm: string
  readonly organizationId?: string
  readonly clientId?: string | undefined
  readonly tokenId?: string
  /** A signing key that must not be used any more. */
  readonly keyId?: string
}

/** One audit event of a change, and the cache entries that nodes clear because of it. */
export type ChangeRecord<Kind extends ChangeKind = ChangeKind> = Recorded & (OwnEvent<Kind> | OtherEvent)

/** The members of a record besides its event. */
export interface Recorded {
  readonly subject: Subject
  /** `nothing` if the change affects no cache entry on any node. */
  readonly changed: Changed | 'nothing'
  /** The organizations whose entitlements changed, if they differ from the organization of the subject. */
  readonly organizations?: readonly string[]
}

/** Stored in the audit event; must not contain a secret. */
type Detail<Kind extends ChangeKind> = ChangeDetails[Kind] & Omit<MadeBy, 'by'>

/** An event of the kind of the operation. */
interface OwnEvent<Kind extends ChangeKind> {
  readonly kind?: undefined
  readonly detail: Detail<Kind>
}

type OtherEvent = { readonly [Kind in ChangeKind]: { readonly kind: Kind; readonly detail: Detail<Kind> } }[ChangeKind]

/** @typeParam Kind the kind of the audit event, which determines the type of its detail */
export interface Change<Kind extends ChangeKind = ChangeKind> {
  readonly db: Transaction<Schema>
  /** Milliseconds since the epoch; one instant for the whole change. */
  readonly now: number
  /** The versions of which the caller requires the changed resource to have one (`If-Match`); undefined for any. */
  readonly expectedVersions: readonly number[] | undefined
  /** Adds a record to the change; required at least once. The events are written in this order, all or none. */
  record(record: ChangeRecord<Kind>): void
  /** Says that everything is already as the change wants it: there is no event. */
  recordNothing(): void
}

export type ApplyChange = <T, Kind extends ChangeKind>(
  actor: Actor,
  kind: Kind,
  work: (change: Change<Kind>) => Promise<T>,
  options?: ApplyOptions,
) => Promise<T>

interface ApplyOptions {
  readonly expectedVersions?: readonly number[] | undefined
  /** Why the actor makes the change; in the detail of each of its events that has no reason of its own. */
  readonly reason?: string | undefined
}

export interface ChangeOptions {
  readonly store: Store
  readonly memory: Memory
  readonly audit: Pick<AuditLog, 'record'>
  readonly clock: Clock
  /** Compares the clock with that of a shared database, which may have been set since this node last pulled. */
  readonly compareClocks?: { readonly systemClock: Clock; readonly measured: (measurement: Measurement) => void }
  /** Gets the changes of a store that no other node changes, once they are in force. Those of a shared one are read from its log. */
  readonly ring: Pick<ChangeRing, 'append' | 'announce'>
}

export function createApplyChange({ store, memory, audit, clock, compareClocks, ring }: ChangeOptions): ApplyChange {
  return async <T, Kind extends ChangeKind>(
    actor: Actor,
    kind: Kind,
    work: (change: Change<Kind>) => Promise<T>,
    { expectedVersions, reason }: ApplyOptions = {},
  ) => {
    const endRecords: ((committed: boolean) => void)[] = []
    let logged: readonly PlacedChange[] = []

    const before = compareClocks?.systemClock()
    const transaction = store.transact(async (db, databaseNow) => {
      // Another node may have issued tokens by a clock that it corrected before this one.
      if (compareClocks && before !== undefined && databaseNow !== undefined)
        compareClocks.measured({ before, after: compareClocks.systemClock(), databaseNow })
      // Read only now: a change may have waited for others, and tokens issued meanwhile must be covered by its cut date.
      const now = clock()
      const records: ChangeRecord<Kind>[] = []
      let isNothing = false
      const record = (one: ChangeRecord<Kind>) => void records.push(one)
      const result = await work({ db, now, expectedVersions, record, recordNothing: () => (isNothing = true) })
      if (records.length === 0 && !isNothing) throw new TypeError(`The change "${kind}" records nothing`)
      for (const one of records) endRecords.push(await audit.record(db, toEvent(actor, kind, one, reason), now))
      logged = await logChanges(db, changesToLog(records), now)
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
      // Also if the commit failed: its outcome may be unknown, and then cache entries may be outdated.
      await Promise.all(logged.map((change) => forgetChanged(memory, change)))
      if (committed && !store.isShared) ring.append(logged)
      else if (committed) ring.announce(logged.at(-1)?.number ?? 0)
    }
  }
}

function toEvent<Kind extends ChangeKind>(actor: Actor, kind: Kind, record: ChangeRecord<Kind>, reason: string | undefined): ChangeEvent {
  const { clientId: id, kind: actorKind, realm, address, requestId, callerRequestId, traceId } = actor
  const { realm: ofRealm, organizationId, clientId } = record.subject
  const detail: Partial<MadeBy> = record.detail
  return {
    kind: record.kind ?? kind,
    outcome: 'success',
    realm: ofRealm,
    organizationId,
    clientId,
    address,
    requestId,
    callerRequestId,
    traceId,
    actor: { ...actor, id },
    // "by" is for readers of details: archived exports, and servers of a version without the columns (decisions/039).
    detail: {
      ...detail,
      ...(detail.reason === undefined && reason !== undefined && { reason }),
      by: actorKind === 'person' ? { realm, person: id } : { realm, client: id },
    } as ChangeEvent['detail'],
  }
}
