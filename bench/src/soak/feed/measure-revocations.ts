// Revocations at a fixed rate, each at a random node: how long after the request and after its acknowledgement every guard knows it, and
// how long after it the guards that decide all the time refuse.
import { setTimeout as pause } from 'node:timers/promises'
import { AdminRequestError } from '@countersign/admin'
import { quantile } from '../quantile.ts'
import type { FeedCluster } from './feed-cluster.ts'
import { machineNow, type DecidedInWatch } from './guard-orders.ts'
import { revocationOf, type RevocableHolder } from './holders.ts'

export interface RevocationsOptions {
  readonly perSecond: number
  readonly guards: number
  /** Guards that decide all the time around each revocation; they take turns. */
  readonly deciders: number
}

interface Measured {
  readonly kind: string
  readonly sinceRequest: number[]
  readonly sinceAcknowledged: number[]
  readonly decisions: number[]
  readonly unknown: number
  readonly decided: readonly DecidedInWatch[]
}

export async function measureRevocations(
  cluster: FeedCluster,
  holders: readonly RevocableHolder[],
  { perSecond, guards, deciders }: RevocationsOptions,
  say: (progress: string) => void,
) {
  const { nodes, fleet, recording } = cluster
  const measured: Measured[] = []
  /** Answers to the operator that nothing was changed, because the database was busy; the revocation is requested again. */
  let notTaken = 0
  let watches = 0
  /** First decisions, before anything was revoked. */
  const before = { accepted: 0, refused: 0, unavailable: 0 }
  let last = await cluster.revisionAt(nodes[0]!)
  const start = performance.now()
  const cpuBefore = cpuSecondsOf(cluster)
  await Promise.all(holders.map((holder, number) => measureAtItsTime(holder, number)))
  const seconds = (performance.now() - start) / 1000
  const cpuAfter = cpuSecondsOf(cluster)
  const kinds = [...new Set(measured.map(({ kind }) => kind))]
  const decided = measured.flatMap((one) => one.decided)
  return {
    revocations: measured.length,
    perSecond,
    kinds: Object.fromEntries(kinds.map((kind) => [kind, measured.filter((one) => one.kind === kind).length])),
    seconds,
    /** CPU seconds for each second; PostgreSQL is not counted. */
    cpu: {
      nodes: (cpuAfter.nodes - cpuBefore.nodes) / seconds,
      guards: (cpuAfter.guards - cpuBefore.guards) / seconds,
      loadBalancer: (cpuAfter.loadBalancer - cpuBefore.loadBalancer) / seconds,
    },
    notTaken,
    before,
    pairs: measured.reduce((sum, { sinceAcknowledged }) => sum + sinceAcknowledged.length, 0),
    pairsNeverKnown: measured.reduce((sum, { unknown }) => sum + unknown, 0),
    knownMilliseconds: {
      sinceAcknowledged: quantiles(measured.flatMap((one) => one.sinceAcknowledged)),
      sinceRequest: quantiles(measured.flatMap((one) => one.sinceRequest)),
      byKind: Object.fromEntries(
        kinds.map((kind) => [kind, quantiles(measured.flatMap((one) => (one.kind === kind ? one.sinceAcknowledged : [])))]),
      ),
      /** Of the guard that is the last to know. */
      last: quantiles(measured.map(({ sinceAcknowledged }) => largest(sinceAcknowledged))),
    },
    decisions: {
      guards: new Set(decided.map(({ guard }) => guard)).size,
      pairs: decided.length,
      neverRefused: decided.filter(({ refusedAt }) => refusedAt === null).length,
      acceptedAfterKnown: decided.reduce((sum, one) => sum + one.acceptedAfterKnown, 0),
      acceptedAfterRefused: decided.reduce((sum, one) => sum + one.acceptedAfterRefused, 0),
      unavailable: decided.reduce((sum, one) => sum + one.unavailable, 0),
      refusedMilliseconds: quantiles(measured.flatMap((one) => one.decisions)),
    },
  }

  async function measureAtItsTime(holder: RevocableHolder, number: number): Promise<void> {
    await pause(Math.max(0, start + (number * 1000) / perSecond - performance.now()))
    let one = await measure(holder, number)
    for (; !one; one = await measure(holder, number)) notTaken++
    measured.push(one)
    if (measured.length % 50 === 0) {
      const { p50, p99, longest } = quantiles(measured.slice(-50).flatMap((one) => one.sinceAcknowledged))
      say(`feed: ${measured.length} of ${holders.length} revocations, the last 50: p50 ${p50} ms, p99 ${p99} ms, longest ${longest} ms`)
    }
  }

  /** Undefined if the revocation was not done. */
  async function measure(holder: RevocableHolder, number: number): Promise<Measured | undefined> {
    const id = watches++
    const node = nodes[Math.floor(Math.random() * nodes.length)]!
    const { kind, revoke, ended } = revocationOf(number)
    const deciding = Array.from({ length: deciders }, (_, i) => [(number * deciders + i) % guards, holder] as const)
    const first = await fleet.decide((guard) => deciding.find(([one]) => one === guard)?.[1])
    for (const outcome of ['accepted', 'refused', 'unavailable'] as const) before[outcome] += first[outcome]
    await fleet.watch({ id, after: last, deciders: deciding })
    const from = Date.now()
    const requestedAt = machineNow()
    const isDone = await revoke(node, holder).then(() => true, isBusy)
    if (!isDone) return void (await fleet.abandon(id))
    const acknowledgedAt = machineNow()
    recording.add({ step: 'ended', subject: ended(holder), why: 'revoked', from, to: Date.now() })
    const revision = await cluster.revisionAt(node)
    last = Math.max(last, revision)
    const { knownAt, decided } = await fleet.settle(id, revision)
    const known = knownAt.filter((at) => at !== null)
    // A guard may know before the operator has the response.
    const since = (at: number) => known.map((knownAt) => Math.max(0, knownAt - at))
    const refused = decided.flatMap(({ refusedAt }) => refusedAt ?? [])
    return {
      kind,
      sinceRequest: since(requestedAt),
      sinceAcknowledged: since(acknowledgedAt),
      decisions: refused.map((at) => Math.max(0, at - acknowledgedAt)),
      unknown: knownAt.length - known.length,
      decided,
    }
  }
}

function cpuSecondsOf({ nodes, fleet }: FeedCluster) {
  const { user, system } = process.cpuUsage()
  const ofNodes = nodes.reduce((sum, node) => sum + node.cpuSeconds(), 0)
  return { nodes: ofNodes, guards: fleet.cpuSeconds(), loadBalancer: (user + system) / 1e6 }
}

/** @throws the error if it is any other */
function isBusy(error: unknown): false {
  // The second is the answer to the revocation of a token.
  if ((error instanceof AdminRequestError && error.status === 503) || String(error).endsWith(' 503')) return false
  throw error
}

function quantiles(values: readonly number[]): { p50: number; p99: number; longest: number } {
  const [p50, p99, longest] = [0.5, 0.99, 1].map((share) => Math.round(quantile(values, share) * 10) / 10)
  return { p50: p50!, p99: p99!, longest: longest! }
}

function largest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0)
}
