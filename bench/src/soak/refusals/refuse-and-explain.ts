// Refusals of every reason at a steady rate: when each can be found by its id, and whether the cause that is told is the right one.
import { pause } from '../faults/pause.ts'
import { quantile } from '../quantile.ts'
import type { RefusalCase } from './refusal-cases.ts'
import type { RefusalCluster } from './refusal-cluster.ts'

interface Sent {
  readonly of: RefusalCase
  readonly requestId: string
  /** When its answer had arrived. */
  readonly at: number
  foundAt?: number
}

export interface ExplainOptions {
  readonly refusals: number
  readonly perSecond: number
}

const lookEveryMs = 200
/** How long the last ones may take before they count as never found. */
const patienceMs = 15_000
const withinMs = 3000
const maxWaits = 20
const waitMs = 500

export async function refuseAndExplain(
  { nodes, guards, query, explain }: RefusalCluster,
  cases: readonly RefusalCase[],
  { refusals, perSecond }: ExplainOptions,
  say: (progress: string) => void,
) {
  const sent: Sent[] = []
  const waiting = new Map<string, Sent>()
  const wrongCodes: Record<string, number> = {}
  let unavailable = 0
  const beganAt = Date.now()
  const over = new AbortController()

  /** In the table itself, so that looking does not cost what is measured. */
  async function watch(): Promise<void> {
    const endAt = () => performance.now() + patienceMs
    let until = endAt()
    while (!over.signal.aborted || (waiting.size > 0 && performance.now() < until)) {
      if (!over.signal.aborted) until = endAt()
      const rows = await query<{ request_id: string }>(`select request_id from refusals where at >= ${Date.now() - 20_000}`)
      const now = performance.now()
      for (const row of rows) {
        const found = waiting.get(row.request_id)
        if (!found) continue
        found.foundAt = now
        waiting.delete(row.request_id)
      }
      await pause(lookEveryMs)
    }
  }

  async function provoke(number: number): Promise<void> {
    const of = cases[number % cases.length]!
    const again = () => of.provoke(guards[number % guards.length]!, nodes[number % nodes.length]!)
    let { requestId, code } = await again()
    // On a busy machine: the caller waits, as the remedy says.
    for (let wait = 0; code === 'temporarily-unavailable' && wait < maxWaits; wait++) {
      unavailable++
      await pause(waitMs)
      ;({ requestId, code } = await again())
    }
    if (code !== of.code) wrongCodes[`${of.name}: ${code}`] = (wrongCodes[`${of.name}: ${code}`] ?? 0) + 1
    const one = { of, requestId, at: performance.now() }
    sent.push(one)
    waiting.set(requestId, one)
  }

  const watching = watch()
  const startedAt = performance.now()
  const provoking: Promise<void>[] = []
  for (let number = 0; number < refusals; number++) {
    const dueMs = startedAt + (number * 1000) / perSecond - performance.now()
    if (dueMs > 2) await pause(dueMs)
    provoking.push(provoke(number))
    if (number % 1000 === 999) say(`refusals: ${number + 1} of ${refusals}`)
  }
  await Promise.all(provoking)
  const tookMs = performance.now() - startedAt
  over.abort()
  await watching
  const milliseconds = sent.flatMap(({ at, foundAt }) => (foundAt === undefined ? [] : [Math.max(0, foundAt - at)]))
  say(`refusals: ${milliseconds.length} of ${sent.length} found; now each is explained`)
  const explained = await explainAll(sent)
  return {
    refusals: sent.length,
    reasons: cases.length,
    perSecond: Math.round(sent.length / (tookMs / 1000)),
    wrongCodes,
    unavailable,
    found: milliseconds.length,
    foundWithinThreeSeconds: milliseconds.filter((ms) => ms <= withinMs).length,
    millisecondsUntilFound: { p50: quantile(milliseconds, 0.5), p99: quantile(milliseconds, 0.99), longest: quantile(milliseconds, 1) },
    beganAt: new Date(beganAt).toISOString(),
    ...explained,
  }

  async function explainAll(all: readonly Sent[]) {
    const wrong: Record<string, number> = {}
    const took: number[] = []
    let right = 0
    let next = 0
    const work = async (): Promise<void> => {
      for (let number = next++; number < all.length; number = next++) {
        const { of, requestId } = all[number]!
        const start = performance.now()
        const fault = await findFault(of, () => explain(nodes[number % nodes.length]!, requestId))
        took.push(performance.now() - start)
        if (fault === undefined) right++
        else wrong[`${of.name}: ${fault}`] = (wrong[`${of.name}: ${fault}`] ?? 0) + 1
        if (number % 2000 === 1999) say(`refusals: ${number + 1} explained, ${right} with the right cause`)
      }
    }
    await Promise.all(Array.from({ length: 4 }, work))
    return { explainedRight: right, wrong, millisecondsOfAnExplanation: { p50: quantile(took, 0.5), p99: quantile(took, 0.99) } }
  }
}

/** Undefined if it is explained as it was provoked. */
async function findFault(of: RefusalCase, explain: () => ReturnType<RefusalCluster['explain']>): Promise<string | undefined> {
  try {
    const { code, reason, changedBy } = await explain()
    if (code !== of.code) return `told as ${code}`
    if (of.reason !== undefined && reason !== of.reason) return `because of ${reason}`
    if (of.changedBy !== undefined && changedBy?.kind !== of.changedBy) return `made so by ${changedBy?.kind ?? 'nothing'}`
    return undefined
  } catch (error) {
    return String((error as Error).message).slice(0, 100)
  }
}
