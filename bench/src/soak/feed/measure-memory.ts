// The memory of the servers for each guard: that of all processes with all guards minus that with a tenth of them, so that what the first
// guards bring along (code, pools) does not count. Settled: after the connections of the start are closed and garbage is collected.
import { setTimeout as pause } from 'node:timers/promises'
import type { ServedNode } from '../served-nodes.ts'
import type { FeedCluster } from './feed-cluster.ts'

export interface MemoryOptions {
  readonly guards: number
  /** Long enough for idle connections to be closed: guards do so after 4 s. */
  readonly settleMs: number
}

export async function openGuardsAndMeasureMemory(
  { fleet, nodes }: FeedCluster,
  { guards, settleMs }: MemoryOptions,
  say: (progress: string) => void,
) {
  const few = Math.ceil(guards / 10)
  const start = performance.now()
  await fleet.openUpTo(few)
  say(`feed: ${few} guards are connected`)
  const before = await settledMemory(nodes, settleMs)
  const all = performance.now()
  await fleet.openUpTo(guards)
  const secondsUntilConnected = (performance.now() - all) / 1000
  say(`feed: ${guards} guards are connected, after ${Math.round((performance.now() - start) / 1000)} s`)
  const after = await settledMemory(nodes, settleMs)
  const perGuard = (one: number, other: number) => ((other - one) * 1024) / (guards - few)
  return {
    secondsUntilConnected,
    kibibytesPerGuard: {
      resident: perGuard(before.residentMebibytes, after.residentMebibytes),
      heap: perGuard(before.heapMebibytes, after.heapMebibytes),
    },
    mebibytesOfAllNodes: { withFewGuards: before, withAllGuards: after },
  }
}

/** Of all nodes together. */
export async function settledMemory(nodes: readonly ServedNode[], settleMs: number) {
  await pause(settleMs)
  const memories = await Promise.all(nodes.map((node) => node.memory()))
  return {
    residentMebibytes: memories.reduce((sum, { residentMebibytes }) => sum + residentMebibytes, 0),
    heapMebibytes: memories.reduce((sum, { heapMebibytes }) => sum + heapMebibytes, 0),
  }
}
