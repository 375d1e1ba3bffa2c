// Random faults of several nodes, their databases, clocks and spools at once, under load and with changes all the time. Nothing may be accepted
// later than its bound after the end of a right was acknowledged, no known client may be refused, and the log has everything exactly once.
import { eventually } from '@countersign/server/store/processes.fixture'
import { createSubjectChanges } from './change-subjects.ts'
import type { BoundOf } from './check-rights.ts'
import { entitlementSeconds, leaseSeconds, staleIfErrorSeconds, startCluster, type Cluster } from './cluster.ts'
import { faultsOfDatabase } from './database-faults.ts'
import { failovers } from './failovers.ts'
import type { Fault } from './fault.ts'
import { describeRun, refuseWrongCalls } from './describe-run.ts'
import { createJournal, formatTail, type Journal } from './journal.ts'
import { runLoad } from './load.ts'
import { createChangeMaker } from './make-change.ts'
import { faultsOfNode } from './node-faults.ts'
import { createRandom, type Random } from './random.ts'
import { runChanges } from './run-changes.ts'
import { recover, runRound } from './schedule.ts'
import { settle, type Failover } from './settle.ts'
import { faultsOfSpool } from './spool-faults.ts'
import type { Subject } from './subject.ts'

export interface FaultsOptions {
  /** The same seed gives the same faults in the same order; how they meet the load is up to the machine. */
  readonly seed: number
  /** How long new rounds of faults begin. */
  readonly seconds: number
  /** How long one fault lasts at most, from half a second on; more than twice the lease to see its end. */
  readonly longestSeconds: number
  readonly hugeMebibytes: number
  /** Only faults whose name contains it, to look for the cause of a failure. */
  readonly only?: string | undefined
}

/** For the rounding of instants. Nothing is added for a slow machine: calls and acknowledgements are dated by their sender, earlier and later than they took effect. */
const toleranceMs = 500

/**
 * A node accepts what it knew at the start of its last confirmed pull, for the lease. A guard accepts for as long as its own cache an
 * entitlement that the node answered by what it knew then.
 */
export const boundOf: BoundOf = (place) =>
  toleranceMs + 1000 * (leaseSeconds + (place.startsWith('guard') ? entitlementSeconds + staleIfErrorSeconds : 0))

export async function soakFaults(options: FaultsOptions, say: (progress: string) => void) {
  const { seed, seconds, longestSeconds } = options
  say(`faults: seed ${seed}`)
  const [random, randomLoad] = [createRandom(seed), createRandom(seed + 1)]
  const journal = createJournal()
  const cluster = await startCluster(16 + 6 * options.hugeMebibytes)
  const failoversToRecord: Failover[] = []
  const subjects = { known: [] as Subject[], changed: [] as Subject[] }
  const recoveries: number[] = []
  const ended = new AbortController()
  const until = ended.signal
  try {
    const make = createChangeMaker(cluster.nodes, journal, randomLoad)
    const pauseMs = [500, boundOf('guard 0') + 3000] as const
    const changesOf = (created: Subject[]) => createSubjectChanges({ make, subjects: created, random: randomLoad, pauseMs, until })
    await Promise.all(['known-0', 'known-1', 'known-2'].map((slug) => changesOf(subjects.known).create(slug)))
    await Promise.all(cluster.nodes.map((node, number) => recover(node, number, subjects.known)))
    // Whatever fails first ends the run.
    await Promise.all([
      runLoad({ cluster, journal, random: randomLoad, subjects, pauseMs: 100, until }),
      runChanges(changesOf(subjects.changed), subjects.changed, 8, until),
      runRounds().finally(() => ended.abort()),
    ])
    refuseWrongCalls(journal, boundOf)
    const past = await settle(cluster, failoversToRecord)
    return { ...options, ...describeRun(journal, past, boundOf), longestSecondsUntilRecovered: Math.max(...recoveries) }
  } catch (error) {
    throw new Error(`The run with seed ${seed} failed. What happened last:\n${formatTail(journal, performance.now())}`, { cause: error })
  } finally {
    ended.abort()
    await cluster.close()
  }

  async function runRounds(): Promise<void> {
    await eventually('there is a client to change', () => subjects.changed.some(({ tokens }) => tokens.length > 0))
    const draw = () => drawFaults(options, cluster, journal, random, subjects.changed, failoversToRecord)
    const round = {
      random,
      journal,
      nodes: cluster.nodes,
      known: subjects.known,
      draw,
      longestMs: longestSeconds * 1000,
      say,
    }
    const end = performance.now() + seconds * 1000
    while (performance.now() < end) {
      recoveries.push(await runRound(round))
      refuseWrongCalls(journal, boundOf)
    }
  }
}

/** Faults of all nodes together are rarer than those of one; a run should have some of each. */
function drawFaults(
  { hugeMebibytes, only = '' }: FaultsOptions,
  cluster: Cluster,
  journal: Journal,
  random: Random,
  subjects: readonly Subject[],
  recorded: Failover[],
): Fault[] {
  const recordLater = (failover: Failover) => void recorded.push(failover)
  const times = (count: number, faults: () => Fault[]) => Array.from({ length: count }, faults).flat()
  const faults = [
    ...cluster.nodes.flatMap((_, number) => [
      ...faultsOfNode(cluster, number, random),
      ...faultsOfSpool(cluster, number, random, hugeMebibytes),
    ]),
    ...times(2, () => faultsOfDatabase(cluster, random)),
    ...times(5, () => failovers({ cluster, journal, random, subjects, recordLater })),
  ]
  return faults.filter(({ name }) => name.includes(only))
}
