// Faults of the primary and its standby short of a failover.
import type { Cluster } from './cluster.ts'
import type { Fault } from './fault.ts'

const occupies = ['database']

export function faultsOfDatabase({ primary, standby }: Cluster): Fault[] {
  return [
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
