// The end of a run: all nodes recover, spools become empty, failovers that lost something are recorded, and the log is read.
import { createServer, findLossesOfFailover, loadConfiguration } from '@countersign/server'
import { type StoredPast } from '@countersign/server/look-into-store.fixture'
import { eventually } from '@countersign/server/store/processes.fixture'
import type { Cluster } from './cluster.ts'

/** A spool moves a few MiB a second on a slow machine. */
const spoolSeconds = 300

export interface Failover {
  readonly from: number
  readonly to: number
}

/** Returns the past with the number of failovers that had to be recorded. */
export async function settle(
  cluster: Cluster,
  failovers: readonly Failover[],
): Promise<StoredPast & { readonly recordedFailovers: number }> {
  for (const [number, node] of cluster.nodes.entries())
    await eventually(`the spool of node ${number} is empty`, () => node.spooled() === 0, spoolSeconds)
  // The order matters to no node: each seals its own events.
  await Promise.all(cluster.nodes.map((node) => node.stop()))
  const location = cluster.primary().url
  const configuration = loadConfiguration(cluster.served.configurationFor(location))
  let recordedFailovers = 0
  for (const failover of failovers) {
    const { from, to, nodes } = await findLossesOfFailover(configuration, { ...failover, copiedAnchors: [] })
    if (nodes.length === 0) continue
    const server = await createServer({ configuration, logStream: { write() {} } })
    await server.recordFailover({ from, to, nodes, recordedBy: 'soak', reason: 'a standby that was behind was promoted' })
    await server.close()
    recordedFailovers++
  }
  return { ...(await cluster.served.look(location)), recordedFailovers }
}
