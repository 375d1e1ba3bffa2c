// Counts tokens, calls and refusals in memory, by hour, and writes them every ten seconds: no request waits for it. A crash loses what was
// not written. Callers decide how many keys there are, so all of them are bounded; the rest is counted under empty names, "others".
import { BoundedMap } from '../cache/bounded-map.ts'
import type { Store } from '../store/store.ts'
import { createBacklog } from './backlog.ts'
import type { Usage } from './usage.ts'
import { dayMs, startOf } from './usage-steps.ts'
import { readRoutesOf, writeUsage, type HourCount } from './write-usage.ts'

export interface UsageCounts extends Usage {
  write(): Promise<void>
  /** Writes the rest. */
  close(): Promise<void>
}

interface UsageCountsOptions {
  readonly store: Pick<Store, 'backgroundPool'>
  /** Milliseconds since the epoch. Never throws. */
  readonly now: () => number
  readonly onFailure: (error: Error) => void
  /** Keys in memory. */
  readonly maxKeys?: number
}

const intervalMs = 10_000
/** Each is a row of an hour and one of a day; SQLite answers no other request during a statement. */
const countsPerStatement = 100
/** Routes with a name of a client and day. */
export const maxRoutes = 20
/** Clients whose routes of the day are in memory; those of others are read before they are written. */
const rememberedClients = 5000

type Counted = { -readonly [Member in keyof HourCount]: HourCount[Member] }

export function createUsageCounts({ store, now, onFailure, maxKeys = 20_000 }: UsageCountsOptions): UsageCounts {
  const { backgroundPool: db } = store
  /** By client and day. */
  const routes = new BoundedMap<Set<string>>(rememberedClients)
  const backlog = createBacklog<Counted>({ batchSize: countsPerStatement, writeBatch, putBack: add, onFailure })
  const timer = setInterval(() => void backlog.write(), intervalMs).unref()

  function add({ count, ...entry }: HourCount): void {
    const key = keyOf(entry)
    const known = backlog.get(key)
    if (known) known.count += count
    else if (backlog.size < maxKeys || isOthers(entry)) backlog.set(key, { ...entry, count })
    else add({ ...entry, clientId: '', organizationId: '', subject: '', count })
  }

  /** The bound holds for what is stored, over all nodes: routes that another one wrote first take the places. */
  async function writeBatch(batch: readonly Counted[]): Promise<void> {
    const calls = batch.filter(({ what, subject }) => what === 'call' && subject !== '')
    for (const [key, stored] of await readRoutesOf(db, calls, routesKey)) routes.set(key, stored)
    await writeUsage(
      db,
      batch.map((counted) => ({ ...counted, subject: nameOrOthers(counted) })),
    )
  }

  function nameOrOthers({ what, realm, clientId, start, subject }: Omit<HourCount, 'count'>): string {
    if (what === 'token' || subject === '') return subject
    const key = routesKey(realm, clientId, start)
    let known = routes.get(key)
    if (!known) routes.set(key, (known = new Set()))
    if (known.size < maxRoutes) known.add(subject)
    return known.has(subject) ? subject : ''
  }

  return {
    count({ realm, clientId, organizationId, what, subject, outcome, count, at }) {
      const entry = {
        realm,
        clientId: clientId ?? '',
        organizationId: organizationId ?? '',
        start: startOf('hour', likely(at, now())),
        what,
        subject: subject ?? '',
        outcome,
      }
      add({ ...entry, subject: nameOrOthers(entry), count })
    },
    write: backlog.write,
    async close() {
      clearInterval(timer)
      await backlog.write()
    },
  }
}

/** The clock of a guard may be wrong, and reports may be late, but no hour of the past is changed for ever. */
function likely(at: number | undefined, now: number): number {
  return at === undefined || at > now || at < now - dayMs ? now : at
}

function keyOf({ realm, clientId, organizationId, start, what, subject, outcome }: Omit<HourCount, 'count'>): string {
  return `${what} ${start} ${realm} ${outcome} ${organizationId} ${clientId}\n${subject}`
}

function isOthers({ clientId, organizationId, subject }: Pick<HourCount, 'clientId' | 'organizationId' | 'subject'>): boolean {
  return clientId === '' && organizationId === '' && subject === ''
}

function routesKey(realm: string, clientId: string, at: number): string {
  return `${startOf('day', at)} ${realm} ${clientId}`
}
