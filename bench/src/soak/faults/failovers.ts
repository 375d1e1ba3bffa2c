// Failovers: the standby becomes the primary. A synchronous one has everything that was acknowledged, and the old primary stays alive with some
// of the nodes. An asynchronous one misses the last seconds; what was acknowledged in them is marked as lost.
import { lookForChanges } from '@countersign/server/look-into-store.fixture'
import type { Cluster } from './cluster.ts'
import type { Fault } from './fault.ts'
import type { Journal } from './journal.ts'
import { pause } from './pause.ts'
import type { Random } from './random.ts'
import type { Subject } from './subject.ts'

export interface FailoverOptions {
  readonly cluster: Cluster
  readonly journal: Journal
  readonly random: Random
  readonly subjects: readonly Subject[]
  /** Instants of the system clock, for the record in the audit log. */
  readonly recordLater: (failover: { readonly from: number; readonly to: number }) => void
}

export function failovers(options: FailoverOptions): Fault[] {
  const { cluster, random } = options
  const leftBehind = new Set(random.shuffle(cluster.nodes).slice(0, random.pick([0, 1, 2])))
  const secondsBehind = random.between(1, 4)
  return [
    {
      name: `the synchronous standby is promoted; ${leftBehind.size} nodes stay at the old primary, which stays alive`,
      occupies: ['database'],
      async begin() {
        const promoted = cluster.standby()
        await promoted.promote()
        await promoted.waitForStandby(false)
        cluster.standbyIsPrimary()
        for (const node of cluster.nodes) if (!leftBehind.has(node)) node.line!.moveTo(promoted.url)
        return async () => {
          for (const node of leftBehind) node.line!.moveTo(promoted.url)
          await cluster.replaceOldPrimary()
        }
      },
    },
    {
      name: `a standby is promoted that is ${secondsBehind.toFixed(1)} s behind`,
      occupies: ['database'],
      begin: () => promoteStandbyBehind(options, secondsBehind),
    },
  ]
}

async function promoteStandbyBehind({ cluster, journal, subjects, recordLater }: FailoverOptions, seconds: number) {
  const [old, promoted] = [cluster.primary(), cluster.standby()]
  const [from, startedAt] = [Date.now(), performance.now()]
  await promoted.stop()
  await old.waitForStandby(false)
  await pause(seconds * 1000)
  // Without synchronous replication the operator has to fence the old primary (decisions/033).
  await old.kill()
  await promoted.start()
  await promoted.promote()
  await promoted.waitForStandby(false)
  cluster.standbyIsPrimary()
  recordLater({ from, to: Date.now() })
  journal.losses.push({ startedAt, endedAt: performance.now() })
  await markLostChanges(cluster, journal, subjects, startedAt)
  for (const node of cluster.nodes) node.line!.moveTo(promoted.url)
  return () => cluster.replaceOldPrimary()
}

/** No node is connected to the promoted standby yet, so what it has now is what survived. */
async function markLostChanges(cluster: Cluster, journal: Journal, subjects: readonly Subject[], lostAt: number): Promise<void> {
  const acknowledged = journal.changes.filter((change) => change.acknowledgedAt !== undefined && change.lostAt === undefined)
  const changes = await lookForChanges(cluster.primary().url)
  const inDoubt = new Set<string>()
  for (const change of acknowledged) {
    if (change.acknowledgedAt! < lostAt || change.followsLoss || changes.has(`${change.kind} ${change.id}`)) continue
    change.lostAt = lostAt
    inDoubt.add(change.subject)
  }
  for (const subject of subjects) if (inDoubt.has(subject.slug)) subject.isDoubtful = true
  for (const change of journal.changes) if (change.acknowledgedAt === undefined && inDoubt.has(change.subject)) change.followsLoss = true
}
