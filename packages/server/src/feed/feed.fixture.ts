// A feed behind a real HTTP server, with a ring of changes, a guard and a client that a test moves by hand.
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { indexEntitlement, type Access, type Guard, type UnexplainedDenial } from '@countersign/guard'
import type { EntitlementDocument } from '@countersign/protocol'
import { openStream, type OpenStream } from '../../test/event-stream.fixture.ts'
import type { Cache } from '../cache/cache.ts'
import { createChangeFeed } from '../cache/change-feed.ts'
import { createChangeRing } from '../cache/change-ring.ts'
import { createHttpServer } from '../http/http-server.ts'
import { createFeedCounters } from '../monitoring/feed-counters.ts'
import type { Realm } from '../realms/realm.ts'
import type { PlacedChange } from '../store/change-log.ts'
import { mountChanges } from './changes-endpoint.ts'
import { createFeed, type FeedOptions } from './feed.ts'

const realm = {
  name: 'prod',
  issuer: 'https://id.example/prod',
  addresses: [{ path: '/prod', url: 'https://id.example/prod' }],
  tokenProfile: 'rfc9068',
  audience: 'api',
  tokensNotBefore: 0,
  rateLimitTiers: {},
  apis: new Map(),
} as unknown as Realm

const document = {
  organization: { id: 'acme', status: 'active', dpa: { status: 'accepted' }, partners: { total: 0 }, requestors: { total: 0 } },
  client: { clientId: 'guard', scopes: ['entitlements:read'], revokedTokenIds: [], enabled: true },
} as unknown as EntitlementDocument
const entitlement = indexEntitlement(document, {})
const scopes = new Set(['entitlements:read'])

type Fixed = 'ring' | 'changeFeed' | 'cache' | 'canTell' | 'now' | 'connections' | 'watchEnd' | 'counters'

/** @param ageSeconds of what the node knows */
export async function aFeed(t: TestContext, { limits, ageSeconds }: Pick<FeedOptions, 'limits'> & { ageSeconds?: () => number } = {}) {
  const facts = {
    now: 1_000_000,
    canTell: true,
    database: 'a database',
    clockFailure: undefined as Error | undefined,
    /** What the guard says of a token that is checked again. */
    denial: undefined as UnexplainedDenial | undefined,
    expiresAt: Infinity,
    secrets: [{ id: 'secret', expiresAt: null as number | null }],
    /** What a request waits for after it was authorized. */
    isTrusted: Promise.resolve(),
  }
  let changesRead = 0
  const ring = createChangeRing()
  ring.reset({ number: 10, identity: 'change 10' })
  const shared = { ageSeconds: ageSeconds ?? (() => 0), pull: async () => {} }
  const requiredDpaVersion = () => {
    if (facts.clockFailure) throw facts.clockFailure
    return null
  }
  const changeFeed = createChangeFeed({ ring, cache: { requiredDpaVersion }, database: () => facts.database, shared })
  const counted: typeof changeFeed = { ...changeFeed, changesAfter: (...asked) => (changesRead++, changeFeed.changesAfter(...asked)) }
  const cache = {
    findClient: () => ({ secrets: facts.secrets }),
    findEntitlement: () => entitlement,
    trustStore: () => facts.isTrusted,
    claimSets: { audiencesOf: () => [] },
  } as unknown as Cache
  const access = (): Access => ({
    allowed: true,
    entitlement,
    token: { clientId: 'guard', scopes, expiresAt: facts.expiresAt } as unknown as Access['token'],
  })
  const guard: Guard = {
    issuer: realm.issuer,
    realm: 'prod',
    publicUrl: 'https://id.example',
    checkRequirement() {},
    authorize: async () => access(),
    verifyToken: async () => (facts.denial ? { valid: false, denial: facts.denial } : { valid: true, ...access() }),
    describeDecision: () => ({}) as never,
    explainDenial: () => ({}) as never,
    me: () => ({}) as never,
  }
  const lines: string[] = []
  const configuration = { publicUrl: 'https://id.example', logLevel: 'warn' as const }
  const { app, connections, watchEnd, onRequestEnd, configureEvery } = createHttpServer(configuration, () => 'id', {
    write: (line) => void lines.push(line),
  })
  configureEvery((every) => void every.decorateRequest('clientId', undefined))
  const counters = createFeedCounters()
  const now = () => facts.now
  const canTell = () => facts.canTell
  const options: Pick<FeedOptions, Fixed> = { ring, changeFeed: counted, cache, canTell, now, connections, watchEnd, counters }
  const feed = createFeed({ ...options, ...(limits && { limits }) })
  await app.register((scope) => mountChanges(scope, { realm, guard, cache, changeFeed: counted, feed }))
  await app.listen({ host: '127.0.0.1', port: 0 })
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/prod/v1/changes`
  t.after(async () => {
    feed.stop()
    app.server.closeAllConnections()
    await app.close()
  })
  return {
    app,
    connections,
    counters,
    facts,
    feed,
    lines,
    onRequestEnd,
    ring,
    url,
    changesRead: () => changesRead,
    endsBy: (reason: string) => new Map<string, number>(counters.ends()).get(reason),
    /** Applies changes about one client each. */
    change(count = 1, more: Partial<PlacedChange> = {}): void {
      const first = ring.place().number + 1
      ring.append(Array.from({ length: count }, (_, index) => aChange(first + index, more)))
    },
    open: (headers: Record<string, string> = {}): Promise<OpenStream> => openStream(url, { token: 'a.b.c', headers }),
  }
}

export function aChange(number: number, more: Partial<PlacedChange> = {}): PlacedChange {
  const of = { realm: 'prod', organizationId: 'other', what: 'client', subject: 'backend', clientId: `client-${number}` }
  return { number, identity: `change ${number}`, ...of, ...more }
}
