// The memory of a server that has 10,000 clients in memory: without grants, with two claim sets that they share, and, for comparison, with
// as many grants as clients. Each measurement is of a fresh process; the three take turns.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fillStore, type FillGrants } from '@countersign/server/store/fill-store.fixture'
import { median, medianOfEach } from '../median.ts'
import { rotate } from '../rotate.ts'
import { grant } from '../token/granted-clients.ts'
import { aFolder, compile, idOf, serve } from './compiled-server.ts'
import type { SettledMemory } from './settled-memory.ts'

interface GrantsMemoryOptions {
  readonly clients: number
  /** Token requests of each client. */
  readonly requestsPerClient: number
  /** Processes of each variant. */
  readonly rounds: number
}

const variants = ['withoutGrants', 'twoClaimSets', 'ownGrants'] as const
type Variant = (typeof variants)[number]
type Round = Readonly<Record<Variant, SettledMemory>>

const otherGrant = { ...grant, claims: { ...grant.claims, tier: 'silver' } }

/** About 200 bytes of JSON, another for each client. */
function ownGrantOf(client: number) {
  const id = String(client).padStart(6, '0')
  const claims = { tenant: { id: `tenant-${id}`, name: `Tenant ${id}` }, contract: `NT-2026-${id}`, partner_ids: [`p-${id}`] }
  return { audiences: [], roles: { realm: ['partner'], clients: { [`api-${id}`]: ['read'] } }, claims }
}

const grantsOf: Record<Variant, FillGrants | undefined> = {
  withoutGrants: undefined,
  twoClaimSets: { claimSets: { gold: grant, silver: otherGrant }, of: (client) => ({ claimSet: client % 2 === 0 ? 'gold' : 'silver' }) },
  ownGrants: { claimSets: {}, of: (client) => ({ grant: ownGrantOf(client) }) },
}

export async function soakGrantsMemory(options: GrantsMemoryOptions, say: (progress: string) => void) {
  compile(say)
  const folder = aFolder()
  try {
    const stores: [Variant, Store][] = []
    for (const name of variants) {
      say(`filling SQLite with ${options.clients} clients: ${name}`)
      const location = `sqlite:${join(folder, `${name}.db`)}`
      const clientSecret = await fillStore({ location, pepper: join(folder, 'pepper'), clients: options.clients, grants: grantsOf[name] })
      stores.push([name, { folder, location, clientSecret }])
    }
    const rounds: Round[] = []
    for (let round = 0; round < options.rounds; round++) {
      const memories: [Variant, SettledMemory][] = []
      for (const [name, store] of rotate(stores, round)) memories.push([name, await measure(store, options)])
      rounds.push(Object.fromEntries(memories) as Round)
      say(
        `round ${round + 1}: ${memories.map(([name, { residentMebibytes }]) => `${name} ${residentMebibytes.toFixed(1)} MiB`).join(', ')}`,
      )
    }
    const { clients, requestsPerClient } = options
    return { clients, requestsPerClient, ownGrantBytes: JSON.stringify(ownGrantOf(0)).length, ...summarize(rounds), rounds }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

interface Store {
  readonly folder: string
  readonly location: string
  readonly clientSecret: string
}

async function measure(store: Store, { clients, requestsPerClient }: GrantsMemoryOptions): Promise<SettledMemory> {
  const settling = ['--expose-gc', `--import=${fileURLToPath(new URL('settled-memory.ts', import.meta.url))}`]
  const server = await serve(store.folder, store.location, settling)
  try {
    await server.firstToken(idOf(0), store.clientSecret)
    await server.load(clients * requestsPerClient, (i) => idOf(i % clients), store.clientSecret)
    return (await server.ask()) as SettledMemory
  } finally {
    await server.stop()
  }
}

function summarize(rounds: readonly Round[]) {
  const ratioOf = (name: Variant, figure: keyof SettledMemory) => {
    const ratios = rounds.map((round) => round[name][figure] / round.withoutGrants[figure])
    return { median: median(ratios), lowest: Math.min(...ratios), highest: Math.max(...ratios) }
  }
  const ratiosOf = (name: Variant) => ({ resident: ratioOf(name, 'residentMebibytes'), heap: ratioOf(name, 'heapMebibytes') })
  return {
    /** Memory divided by that of the server without grants, by round. */
    ratios: { twoClaimSets: ratiosOf('twoClaimSets'), ownGrants: ratiosOf('ownGrants') },
    medians: Object.fromEntries(variants.map((name) => [name, medianOfEach(rounds.map((round) => round[name]))])),
  }
}
