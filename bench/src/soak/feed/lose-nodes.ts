// One node after the other is killed by SIGKILL under its guards: how soon all hold a connection again, and whether a token request or a
// decision of theirs failed meanwhile.
import { setTimeout as pause } from 'node:timers/promises'
import { eventually } from '@countersign/server/store/processes.fixture'
import type { FeedCluster } from './feed-cluster.ts'
import type { RevocableHolder } from './holders.ts'

export interface LoseNodesOptions {
  readonly guards: number
  readonly kills: number
}

/** After this long a guard has noticed that its node is gone, and may be connected again already. */
const noticedMs = 3000

export async function loseNodes(
  { nodes, fleet, recording }: FeedCluster,
  holder: RevocableHolder,
  { guards, kills }: LoseNodesOptions,
  say: (progress: string) => void,
) {
  const seconds: number[] = []
  const decisions = { accepted: 0, refused: 0, unavailable: 0 }
  let mostLost = 0
  const before = await fleet.tokenRequests()
  for (let kill = 0; kill < kills; kill++) {
    const victim = kill % nodes.length
    let from = Date.now()
    const killedAt = performance.now()
    await nodes[victim]!.kill()
    recording.add({ step: 'stopped', who: `node:${victim}`, from, to: Date.now() })
    let lowest = await fleet.connected()
    await eventually('all guards hold a connection again', async () => {
      const [counts, connected] = await Promise.all([fleet.decide(() => holder), fleet.connected()])
      for (const outcome of ['accepted', 'refused', 'unavailable'] as const) decisions[outcome] += counts[outcome]
      lowest = Math.min(lowest, connected)
      const hasNoticed = lowest < guards || performance.now() - killedAt > noticedMs
      return hasNoticed && connected === guards
    })
    seconds.push((performance.now() - killedAt) / 1000)
    mostLost = Math.max(mostLost, guards - lowest)
    from = Date.now()
    await nodes[victim]!.start()
    recording.add({ step: 'started', who: `node:${victim}`, from, to: Date.now() })
    say(
      `feed: all guards connected ${seconds.at(-1)!.toFixed(1)} s after node ${victim} was killed, of which ${guards - lowest} had lost it`,
    )
    await pause(500)
  }
  const after = await fleet.tokenRequests()
  return {
    kills,
    /** Seen at a time. */
    guardsWithoutNode: mostLost,
    secondsUntilAllReconnected: seconds,
    decisions,
    tokenRequests: {
      sent: after.sent - before.sent,
      failed: Object.fromEntries(
        Object.entries(after.failed).flatMap(([why, count]) => {
          const more = count - (before.failed[why] ?? 0)
          return more > 0 ? [[why, more]] : []
        }),
      ),
    },
  }
}
