// What this node knows of itself, for the health of all nodes: the same checks and gauges that `/readyz` and the metrics of the operations
// listener have, so that they cannot disagree.
import { hostname } from 'node:os'
import type { NodeReport } from '@countersign/admin'
import type { ProtectedAuditLog } from '../audit/protected-audit-log.ts'
import type { ChangeFollower } from '../cache/follow-changes.ts'
import type { DatabaseClock } from '../clock-difference.ts'
import { readNodeReports, writeNodeReport, type NodeIdentity, type StoredReport } from '../store/node-reports.ts'
import type { Store } from '../store/store.ts'
import type { Monitored } from './metrics.ts'
import { serverVersion } from './server-version.ts'

export interface NodeReports {
  readonly self: NodeIdentity
  /** Of this node, as it is now. */
  report(): NodeReport
  /** What the other nodes have said; none without other nodes. @throws any error of the store */
  readOthers(): Promise<readonly StoredReport[]>
  /** Tells the other nodes, now and then every ten seconds. */
  start(): void
  /** Tells them now. Never fails. */
  announce(): Promise<void>
  stop(): Promise<void>
}

interface NodeReportOptions {
  readonly node: string
  readonly monitored: Pick<Monitored, 'readiness' | 'lag' | 'damage'>
  readonly data: Pick<ProtectedAuditLog, 'gauges'> & {
    readonly store: Pick<Store, 'isShared' | 'db' | 'backgroundPool'>
    readonly databaseClock: Pick<DatabaseClock, 'difference' | 'now'>
    readonly follower: Pick<ChangeFollower, 'pullAgeSeconds'>
  }
}

const intervalMs = 10_000

export function createNodeReports({ node, monitored, data }: NodeReportOptions): NodeReports {
  const { readiness, lag, damage } = monitored
  const { store, databaseClock, follower, gauges } = data
  const self = { node, host: hostname(), version: serverVersion, startedAt: databaseClock.now() }
  let timer: NodeJS.Timeout | undefined
  let last: Promise<void> = Promise.resolve()

  function report(): NodeReport {
    const difference = databaseClock.difference()
    const { spool } = gauges
    return {
      reasons: readiness.reasons(),
      warnings: readiness.warnings(),
      clockDifferenceSeconds: difference === undefined ? null : difference / 1000,
      pullAgeSeconds: store.isShared ? finite(follower.pullAgeSeconds()) : null,
      eventLoopLagSeconds: lag.worst() / 1000,
      damagedReads: [...damage.counts()].reduce((sum, [, count]) => sum + count, 0),
      audit: {
        waiting: gauges.waiting(),
        sealAgeSeconds: Math.max(0, gauges.sealAgeSeconds()),
        spool: spool ? { inUse: spool.isInUse, ...spool.measure(), damagedFiles: spool.problems().length } : null,
      },
    }
  }

  const write = () =>
    // While the store is away, the others show this node as silent; the follower logs why.
    writeNodeReport(store.backgroundPool, self, JSON.stringify(report())).catch(() => {})
  const announce = () => (last = store.isShared ? last.then(write) : last)

  return {
    self,
    report,
    announce,
    readOthers: async () => (store.isShared ? (await readNodeReports(store.db)).filter((one) => one.node !== node) : []),
    start() {
      if (!store.isShared) return
      void announce()
      timer = setInterval(() => void announce(), intervalMs).unref()
    },
    async stop() {
      clearInterval(timer)
      await last
    },
  }
}

/** JSON has no infinity: the change log was never read. */
function finite(seconds: number): number | null {
  return Number.isFinite(seconds) ? seconds : null
}
