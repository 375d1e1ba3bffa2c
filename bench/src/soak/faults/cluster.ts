// What the faults happen to: a primary with a standby that it waits for, three processes of "countersign serve", two of which share a
// spool, each with a line to the database and a clock of its own, and beside each a remote guard as another company runs it, with its own
// clock.
import { createRemoteGuard, type RemoteGuard } from '@countersign/guard'
import { aSmallDisk, skipWithoutSmallDisk, type SmallDisk } from '@countersign/server/small-disk.fixture'
import { makeClockMovable } from '@countersign/server/store/database-clock.fixture'
import { startPostgres, type PostgresServer } from '@countersign/server/store/postgres.fixture'
import { realm, startServedNodes, type ServedNode, type ServedNodes } from '../served-nodes.ts'

export const leaseSeconds = 5
export const entitlementSeconds = 1
export const staleIfErrorSeconds = 3
export const issuer = `http://localhost:8080/${realm}`

/** A guard and the network between it and its node. */
export interface GuardBesideNode {
  readonly guard: RemoteGuard
  /** Waits before each request of the guard; a rejection is a connection that fails. */
  setNetwork(pass: () => Promise<void>): void
  /** Moves the clock of its machine, only for the guard. */
  setClock(differenceMs: number): void
}

export interface Cluster {
  readonly served: ServedNodes
  readonly nodes: readonly ServedNode[]
  readonly guards: readonly GuardBesideNode[]
  /** Of the spool of a node; undefined where none can be mounted. */
  spoolDisk(number: number): SmallDisk | undefined
  primary(): PostgresServer
  /** Does not exist while a failover is being made good. */
  standby(): PostgresServer
  /** After the standby was promoted: nodes that follow `moveTo`; the old primary is kept until `replaceOldPrimary`. */
  standbyIsPrimary(): void
  /** Removes the old primary and adds a standby to the new one, which waits for it. */
  replaceOldPrimary(): Promise<void>
  close(): Promise<void>
}

/** @param spoolMebibytes of each of the disks of the spools */
export async function startCluster(spoolMebibytes: number): Promise<Cluster> {
  const unmounts: (() => void)[] = []
  const unmount = () => unmounts.splice(0).forEach((one) => one())
  process.once('exit', unmount)
  const spoolOf = (number: number) => (number === 0 ? 'spool-alone' : 'spool-shared')
  const disks = new Map<string, SmallDisk>()
  if (skipWithoutSmallDisk() === false)
    for (const name of ['spool-alone', 'spool-shared'])
      disks.set(name, aSmallDisk({ after: (clean) => void unmounts.push(clean) }, spoolMebibytes * 1024))
  let primary = await startPostgres({ fsync: true })
  await makeClockMovable(primary.url)
  const servers = new Set([primary])
  const add = async () => {
    const added = await primary.addStandby()
    servers.add(added)
    await primary.waitForStandby(true)
    return added
  }
  // The store is migrated before the standby exists.
  const served = await startServedNodes({
    store: 'postgres',
    count: 3,
    database: primary,
    settings: `lease: ${leaseSeconds}s`,
    spoolOf: (number) => disks.get(spoolOf(number))?.folder ?? spoolOf(number),
  })
  let standby = primary
  const guards: GuardBesideNode[] = []
  const { nodes } = served
  try {
    standby = await add()
    for (const [number, node] of nodes.entries()) {
      const credentials = await served.aClient(`guard-${number}`, { scopes: ['entitlements:read'] })
      guards.push(startGuard(node, credentials))
    }
  } catch (error) {
    await close()
    throw error
  }
  return {
    served,
    nodes,
    guards,
    spoolDisk: (number) => disks.get(spoolOf(number)),
    primary: () => primary,
    standby: () => standby,
    standbyIsPrimary() {
      ;[primary, standby] = [standby, primary]
    },
    async replaceOldPrimary() {
      servers.delete(standby)
      await standby.close()
      standby = await add()
    },
    close,
  }

  async function close(): Promise<void> {
    await served.close()
    for (const server of servers) {
      server.thaw()
      await server.close()
    }
    process.off('exit', unmount)
    unmount()
  }
}

function startGuard(node: ServedNode, { clientId, clientSecret }: { clientId: string; clientSecret: string }): GuardBesideNode {
  let pass = () => Promise.resolve()
  let differenceMs = 0
  const guard = createRemoteGuard({
    issuer,
    realm,
    audience: 'api',
    credentials: { clientId, clientSecret },
    entitlementSeconds,
    staleIfErrorSeconds,
    clock: () => Date.now() + differenceMs,
    async fetch(input, init) {
      await pass()
      const { pathname, search } = new URL(input instanceof Request ? input.url : input)
      return fetch(node.url + pathname + search, init)
    },
  })
  return { guard, setNetwork: (next) => void (pass = next), setClock: (next) => void (differenceMs = next) }
}
