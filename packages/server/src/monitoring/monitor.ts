// What an operator on call sees of this process: its readiness, its metrics and its access log, collected in one place.
import type { FastifyInstance } from 'fastify'
import type { ProtectedAuditLog } from '../audit/protected-audit-log.ts'
import type { ChangeFollower } from '../cache/follow-changes.ts'
import type { Lease } from '../cache/lease.ts'
import type { Clock } from '../clock.ts'
import type { DatabaseClock } from '../clock-difference.ts'
import type { Configuration } from '../configuration/configuration.ts'
import type { HttpServer } from '../http/http-server.ts'
import type { EndedRequest } from '../http/request-end.ts'
import type { SharedFiles } from '../http/shared-file.ts'
import type { KeyRings } from '../keys/live-rings.ts'
import type { SigningKeys } from '../keys/realm-keys.ts'
import type { LogDestination } from '../log-destination.ts'
import type { Realm } from '../realms/realm.ts'
import type { DamageAlarm } from '../store/damage.ts'
import type { Store } from '../store/store.ts'
import { createAccessLog } from './access-log.ts'
import { countRequests } from './count-requests.ts'
import { watchEventLoop } from './event-loop-lag.ts'
import type { FeedCounters } from './feed-counters.ts'
import type { Monitored } from './metrics.ts'
import type { OperationsListener } from './operations-listener.ts'
import { createOrganizationCounters } from './organization-counters.ts'
import { createPageCounters } from './page-counters.ts'
import { createReadiness } from './readiness.ts'
import { createRequestCounters } from './request-counters.ts'
import { createTokenOutcomes } from './token-outcomes.ts'
import { watchFeed } from './watch-feed.ts'
import { expectsProxies, watchProxies } from './watch-proxies.ts'
import { watchSigningKeys } from './watch-signing-keys.ts'
import {
  watchAudit,
  watchClock,
  watchCuts,
  watchKeyRings,
  watchLog,
  watchRetention,
  watchStore,
  type WatchedCuts,
  type WatchedRetention,
} from './watch-store.ts'

export interface MonitorOptions {
  readonly configuration: Pick<
    Configuration,
    'accessLog' | 'logLevel' | 'organizationsInMetrics' | 'operationsListen' | 'tls' | 'trustedProxies'
  >
  readonly http: HttpServer
  readonly data: Pick<ProtectedAuditLog, 'sinkFailure' | 'sealWarning' | 'gauges' | 'anchors'> & {
    readonly store: Store
    readonly clock: Clock
    readonly databaseClock: DatabaseClock
    readonly damage: DamageAlarm
    readonly futureCuts: WatchedCuts
    readonly lease: Lease
    readonly follower: ChangeFollower
    readonly realms: ReadonlyMap<string, Realm>
    readonly signingKeys: SigningKeys
    readonly keyRings: Pick<KeyRings, 'failure'>
    readonly refusals: { readonly counters: Monitored['refusals'] }
  }
  readonly feed: FeedCounters
  readonly retention: WatchedRetention
  readonly addressOf: (request: EndedRequest) => string
  /** The address of the connection, and whether it is a declared proxy. */
  readonly peerOf: (request: EndedRequest) => string
  readonly isTrusted: (peer: string) => boolean
  readonly logStream: LogDestination
  /** What the operations listener serves besides its own pages. */
  readonly files: SharedFiles
}

export interface Monitor extends Monitored {
  /** The listener of metrics and probes; undefined if none is configured. */
  readonly operations: OperationsListener | undefined
  close(): void
}

/** Must be called before the routes are added, because requests are counted by route. */
export async function createMonitor({
  configuration,
  http,
  data,
  feed,
  retention,
  addressOf,
  peerOf,
  isTrusted,
  logStream,
  files,
}: MonitorOptions): Promise<Monitor> {
  const { app, connections, configureEvery, onRequestEnd } = http
  const { store, clock, databaseClock, damage, lease, follower } = data
  const readiness = createReadiness()
  const lag = watchEventLoop()
  readiness.add('event-loop', lag.check)
  const gauges = [
    ...watchLog(readiness, logStream),
    ...watchAudit(readiness, data),
    ...watchRetention(readiness, retention),
    ...watchClock(readiness, clock, databaseClock),
    ...watchCuts(readiness, data.futureCuts),
    ...(expectsProxies(configuration) ? watchProxies(onRequestEnd, readiness, { isTrusted, peerOf, log: app.log }) : []),
    ...(store.isShared ? watchStore(readiness, { follower, store, lease }) : []),
  ]
  const labelledGauges = [...watchFeed(feed), ...watchSigningKeys(readiness, { ...data, clock: databaseClock.now })]
  watchKeyRings(readiness, data.keyRings)
  const requests = createRequestCounters()
  const tokenOutcomes = createTokenOutcomes()
  const organizations = createOrganizationCounters(configuration.organizationsInMetrics)
  const monitored: Monitored = {
    requests,
    tokenOutcomes,
    organizations,
    feed,
    pages: createPageCounters(),
    connections,
    lag,
    readiness,
    damage,
    refusals: data.refusals.counters,
    gauges,
    labelledGauges,
  }

  const isAccessLogged = configuration.accessLog && ['debug', 'info'].includes(configuration.logLevel)
  const accessLog = isAccessLogged ? createAccessLog(logStream, addressOf) : undefined
  onRequestEnd(countRequests(configureEvery, { requests, recordAccess: accessLog?.record }))

  return {
    ...monitored,
    operations: await createOperations(configuration.operationsListen, monitored, files, app),
    close() {
      lag.stop()
      accessLog?.flush()
    },
  }
}

/** The formatting of metrics is loaded only if there is an operations listener. */
async function createOperations(
  listen: string | null,
  monitored: Monitored,
  files: SharedFiles,
  { log }: FastifyInstance,
): Promise<OperationsListener | undefined> {
  if (listen === null) return undefined
  const { createOperationsListener } = await import('./operations-listener.ts')
  const onFailure = (err: Error) => log.error({ err }, 'operations listener: request failed')
  return createOperationsListener({ listen, monitored, files, onFailure })
}
