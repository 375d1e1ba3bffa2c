// Signing keys rotated and compromised under load: three processes, of which one at a time is killed by SIGKILL at each rotation, and guards
// that see the key sets as they were a while ago. What happened is recorded and replayed against the model.
import { rmSync } from 'node:fs'
import { pause } from '../faults/pause.ts'
import { compile } from '../compiled-server.ts'
import { quantile } from '../quantile.ts'
import { replayRecordings } from '../replay-recordings.ts'
import { compromiseOnce, type CompromiseCounts } from './compromise-keys.ts'
import { leaseSeconds, startKeyCluster, type KeyRealm, type KeySettings } from './key-cluster.ts'
import { createNodeKiller } from './node-killer.ts'
import { createRotation, moments, type Moment, type RotationCounts } from './rotate-keys.ts'
import { createLoadCounts, createTokenLoad } from './token-load.ts'
import { readKeyIds, watchPublished } from './watch-published.ts'

export interface SigningKeysOptions extends KeySettings {
  /** In all realms together. */
  readonly rotations: number
  readonly compromises: number
}

/** Between two tokens of a realm. */
const loadPauseMs = 100
/** What nodes may take to publish a key that was staged: the second after which they read the change log without a hint. */
const marginMs = 1000

export async function soakSigningKeys(options: SigningKeysOptions, say: (progress: string) => void) {
  const { isCompiled, rotations, compromises, publishBeforeSeconds } = options
  if (isCompiled) compile(say)
  const cluster = await startKeyCluster(options)
  const { nodes, realms, served, recordings } = cluster
  const end = new AbortController()
  const counts = createLoadCounts()
  const rotationCounts: RotationCounts = { rotations: 0, kills: noKills(), unanswered: 0, earlyTried: 0, earlyDone: 0 }
  const compromiseCounts: CompromiseCounts = {
    compromises: 0,
    tokens: 0,
    triedAfterASecond: 0,
    acceptedAfterASecond: 0,
    msAtTheSameNode: [],
    msAtTheLastNode: [],
  }
  const killer = createNodeKiller(nodes, realms)
  const running: Promise<void>[] = []
  const rotateOptions = { publishBeforeMs: publishBeforeSeconds * 1000, marginMs }
  let [nextRotation, nextCompromise] = [0, 0]
  try {
    const ofRealms = realms.map((realm) => {
      const load = createTokenLoad(nodes, realm, counts, end.signal)
      running.push(load.run(loadPauseMs), watchPublished(nodes, realm, end.signal))
      return { realm, load, rotation: createRotation(nodes, realm, killer, rotateOptions, rotationCounts) }
    })
    for (const one of running) one.catch(() => end.abort())
    await pause(2000, end.signal) // Each guard knows the client by now.
    await Promise.all(
      ofRealms.map(async ({ rotation }) => {
        while (nextRotation < rotations) {
          await rotation.rotate(moments[nextRotation++ % moments.length]!)
          say(
            `signing keys: ${rotationCounts.rotations} of ${rotations} rotations, ${killer.kills()} kills, ${counts.tokens} tokens, refused ${JSON.stringify(counts.refusedGood)}, undecided ${JSON.stringify(counts.undecided)}, accepted ${JSON.stringify(counts.acceptedBad)}, failed ${JSON.stringify(counts.failedTokens)}`,
          )
        }
      }),
    )
    await pause(5000, end.signal) // The guards whose node was killed last are connected again.
    await Promise.all(
      ofRealms.map(async ({ realm, ...one }) => {
        while (nextCompromise < compromises) {
          nextCompromise++
          await compromiseOnce(nodes, realm, one, rotateOptions, compromiseCounts)
          say(
            `signing keys: ${compromiseCounts.compromises} of ${compromises} compromises, ${compromiseCounts.acceptedAfterASecond} accepted`,
          )
        }
      }),
    )
    end.abort()
    await Promise.all(running)
    const disagreements = await countDisagreements(realms)
    for (const { recording } of realms) recording.close()
    const { fault } = await served.look()
    return {
      nodes: nodes.length,
      ...describe(options),
      rotations: rotationCounts.rotations,
      kills: { total: killer.kills(), byMoment: rotationCounts.kills, commandsWithoutAnswer: rotationCounts.unanswered },
      activationsBeforeTheirTime: { tried: rotationCounts.earlyTried, done: rotationCounts.earlyDone },
      load: counts,
      compromised: summarize(compromiseCounts),
      /** Realms whose key set differs between nodes at the end. */
      disagreements,
      fault: fault ?? null,
      replay: replayRecordings(recordings),
    }
  } finally {
    end.abort()
    await Promise.allSettled(running)
    await cluster.close()
    rmSync(recordings, { recursive: true, force: true })
  }

  async function countDisagreements(ofRealms: readonly KeyRealm[]): Promise<number> {
    let count = 0
    for (const { keysPath } of ofRealms) {
      const sets = await Promise.all(nodes.map(async ({ url }) => JSON.stringify((await readKeyIds(url + keysPath))?.toSorted())))
      if (new Set(sets).size > 1) count++
    }
    return count
  }
}

function noKills(): Record<Moment, number> {
  return Object.fromEntries(moments.map((moment) => [moment, 0])) as Record<Moment, number>
}

function describe({ realms, guards, publishBeforeSeconds, heldBackSeconds, lifetimeSeconds }: SigningKeysOptions) {
  const settings = { leaseSeconds, publishBeforeSeconds, heldBackSeconds, accessTokenLifetimeSeconds: lifetimeSeconds }
  return { realms, guardsOfEachRealm: guards, settings: { ...settings, activatedAfterItMayMs: marginMs } }
}

function summarize({ msAtTheSameNode, msAtTheLastNode, ...counts }: CompromiseCounts) {
  const of = (values: readonly number[]) => ({ p50: quantile(values, 0.5), longest: quantile(values, 1) })
  return { ...counts, millisecondsUntilTheReserveSigns: { atTheSameNode: of(msAtTheSameNode), atTheLastNode: of(msAtTheLastNode) } }
}
