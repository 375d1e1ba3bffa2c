// What lists and searches cost the server: CPU time, because SQLite answers nothing else meanwhile, and because a busy machine disturbs it least.
import { createAdminClient, type AdminClient } from '@countersign/admin'
import { createTokenProvider, withBearer } from '@countersign/client'
import { median } from '../median.ts'
import { realm } from './pages-realm.ts'
import type { PagesServer } from './pages-server.ts'

/** Milliseconds of CPU time of the server, medians. */
export interface ServerCosts {
  readonly perList: number
  readonly perSearch: {
    /** With `find`, as the palette does: the beginning of more ids than it returns, which the indexes answer. */
    readonly findByBeginning: number
    /** A whole id; names may have it in them as well, so all are searched. */
    readonly findById: number
    /** A part of one id. */
    readonly findByText: number
    readonly findNothing: number
    /** In the list of clients: a part of a few ids. */
    readonly listByText: number
    readonly listNothing: number
  }
}

/** The first calls are compiled meanwhile. */
const uncounted = 5

/** @param calls of each kind */
export async function measureServerCosts(
  { origin, operator }: PagesServer,
  calls: number,
  cpuMilliseconds: () => Promise<number>,
): Promise<ServerCosts> {
  const admin = createAdminClient({ serverUrl: origin, fetch: withBearer(fetch, createTokenProvider(operator), { origins: [origin] }) })
  const inRealm = { params: { realm } }

  async function costOf(call: (number: number) => Promise<unknown>): Promise<number> {
    const costs: number[] = []
    for (let number = -uncounted; number < calls; number++) {
      const before = await cpuMilliseconds()
      await call(Math.abs(number))
      if (number >= 0) costs.push((await cpuMilliseconds()) - before)
    }
    return median(costs)
  }
  const find = (q: string) => admin.call('find', { ...inRealm, query: { q } })
  const list = (search: string) => admin.call('clients.list', { ...inRealm, query: { search, limit: 50 } })
  return {
    perList: await costOf(pagesInTurn(admin)),
    perSearch: {
      findByBeginning: await costOf((number) => find(`large-${1 + (number % 9)}`)),
      findById: await costOf((number) => find(`large-${10_000 + number}`)),
      findByText: await costOf((number) => find(`rge-${10_000 + number}`)),
      findNothing: await costOf((number) => find(`nothing ${number}`)),
      listByText: await costOf((number) => list(`ge-${1000 + number}`)),
      listNothing: await costOf((number) => list(`nothing ${number}`)),
    },
  }
}

/** Pages of the list of clients, from the first on. */
function pagesInTurn(admin: AdminClient): () => Promise<void> {
  let next: string | null = null
  return async () => {
    ;({ next } = await admin.call('clients.list', { params: { realm }, query: { limit: 50, ...(next !== null && { after: next }) } }))
  }
}
