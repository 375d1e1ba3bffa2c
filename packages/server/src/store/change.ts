// Every change to organizations, clients and tokens goes through here: one transaction with its audit event, after which
// the directory has read what changed. Whoever waits for a change sees it in force.
import type { Transaction } from 'kysely'
import { recordInTransaction } from '../audit/write-events.ts'
import type { Clock } from '../clock.ts'
import type { Directory } from '../directory/directory.ts'
import type { Schema } from './schema.ts'
import type { Store } from './store.ts'

/** On whose behalf a change is made. */
export interface Actor {
  readonly realm: string
  readonly clientId: string
  readonly organizationId: string
  readonly address: string
  readonly requestId: string
}

export interface Change {
  readonly db: Transaction<Schema>
  /** Milliseconds since the epoch; one instant for the whole change. */
  readonly now: number
  /** Names the organization that changes; `detail` goes into the audit event and must not hold a secret. */
  concerns(organizationId: string, detail: Readonly<Record<string, unknown>>): void
}

export type ApplyChange = <T>(actor: Actor, kind: string, work: (change: Change) => Promise<T>) => Promise<T>

export function createApplyChange(store: Store, directory: Directory, clock: Clock): ApplyChange {
  return async (actor, kind, work) => {
    const now = clock()
    let concerned: { organizationId: string; detail: Readonly<Record<string, unknown>> } | undefined

    const result = await store.transact(async (db) => {
      const result = await work({ db, now, concerns: (organizationId, detail) => void (concerned = { organizationId, detail }) })
      if (!concerned) throw new TypeError(`The change "${kind}" does not say which organization it concerns`)
      const { organizationId, detail } = concerned
      await recordInTransaction(db, { kind, outcome: 'success', ...actor, detail: { ...detail, organization: organizationId } }, now)
      return result
    })

    if (concerned) await directory.reload(concerned.organizationId)
    return result
  }
}
