// Faults of the primary and its standby short of a failover.
import { moveDatabaseClock } from '@countersign/server/store/database-clock.fixture'
import type { Cluster } from './cluster.ts'
import type { Fault } from './fault.ts'
import { pause } from './pause.ts'
import { createRandom, type Random } from './random.ts'

const occupies = ['database']

export function faultsOfDatabase(cluster: Cluster, random: Random): Fault[] {
  const { primary, standby } = cluster
  return [
    ...faultsOfClock(cluster, random),
    {
      name: 'the primary hangs',
      occupies,
      begin() {
        primary().freeze()
        return Promise.resolve(() => Promise.resolve(primary().thaw()))
      },
    },
    {
      name: 'the primary is stopped',
      occupies,
      async begin() {
        await primary().stop()
        return () => primary().start()
      },
    },
    {
      name: 'the primary is killed',
      occupies,
      async begin() {
        await primary().kill()
        return () => primary().start()
      },
    },
    {
      name: 'the standby that the primary waits for hangs',
      occupies,
      begin() {
        standby().freeze()
        return Promise.resolve(() => Promise.resolve(standby().thaw()))
      },
    },
  ]
}

/** Nodes share the difference, so they go on, each by its own clock and at most 5 s of the difference (decisions/053). */
function faultsOfClock({ primary, nodes }: Cluster, random: Random): Fault[] {
  // A node that differs from the others cannot be told from a database that differs from them.
  const occupiesClocks = [...occupies, 'wrong clock', ...nodes.map((_, number) => `clock ${number}`)]
  const setRight = () => moveDatabaseClock(primary().url, 0)
  const jumpsOf = createRandom(random.between(0, 2 ** 32))
  const differenceMs = random.pick([Math.round(random.between(-4800, 4800)), 10_000, -10_000, 3_600_000, -3_600_000])
  return [
    {
      name: `the clock of the database is ${differenceMs} ms ahead`,
      occupies: occupiesClocks,
      async begin() {
        await moveDatabaseClock(primary().url, differenceMs)
        return setRight
      },
    },
    {
      name: 'the clock of the database jumps again and again',
      occupies: occupiesClocks,
      begin() {
        const ended = new AbortController()
        const jumps = (async () => {
          while (!ended.signal.aborted) {
            await moveDatabaseClock(primary().url, jumpsOf.between(-2400, 2400))
            await pause(1000, ended.signal)
          }
        })()
        return Promise.resolve(async () => {
          ended.abort()
          await jumps
          await setRight()
        })
      },
    },
  ]
}
