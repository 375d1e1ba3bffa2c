// After a failover to a standby that missed changes, rows of the audit log are missing that no attacker removed. The log records which, so
// that a verification reports the failover and still finds every other loss.
import type { AnchorKeeper } from '../audit/seals/keep-anchor.ts'
import type { ChangeDetails } from '../audit/events/kinds.ts'
import { failoverKind } from '../audit/seals/recorded-losses.ts'
import type { ApplyChange } from '../change/apply-change.ts'
import { setup } from '../operators/operators.ts'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import { StoreError } from '../store/store-errors.ts'
import type { Store } from '../store/store.ts'

export type Failover = ChangeDetails[typeof failoverKind]

export interface FailoverRecord {
  /** Files of anchors on this machine whose seals were lost, under their new names. */
  readonly anchorsSetAside: readonly string[]
}

/** @throws StoreError for a store without a standby, where only a restore or an attack removes rows */
export async function recordFailover(
  { isShared }: Pick<Store, 'isShared'>,
  applyChange: ApplyChange,
  anchors: Pick<AnchorKeeper, 'reconcile'>,
  failover: Failover,
): Promise<FailoverRecord> {
  if (!isShared)
    throw new StoreError('A SQLite store has no standby, so no failover can be recorded. After a restore, record that instead.')
  await applyChange(setup, failoverKind, async ({ record }) => {
    record({ subject: { realm: operatorsRealmName }, changed: 'nothing', detail: failover })
  })
  return { anchorsSetAside: await anchors.reconcile() }
}
