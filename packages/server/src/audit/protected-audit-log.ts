// The audit log of a server, put together: numbered and with MACs, sealed from time to time, and spooled while a shared store
// is out of reach.
import type { Clock } from '../clock.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import type { Log } from '../log.ts'
import { untilAnswered } from '../store/first-answer.ts'
import { describeFailure } from '../store/store-errors.ts'
import type { Store } from '../store/store.ts'
import { createAuditChain } from './events/audit-chain.ts'
import { createAuditLog, type AuditLog, type AuditSpool } from './audit-log.ts'
import { createAuditSpool, type DrainableSpool } from './audit-spool.ts'
import { createAnchorKeeper, type AnchorKeeper } from './seals/keep-anchor.ts'
import { createEventSealer } from './seals/seal-events.ts'
import { watchSinks } from './watch-sinks.ts'
import { createEventWriter } from './write-events.ts'

export interface ProtectedAuditLog {
  readonly audit: AuditLog
  /** Why events find no place, if so; the log says it, too. */
  sinkFailure(): string | undefined
  readonly gauges: AuditGauges
  readonly anchors: AnchorKeeper
  /** Stores the first seal of this server; no event may come before. */
  begin(): Promise<void>
  /** Moves what is spooled into the store; to be called when that answers. */
  drainSpool(): void
  /** Writes, seals and closes; no event may follow. */
  close(): Promise<void>
}

export interface AuditGauges {
  /** Events that are on no disk yet. */
  waiting(): number
  /** How long ago the log was last sealed. */
  sealAgeSeconds(): number
  /** What waits on the disk of this machine; absent where the store is there itself. */
  readonly spool: Pick<DrainableSpool, 'isInUse' | 'measure'> | undefined
}

export interface ProtectedAuditOptions {
  readonly store: Store
  readonly pepper: KeyRing
  readonly spoolDirectory: string
  /** Where the last seal is kept outside the store; see anchor-files.ts. */
  readonly anchorFolder: string | undefined
  readonly clock: Clock
  readonly log: Log
}

export function createProtectedAuditLog({
  store,
  pepper,
  spoolDirectory,
  anchorFolder,
  clock,
  log,
}: ProtectedAuditOptions): ProtectedAuditLog {
  const chain = createAuditChain(pepper)
  const anchors = createAnchorKeeper({ place: anchorFolder, db: store.db, pepper, log })
  const sinks = watchSinks({ log })
  const writeToStore = sinks.watch(createEventWriter(store.tokenPool), { isLast: !store.isShared })
  const spool = store.isShared ? createAuditSpool({ directory: spoolDirectory, node: chain.node, writeToStore, log }) : undefined
  const lastResort: AuditSpool | undefined = spool && {
    get isInUse() {
      return spool.isInUse
    },
    write: sinks.watch(spool.write),
  }
  const onFailure = (error: Error) => {
    const failure = describeFailure(error)
    log['err' in failure ? 'error' : 'warn'](failure, 'denied requests could not be written to the audit log')
  }
  const audit = createAuditLog({ writeToStore, chain, clock, spool: lastResort, onFailure })
  const onSealFailure = (error: Error) => log.warn(describeFailure(error), 'the audit log could not be sealed; retrying')
  const sealer = createEventSealer({ db: store.tokenPool, chain, clock, onSealed: anchors.keep, onFailure: onSealFailure })

  return {
    audit,
    anchors,
    begin: () => untilAnswered(sealer.seal),
    sinkFailure: sinks.failure,
    gauges: { waiting: chain.underWay, sealAgeSeconds: () => (clock() - sealer.sealedAt()) / 1000, spool },
    drainSpool: () =>
      void spool
        ?.drain()
        .catch((error: Error) => log.warn(describeFailure(error), 'spooled audit events could not be moved to the store; retrying')),
    async close() {
      await audit.close()
      await sealer.close()
      await spool?.close()
    },
  }
}
