// The feed under load: three processes, many guards, and revocations of five kinds; then an organization of very many clients, nodes that
// are lost, guards that are cut off, and readers that do not read. What happened is recorded and replayed against the model.
import { rmSync } from 'node:fs'
import { compile } from '../compiled-server.ts'
import { replayRecordings } from '../replay-recordings.ts'
import { cutGuardsOff } from './cut-guards-off.ts'
import { cutLargeOrganization } from './cut-large-organization.ts'
import { startFeedCluster } from './feed-cluster.ts'
import { createHolders } from './holders.ts'
import { loseNodes } from './lose-nodes.ts'
import { measureRevocations } from './measure-revocations.ts'
import { openGuardsAndMeasureMemory } from './measure-memory.ts'
import { leaveStreamsUnread } from './unread-streams.ts'

export interface FeedOptions {
  readonly isCompiled: boolean
  readonly guards: number
  readonly processes: number
  readonly revocations: number
  readonly perSecond: number
  /** Guards that decide all the time around a revocation. */
  readonly deciders: number
  readonly kills: number
  readonly entitlementSeconds: number
  /** `staleIfErrorSeconds` of the guards. */
  readonly boundSeconds: number
  /** Before the memory is read. */
  readonly settleMs: number
  readonly clientsOfLargeOrganization: number
  /** One after the other. */
  readonly unread: readonly { readonly readers: number; readonly changes: number }[]
}

/** The connection of a guard ends with its token: each reconnects a few times during a run. */
const guardTokenSeconds = 120

export async function soakFeed(options: FeedOptions, say: (progress: string) => void) {
  const { isCompiled, guards, processes, entitlementSeconds, boundSeconds, settleMs } = options
  if (isCompiled) compile(say)
  const ofGuards = { entitlementSeconds, staleIfErrorSeconds: boundSeconds }
  const cluster = await startFeedCluster({ isCompiled, processes, guardTokenSeconds, ...ofGuards })
  const { served, fleet, recordings } = cluster
  try {
    const [kept, revoked, ...holders] = await createHolders(served, cluster.recording, options.revocations + 2)
    say(`feed: ${holders.length} clients have tokens`)
    const memory = await openGuardsAndMeasureMemory(cluster, { guards, settleMs }, say)
    const revocations = await measureRevocations(cluster, holders, options, say)
    const sweep = await fleet.decideAll(sampleOf(holders, 20))
    const largeOrganization = await cutLargeOrganization(cluster, { guards, clients: options.clientsOfLargeOrganization }, say)
    const nodesLost = await loseNodes(cluster, kept!, options, say)
    const cutOff = await cutGuardsOff(cluster, [kept!, revoked!], options, say)
    const atTheEnd = { tokenRequests: await fleet.tokenRequests(), errors: await fleet.errors() }
    cluster.endRecording()
    await fleet.close() // Which ends the recordings of the guards.
    const unreadStreams = []
    for (const unread of options.unread) unreadStreams.push(await leaveStreamsUnread(cluster, { ...unread, settleMs }, say))
    return {
      nodes: 3,
      guards,
      processesOfGuards: processes,
      settings: { ...ofGuards, guardTokenSeconds },
      memory,
      revocations,
      /** Every guard about twenty of what was revoked. */
      decisionsAtTheEnd: sweep,
      largeOrganization,
      nodesLost,
      cutOff,
      unreadStreams,
      ofGuards: atTheEnd,
      replay: replayRecordings(recordings),
    }
  } finally {
    await cluster.close()
    rmSync(recordings, { recursive: true, force: true })
  }
}

/** Spread over all. */
function sampleOf<Item>(items: readonly Item[], count: number): Item[] {
  const step = Math.max(1, Math.floor(items.length / count))
  return items.filter((_, index) => index % step === 0).slice(0, count)
}
