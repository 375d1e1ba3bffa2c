// Rounds of one to three faults at once. After each, all is healed, and every node has to be ready and to serve known clients within seconds.
import { eventually } from '@countersign/server/store/processes.fixture'
import type { ServedNode } from '../served-nodes.ts'
import type { Fault } from './fault.ts'
import type { Incident, Journal } from './journal.ts'
import { pause } from './pause.ts'
import type { Random } from './random.ts'
import type { Subject } from './subject.ts'

export interface ScheduleOptions {
  readonly random: Random
  readonly journal: Journal
  readonly nodes: readonly ServedNode[]
  readonly known: readonly Subject[]
  /** All faults that can be had, with parameters that are drawn for each round. */
  readonly draw: () => readonly Fault[]
  /** How long faults last at most, in milliseconds. */
  readonly longestMs: number
  readonly say: (progress: string) => void
}

/** A healthy node is ready after one pull; the rest is for a slow machine, and for connections that have to time out. */
const recoverySeconds = 60

/** Returns the seconds until all nodes had recovered. */
export async function runRound(options: ScheduleOptions): Promise<number> {
  const { random, journal, nodes, known, draw, longestMs, say } = options
  const chosen = choose(random, draw())
  say(chosen.map(({ name }) => name).join('; '))
  const planned = chosen.map((fault) => ({ fault, afterMs: random.between(0, 1000), forMs: drawDuration(random, longestMs) }))
  await Promise.all(
    planned.map(async ({ fault, afterMs, forMs }) => {
      await pause(afterMs)
      const incident: Incident = { fault: fault.name, silences: fault.silences, misleads: fault.misleads, startedAt: performance.now() }
      journal.incidents.push(incident)
      const end = await fault.begin()
      await pause(forMs)
      await end()
      incident.endedAt = performance.now()
    }),
  )
  const healedAt = performance.now()
  await Promise.all(nodes.map((node, number) => recover(node, number, known)))
  const seconds = (performance.now() - healedAt) / 1000
  await pause(random.between(0, 2000))
  return seconds
}

export async function recover(node: ServedNode, number: number, known: readonly Subject[]): Promise<void> {
  const issues = async ({ clientId, secrets }: Subject) =>
    (await node.requestToken({ clientId, clientSecret: secrets[0]!.value })).status === 200
  const hasRecovered = async () => (await node.isReady()) && (await Promise.all(known.map(issues))).every(Boolean)
  await eventually(`node ${number} is ready and serves known clients`, hasRecovered, recoverySeconds)
}

/** Half of the faults outlast the lease and the time in which a right that ended in them is tried, if they may last that long. */
function drawDuration(random: Random, longestMs: number): number {
  const isLong = random.next() < 0.5
  return isLong ? random.between(longestMs * 0.7, longestMs) : random.between(500, longestMs * 0.7)
}

/** One to three, of which no two break the same thing. */
function choose(random: Random, faults: readonly Fault[]): Fault[] {
  const wanted = Math.ceil(random.between(0, 3))
  const chosen: Fault[] = []
  const occupied = new Set<string>()
  for (const fault of random.shuffle(faults)) {
    if (chosen.length === wanted) break
    if (fault.occupies.some((what) => occupied.has(what))) continue
    for (const what of fault.occupies) occupied.add(what)
    chosen.push(fault)
  }
  return chosen
}
