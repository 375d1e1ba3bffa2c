// Faults of one node: its line to the database, its clock, its process, and those of its guard.
import { eventually } from '@countersign/server/store/processes.fixture'
import type { ServedNode } from '../served-nodes.ts'
import type { Cluster } from './cluster.ts'
import type { Fault } from './fault.ts'
import { faultsOfGuard } from './guard-faults.ts'
import { pause } from './pause.ts'
import { createRandom, type Random } from './random.ts'

export function faultsOfNode(cluster: Cluster, number: number, random: Random): Fault[] {
  const node = cluster.nodes[number]!
  return [
    ...faultsOfLine(node, number, random),
    ...faultsOfClock(node, number, random),
    ...faultsOfProcess(node, number),
    ...faultsOfGuard(cluster, number, random),
  ]
}

function faultsOfLine({ line }: ServedNode, number: number, random: Random): Fault[] {
  const delayMs = Math.round(random.between(20, 400))
  const broken = (name: string, breakIt: () => void): Fault => ({
    name: `node ${number}: ${name}`,
    occupies: [`line ${number}`],
    begin() {
      breakIt()
      return Promise.resolve(() => Promise.resolve(line!.heal()))
    },
  })
  return [
    broken('the database refuses connections', () => line!.cut()),
    broken('the database hangs', () => line!.freeze()),
    broken(`the database is ${delayMs} ms away`, () => line!.delay(delayMs)),
    broken('answers of the database are lost', () => line!.loseAnswers()),
    broken('hints are lost', () => line!.cutHints()),
    ...(['before', 'after', 'unanswered'] as const).map((when) => broken(`a COMMIT is lost, ${when}`, () => void line!.loseCommit(when))),
  ]
}

function faultsOfClock(node: ServedNode, number: number, random: Random): Fault[] {
  const set = (differenceMs: number, occupies: string[]): Fault => ({
    name: `node ${number}: its clock is ${differenceMs} ms ahead`,
    occupies: [`clock ${number}`, ...occupies],
    begin() {
      node.setClock(differenceMs)
      return Promise.resolve(() => Promise.resolve(node.setClock(0)))
    },
  })
  const jumpsOf = createRandom(random.between(0, 2 ** 32))
  // Differences beyond the tolerated 5 s at one node at a time: the others are the witnesses.
  return [
    set(Math.round(random.between(-4800, 4800)), []),
    set(random.pick([3_600_000, -10_000, 60_000]), ['wrong clock']),
    {
      ...set(0, []),
      name: `node ${number}: its clock jumps again and again`,
      begin() {
        const jumps = setInterval(() => node.setClock(Math.round(jumpsOf.between(-4800, 4800))), 400)
        return Promise.resolve(() => (clearInterval(jumps), Promise.resolve(node.setClock(0))))
      },
    },
  ]
}

function faultsOfProcess(node: ServedNode, number: number): Fault[] {
  const [occupies, silences] = [[`process ${number}`], `node ${number}`]
  return [
    {
      name: `node ${number}: kill -9`,
      occupies,
      silences,
      async begin() {
        await node.kill()
        return () => startAgain(node)
      },
    },
    {
      name: `node ${number}: its process is suspended`,
      occupies,
      silences,
      begin() {
        node.pause()
        return Promise.resolve(() => Promise.resolve(node.resume()))
      },
    },
  ]
}

/** A node does not start without its database. */
async function startAgain(node: ServedNode): Promise<void> {
  await eventually(
    'the node starts again',
    () =>
      node.start().then(
        () => true,
        () => pause(500).then(() => false),
      ),
    120,
  )
}
