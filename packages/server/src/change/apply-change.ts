// Every change to organizations, clients and tokens goes through here: one transaction with its audit event and its entry in
// the change log, after which this node has forgotten what was. Whoever waits for a change sees it in force.
import { randomUUID } from 'node:crypto'
import type { Transaction } from 'kysely'
import type { AuditLog } from '../audit/audit-log.ts'
import type { ActorKind, Channel, EventFacts } from '../audit/events/audit-event.ts'
import type { ChangeDetails, ChangeKind, MadeBy } from '../audit/events/kinds.ts'
import type { Clock } from '../clock.ts'
import type { Cache } from '../cache/cache.ts'
import { ProblemError } from '../errors.ts'
import type { Schema } from '../store/schema.ts'
import { isUniqueViolation } from '../store/store-errors.ts'
import type { Store } from '../store/store.ts'

/** On whose behalf a change is made. */
export interface Actor extends Pick<EventFacts, 'requestId' | 'callerRequestId' | 'traceId'> {
  readonly kind: ActorKind
  readonly via: Channel
  readonly realm: string
  readonly clientId: string
  readonly organizationId: string
  readonly address: string
  readonly onBehalfOf?: string
}

/** Whom a change is about; without an organization it is all of a realm. */
export interface Subject {
  readonly realm: string
  readonly organizationId?: string
  readonly clientId?: string | undefined
  /** No organization has it, so what is known of organizations stays true. */
  readonly affectsNobody?: boolean
}

/** @typeParam Kind of the audit event, which says what its detail holds */
export interface Change<Kind extends ChangeKind = ChangeKind> {
  readonly db: Transaction<Schema>
  /** Milliseconds since the epoch; one instant for the whole change. */
  readonly now: number
  /** The version that the caller has seen of what it changes, and insists on (`If-Match`). */
  readonly expectedVersion: number | undefined
  /** Names the organization that changes; `detail` goes into the audit event and must not hold a secret. */
  concerns(subject: Subject, detail: ChangeDetails[Kind] & Pick<MadeBy, 'repeats'>): void
}

export type ApplyChange = <T, Kind extends ChangeKind>(
  actor: Actor,
  kind: Kind,
  work: (change: Change<Kind>) => Promise<T>,
  options?: { readonly expectedVersion?: number | undefined },
) => Promise<T>

export interface ChangeOptions {
  readonly store: Store
  readonly cache: Cache
  readonly audit: Pick<AuditLog, 'record'>
  readonly clock: Clock
}

export function createApplyChange({ store, cache, audit, clock }: ChangeOptions): ApplyChange {
  return async <T, Kind extends ChangeKind>(
    actor: Actor,
    kind: Kind,
    work: (change: Change<Kind>) => Promise<T>,
    { expectedVersion }: { readonly expectedVersion?: number | undefined } = {},
  ) => {
    let concerned: { readonly subject: Subject; readonly detail: ChangeDetails[Kind] & Pick<MadeBy, 'repeats'> } | undefined
    let endRecord: ((committed: boolean) => void) | undefined

    const transaction = store.transact(async (db) => {
      // Not before: a change may have waited for others, and what it cuts off by its date goes on meanwhile.
      const now = clock()
      const result = await work({
        db,
        now,
        expectedVersion,
        concerns: (subject, detail) => void (concerned = { subject, detail }),
      })
      if (!concerned) throw new TypeError(`The change "${kind}" names no subject`)
      const { subject } = concerned
      const { clientId: id, realm, address, requestId, callerRequestId, traceId } = actor
      const facts = { ...subject, address, requestId, callerRequestId, traceId, actor: { ...actor, id } }
      // "by" for what reads details: exports that are kept, and servers of a version before the columns (decisions/039).
      const detail = { ...concerned.detail, by: { realm, client: id } }
      endRecord = await audit.record(db, { kind, outcome: 'success', ...facts, detail }, now)
      if (!subject.affectsNobody) await noteChange(db, subject, now)
      return result
    })

    let committed = false
    try {
      const result = await transaction
      committed = true
      if (!concerned?.subject.affectsNobody) store.hint()
      return result
    } catch (error) {
      if (isUniqueViolation(error))
        throw new ProblemError('conflict', { detail: 'Another request created the same thing at the same moment.' })
      throw error
    } finally {
      endRecord?.(committed)
      // Also where nobody knows whether it was committed: what memory held may be outdated.
      const subject = concerned?.subject
      if (subject?.organizationId) cache.forget(subject.organizationId)
      else if (subject && !subject.affectsNobody) await cache.forgetRealm(subject.realm)
    }
  }
}

/** The row of the epoch stays locked until the commit, so the numbers are in the order of the commits and without a gap. */
async function noteChange(db: Transaction<Schema>, { realm, organizationId }: Subject, now: number): Promise<void> {
  const { value } = await db
    .updateTable('epoch')
    .set((set) => ({ value: set('value', '+', 1) }))
    .returning('value')
    .executeTakeFirstOrThrow()
  await db
    .insertInto('changes')
    .values({ number: value, realm, organization_id: organizationId ?? null, at: now, identity: randomUUID() })
    .execute()
}
