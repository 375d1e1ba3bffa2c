// Assembles the audit log of a server: events are numbered, carry MACs, are sealed periodically, and are spooled while a shared store is
// unreachable.
import { basename } from 'node:path'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { untilAnswered } from '../store/first-answer.ts'
import { describeFailure } from '../store/store-errors.ts'
import type { Store } from '../store/store.ts'
import { createAuditChain } from './events/audit-chain.ts'
import { createLateWriter, lateAfterMs } from './arrivals.ts'
import type { EventRow } from './events/event-row.ts'
import { createAuditMac, type AuditKeys } from './events/audit-mac.ts'
import { createAuditLog, type AuditLog, type AuditSpool } from './audit-log.ts'
import { createSpoolDrain } from './drain-spool.ts'
import { probeSpoolDisk } from './own-spool.ts'
import { createAuditSpool, type DrainableSpool } from './audit-spool.ts'
import { nameForDamaged, type SpoolDamage } from './move-spool.ts'
import { createAnchorKeeper, type AnchorKeeper } from './seals/keep-anchor.ts'
import { createEventSealer } from './seals/seal-events.ts'
import { watchDrain } from './watch-drain.ts'
import { watchSeals } from './watch-seals.ts'
import { watchSinks } from './watch-sinks.ts'
import { watchSpoolDisk } from './watch-spool-disk.ts'
import { createEventWriter } from './write-events.ts'

export interface ProtectedAuditLog {
  readonly audit: AuditLog
  /** The reason why no sink takes events, if any; it is logged, too. */
  sinkFailure(): string | undefined
  /** What is wrong with the seals, if several in a row have failed; it is logged, too. */
  sealWarning(): string | undefined
  readonly gauges: AuditGauges
  readonly anchors: AnchorKeeper
  /** Stores the first seal of this server; no event may be written before. */
  begin(): Promise<void>
  /** Seals the stored events now; this also happens every ten seconds. */
  seal(): Promise<void>
  /** Moves spooled events into the store; called when the store answers. */
  drainSpool(): void
  /** Writes pending events, seals them and closes; no event may follow. */
  close(): Promise<void>
}

export interface AuditGauges {
  /** The number of events that are not on disk yet. */
  waiting(): number
  /** Time since the log was last sealed. */
  sealAgeSeconds(): number
  /** The events spooled on the disk of this machine; absent for a local store. */
  readonly spool: Pick<DrainableSpool, 'isInUse' | 'measure' | 'problems'> | undefined
  /** The reason why the spool does not empty while the store answers, if it does not. */
  spoolStalled(): string | undefined
}

export interface ProtectedAuditOptions {
  readonly store: Store
  readonly keys: AuditKeys
  /** The node id of this run of the server, as in its request ids. */
  readonly node: string
  readonly spoolDirectory: string
  /** Keeps the last seal outside the store; see anchor-files.ts. */
  readonly anchorFolder: string | undefined
  readonly clock: Clock
  readonly log: Log
}

/** A commit is confirmed every second. */
const storeAwayMs = 5000

export function createProtectedAuditLog({
  store,
  keys,
  node,
  spoolDirectory,
  anchorFolder,
  clock,
  log,
}: ProtectedAuditOptions): ProtectedAuditLog {
  const mac = createAuditMac(keys)
  const chain = createAuditChain(node, mac)
  const anchors = createAnchorKeeper({ place: anchorFolder, db: store.db, mac, log })
  const sinks = watchSinks({ log })
  const writeInTime = createEventWriter(store.tokenPool)
  const writeLate = store.isShared ? createLateWriter(store.backgroundPool) : writeInTime
  // This process may have stood still since the event.
  const isLate = (rows: readonly EventRow[]) => clock() - rows[0]!.at > lateAfterMs
  const writeToStore = sinks.watch((rows: readonly EventRow[]) => (isLate(rows) ? writeLate(rows) : writeInTime(rows)), {
    isLast: !store.isShared,
  })
  /** What is missing must be known even if no seal tells: the server of the spool may have ended without one. */
  const recordDamage = ({ spool, position }: SpoolDamage) => {
    const detail = { node: basename(spool).slice(0, 8), file: basename(nameForDamaged(spool)), position }
    return audit.append({ kind: 'spool.damaged', outcome: 'success', detail })
  }
  const drainToStore = sinks.watch(writeLate, { isLast: false })
  const drained = watchDrain()
  const moveToStore = async (rows: readonly EventRow[]) => {
    await drainToStore(rows)
    drained.noteProgress()
  }
  const spool = store.isShared
    ? createAuditSpool({ directory: spoolDirectory, node: chain.node, mac, writeToStore: moveToStore, onDamage: recordDamage, log })
    : undefined
  const lastResort: AuditSpool | undefined = spool && {
    get isInUse() {
      return spool.isInUse && !spool.isEmptying
    },
    write: sinks.watch(spool.write),
  }
  const onFailure = (error: Error) => {
    const failure = describeFailure(error)
    log['err' in failure ? 'error' : 'warn'](failure, 'denied requests could not be written to the audit log')
  }
  const audit = createAuditLog({ writeToStore, chain, clock, spool: lastResort, onFailure })
  const seals = watchSeals({ log })
  const onSealed: AnchorKeeper['keep'] = async (seal) => {
    seals.noteSealed()
    sinks.noteWritable() // No event follows while the node is not ready.
    await anchors.keep(seal)
  }
  const sealer = createEventSealer({ db: store.backgroundPool, chain, clock, onSealed, onFailure: seals.noteFailure })
  const sealNow = () =>
    sealer.seal().catch((error: Error) => {
      seals.noteFailure(error)
      throw error
    })
  let answeredAt = performance.now()
  const isStoreAway = () => performance.now() - answeredAt > storeAwayMs
  const disk = spool && watchSpoolDisk({ probe: () => probeSpoolDisk(spoolDirectory, chain.node), sinks, isStoreAway })

  const drain = spool && createSpoolDrain({ spool, watch: drained, log })

  return {
    audit,
    anchors,
    begin: () => untilAnswered(sealer.seal),
    seal: sealNow,
    sealWarning: seals.warning,
    sinkFailure: sinks.failure,
    gauges: { waiting: chain.underWay, sealAgeSeconds: () => (clock() - sealer.sealedAt()) / 1000, spool, spoolStalled: drained.stalled },
    drainSpool() {
      answeredAt = performance.now()
      drain?.()
    },
    async close() {
      disk?.close()
      await spool?.stopDraining()
      await audit.close()
      await sealer.close()
      await spool?.close()
    },
  }
}
