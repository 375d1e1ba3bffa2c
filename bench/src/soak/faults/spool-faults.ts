// Faults of the spool of a node that cannot reach its database: files that a dead server left beside it, a copy of its events that is
// damaged or huge; and a full disk.
import { randomBytes } from 'node:crypto'
import { appendFileSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from '@countersign/server/store/processes.fixture'
import type { ServedNode } from '../served-nodes.ts'
import type { Cluster } from './cluster.ts'
import type { Fault } from './fault.ts'
import { pause } from './pause.ts'
import { createRandom, type Random } from './random.ts'

/** No process has this id. */
const deadProcess = 4_194_304

export function faultsOfSpool({ nodes, spoolDisk }: Cluster, number: number, random: Random, hugeMebibytes: number): Fault[] {
  const node = nodes[number]!
  const ofDamage = createRandom(random.between(0, 2 ** 32))
  const leave = (name: string, write: (events: Buffer, file: string) => void): Fault => ({
    name: `node ${number}: a spool is left behind that is ${name}`,
    occupies: [`line ${number}`, `spool ${number === 0 ? 'alone' : 'shared'}`],
    async begin() {
      node.line!.cut()
      return async () => {
        const events = await eventually('events are spooled', () => findSpooled(node), 5).catch(() => undefined)
        if (events) {
          const file = join(node.spoolFolder, `${randomBytes(4).toString('hex')}-${deadProcess}-1700000000000.jsonl`)
          write(events, `${file}.part`)
          renameSync(`${file}.part`, file)
        }
        node.line!.heal()
      }
    },
  })
  const disk = spoolDisk(number)
  const full: Fault = {
    name: `node ${number}: the disk of its spool is full`,
    occupies: [`line ${number}`, `spool ${number === 0 ? 'alone' : 'shared'}`],
    begin() {
      const isFullFirst = ofDamage.next() < 0.5
      if (isFullFirst) disk!.fill()
      node.line!.cut()
      // Some events are there already, the last of them in part.
      const filling = isFullFirst ? Promise.resolve() : pause(1000).then(() => disk!.fill())
      return Promise.resolve(async () => {
        await filling
        const repairs = [() => disk!.free(), () => node.line!.heal()]
        for (const repair of ofDamage.shuffle(repairs)) {
          repair()
          await pause(500)
        }
      })
    },
  }
  return [
    ...(disk ? [full] : []),
    leave('damaged', (events, file) => writeFileSync(file, damage(events, ofDamage))),
    leave(`${hugeMebibytes} MiB long`, (events, file) => {
      const copies = Buffer.concat(Array.from({ length: Math.ceil(2 ** 20 / events.length) }, () => events))
      for (let i = 0; i < hugeMebibytes; i++) appendFileSync(file, copies)
    }),
  ]
}

/** The events of whole lines. */
function findSpooled({ spoolFolder }: ServedNode): Buffer | undefined {
  for (const name of readdirSync(spoolFolder).filter((name) => name.endsWith('.jsonl'))) {
    try {
      const bytes = readFileSync(join(spoolFolder, name))
      if (bytes.includes('\n')) return bytes.subarray(0, bytes.lastIndexOf('\n') + 1)
    } catch {
      // It was moved into the store meanwhile.
    }
  }
  return undefined
}

function damage(events: Buffer, random: Random): Buffer {
  const damaged = Buffer.from(events)
  const at = () => Math.floor(random.next() * damaged.length)
  for (let i = 0; i < 3; i++) damaged[at()] = Math.floor(random.next() * 256)
  return Buffer.concat([damaged, Buffer.alloc(100), events.subarray(0, at())])
}
