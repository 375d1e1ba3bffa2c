// How long searches take in a log of many events, over HTTP as an operator asks: the server and its database on this machine.
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { createAdminClient, operatorsTokenPath, type OperationInput } from '@countersign/admin'
import { createTokenProvider, withBearer } from '@countersign/client'
import { createServer } from '@countersign/server'
import { rebuildAuditIndexes, type FilledAuditLog } from '@countersign/server/store/fill-audit-log.fixture'
import { median, quantile } from '../median.ts'
import { aFilledStore, type FilledStore, type StoreKind } from './fill.ts'

type Query = NonNullable<OperationInput<'audit.search'>['query']>

export interface SearchTimes {
  readonly searches: number
  readonly medianMilliseconds: number
  readonly p95Milliseconds: number
  readonly longestMilliseconds: number
  /** Of all searches. */
  readonly found: number
}

export interface SearchFigures {
  readonly fillSeconds: number
  /** SQLite only. */
  readonly gibibytes?: number
  readonly indexSeconds: Readonly<Record<string, number>>
  readonly searches: Readonly<Record<string, SearchTimes>>
}

export interface SearchOptions {
  readonly events: number
  readonly days: number
  readonly stores: readonly StoreKind[]
  /** Searches of each sort. */
  readonly searches: number
}

export async function measureSearch({ stores, events, days, searches }: SearchOptions, say: (message: string) => void) {
  const figures: Partial<Record<StoreKind, SearchFigures>> = {}
  for (const kind of stores) figures[kind] = await measureStore(kind)
  return figures

  async function measureStore(kind: StoreKind): Promise<SearchFigures> {
    const store = await aFilledStore(kind, { events, days, copies: days - 1, say })
    try {
      return await measureFilledStore(kind, store, searches, say)
    } finally {
      await store.remove()
    }
  }
}

export type MeasuredStore = Pick<FilledStore, 'configuration' | 'location' | 'folder' | 'filled' | 'seconds'>

export async function measureFilledStore(
  kind: StoreKind,
  { configuration, location, folder, filled, seconds }: MeasuredStore,
  searches: number,
  say: (message: string) => void,
): Promise<SearchFigures> {
  const server = await createServer({ configuration, logStream: { write: () => {} } })
  const times: Record<string, SearchTimes> = {}
  try {
    const operator = await server.createOperator()
    await server.listen()
    const { publicUrl } = configuration
    const tokens = createTokenProvider({ ...operator, tokenUrl: `${publicUrl}${operatorsTokenPath}` })
    const admin = createAdminClient({ serverUrl: publicUrl, fetch: withBearer(fetch, tokens, { origins: [publicUrl] }) })
    const search = async (query: Query) => (await admin.call('audit.search', { params: {}, query })).items.length
    await search({ changes: 'true' })
    for (const [name, queries] of Object.entries(queriesOf(filled))) {
      times[name] = await timesOf(queries, searches, search)
      say(`${kind}: ${name} ${JSON.stringify(times[name])}`)
    }
  } finally {
    await server.close()
  }
  const indexSeconds = await rebuildAuditIndexes(location)
  const size = kind === 'sqlite' && { gibibytes: statSync(join(folder, 'store.db')).size / 2 ** 30 }
  return { fillSeconds: seconds, ...size, indexSeconds, searches: times }
}

async function timesOf(queries: readonly Query[], searches: number, search: (query: Query) => Promise<number>): Promise<SearchTimes> {
  const milliseconds: number[] = []
  let found = 0
  for (let i = 0; i < searches; i++) {
    const begunAt = performance.now()
    found += await search(queries[Math.floor((i * queries.length) / searches)]!)
    milliseconds.push(performance.now() - begunAt)
  }
  return {
    searches,
    medianMilliseconds: median(milliseconds),
    p95Milliseconds: quantile(milliseconds, 0.95),
    longestMilliseconds: Math.max(...milliseconds),
    found,
  }
}

/** Each sort of search, about different subjects in turn. */
function queriesOf({ requests, callerRequests, organizations, clients, operators }: FilledAuditLog): Record<string, Query[]> {
  const byRequest = (ids: readonly string[]) => ids.map((request) => ({ request }))
  const unknown = (ids: readonly string[]) => byRequest(ids.map((id) => `${id.slice(0, -8)}ffffffff`))
  return {
    requestOfToken: byRequest(requests.token),
    requestOfRefusal: byRequest(requests.refusal),
    requestOfChange: byRequest(requests.change),
    unknownRequest: unknown(requests.token),
    requestInBusyMinute: byRequest(requests.busy),
    unknownRequestInBusyMinute: unknown(requests.busy),
    requestOfCaller: byRequest(callerRequests),
    lastFiftyChanges: [{ changes: 'true' }],
    lastFiftyRefusals: [{ outcome: 'refused' }],
    changesOfOrganization: organizations.map((organization) => ({ changes: 'true', organization })),
    changesOfClient: clients.map((client) => ({ changes: 'true', client })),
    refusalsOfClient: clients.map((client) => ({ outcome: 'refused', client })),
    changesByOperator: operators.map((actor) => ({ actor })),
    kindOfChange: [{ kind: 'organizations.suspend' }],
  }
}

export function searchTable(figures: Awaited<ReturnType<typeof measureSearch>>): object {
  return Object.fromEntries(
    Object.entries(figures).flatMap(([kind, { searches }]) =>
      Object.entries(searches).map(([name, { medianMilliseconds, p95Milliseconds, longestMilliseconds }]) => [
        `${kind} ${name}`,
        { medianMilliseconds, p95Milliseconds, longestMilliseconds },
      ]),
    ),
  )
}
