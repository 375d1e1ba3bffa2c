// What only commands with access to the store and its keys can do, and no request: first operators, restores, failovers, names of persons.
import type { RetentionStore } from './audit/retention/retention-store.ts'
import { checkOperatorSettings } from './clients/operator-settings.ts'
import type { Data } from './open-data.ts'
import { lowerCuts, type LoweredCuts } from './operators/lower-cuts.ts'
import { createOperator, hasOwner, type OperatorCredentials, type OperatorOptions } from './operators/operators.ts'
import { operatorsRealmName } from './realms/operators-realm.ts'
import type { Revocation } from './recovery/lost-revocations.ts'
import { recordFailover, type Failover, type FailoverRecord } from './recovery/record-failover.ts'
import { removeNames, type NameRemoval, type RemovedNames } from './recovery/remove-names.ts'
import { repeatRevocations, type RepeatedRevocation } from './recovery/repeat-revocations.ts'
import { recordRestore, type RecordedRestore } from './recovery/restore.ts'
import { addPastRefusals, type PastRefusal } from './refusals/past-refusals.ts'
import { addPastUsage, type PastUsage } from './usage/past-usage.ts'

export interface StoreCommands {
  /** Creates an operator; requires access to the store and the pepper. @throws OperatorExistsError */
  createOperator(options?: OperatorOptions): Promise<OperatorCredentials>
  /** Whether an operator can do everything: it is enabled, has the owner role and a valid secret. */
  hasOwner(): Promise<boolean>
  /** Lowers the cuts of operators that lie in the future; requires access to the store. */
  lowerOperatorCuts(): Promise<LoweredCuts>
  /** Records the restore of a backup: denies every earlier token, and makes all nodes clear their caches. */
  recordRestore(): Promise<RecordedRestore>
  /** Records which rows of the audit log a failover lost; a verification reports it instead of them. @throws StoreError on SQLite */
  recordFailover(failover: Failover): Promise<FailoverRecord>
  /** Removes names of persons from the audit log; a verification reports it. @throws StoreError */
  removeNames(removal: NameRemoval): Promise<RemovedNames>
  /** Applies the revocations made after the backup again; after {@link recordRestore}. */
  repeatRevocations(revocations: readonly Revocation[]): Promise<RepeatedRevocation[]>
  /** Adds usage of the past to what was counted. */
  addPastUsage(usage: PastUsage): Promise<void>
  /** Adds refused requests of the past to what is kept. */
  addPastRefusals(refusals: readonly PastRefusal[]): Promise<void>
}

export function createStoreCommands({
  data,
  retentionStore,
}: {
  readonly data: Data
  readonly retentionStore: RetentionStore
}): StoreCommands {
  const { store, realms, pepper, keyRings, clock, databaseClock, applyChange, anchors, follower } = data
  return {
    async createOperator(operator) {
      const realm = realms.get(operatorsRealmName)!
      checkOperatorSettings(realms, realm, { operatorRealms: operator?.realms && [...operator.realms] })
      return createOperator(applyChange, realm, pepper, store.db, operator)
    },
    // Asked before the server listens, also while its clock is wrong.
    hasOwner: () => hasOwner(store.db, databaseClock.now()),
    lowerOperatorCuts: () => lowerCuts(applyChange, realms.get(operatorsRealmName)!, store.db, clock),
    async recordRestore() {
      const restored = await recordRestore(applyChange, anchors)
      await follower.pull() // This node must clear its cache, too.
      return restored
    },
    recordFailover: (failover) => recordFailover(store, applyChange, anchors, failover),
    removeNames: (removal) =>
      removeNames({ ...retentionStore, store, applyChange, keys: { pepper, auditKey: keyRings.auditKey } }, removal),
    repeatRevocations: (revocations) => repeatRevocations({ ...data, realms }, revocations),
    addPastUsage: (usage) => addPastUsage(store.db, usage),
    addPastRefusals: (refusals) => addPastRefusals(store.db, refusals),
  }
}
