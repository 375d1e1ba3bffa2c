// Wires the product together, top to bottom; reading createServer() is reading what the server is. It owns no behaviour.
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest } from 'fastify'
import type { Guard } from '@countersign/guard'
import { createAccessLog } from './monitoring/access-log.ts'
import { mountAdmin } from './admin/mount-admin.ts'
import { createOperator, hasOperator, type OperatorCredentials, type OperatorOptions } from './operators/operators.ts'
import { operatorsRealm, operatorsRealmName } from './realms/operators-realm.ts'
import { createEveryRealmGuard } from './api/every-realm-guard.ts'
import { createRealmGuard } from './api/realm-guard.ts'
import { mountRealmApi, mountRootMe } from './me/realm-api.ts'
import { findAnchorFolder } from './audit/seals/anchor-files.ts'
import { noteOtherDenials } from './audit/note-other-denials.ts'
import { createProtectedAuditLog } from './audit/protected-audit-log.ts'
import { createDatabaseClock } from './clock-difference.ts'
import { forwardOnly, type Clock } from './clock.ts'
import type { Configuration } from './configuration/configuration.ts'
import type { Realm } from './realms/realm.ts'
import { createDamageAlarm } from './store/damage.ts'
import { Cache } from './cache/cache.ts'
import { followChanges } from './cache/follow-changes.ts'
import type { Memory } from './cache/forget-changed.ts'
import { createLease } from './cache/lease.ts'
import { mountDiscovery } from './discovery/discovery.ts'
import { realmPaths } from './realms/realm-paths.ts'
import { createHttpServer, readFormsAsBytes } from './http/http-server.ts'
import type { LogStream } from './log.ts'
import { readKeyRing, verifyKeyRing, type KeyRing } from './keys/key-ring.ts'
import { openSigningKeys } from './keys/realm-keys.ts'
import type { Monitored } from './monitoring/metrics.ts'
import { watchAudit, watchStore } from './monitoring/watch-store.ts'
import { countRequests } from './monitoring/count-requests.ts'
import { createRequestCounters } from './monitoring/request-counters.ts'
import { createTokenOutcomes } from './monitoring/token-outcomes.ts'
import { mountIntrospectionEndpoint } from './oauth/introspection-endpoint.ts'
import type { OAuthContext } from './oauth/oauth-endpoint.ts'
import { mountRevocationEndpoint } from './oauth/revocation-endpoint.ts'
import type { OperationsListener } from './monitoring/operations-listener.ts'
import { mountProblemPages } from './problems/problem-pages.ts'
import { mountReference } from './discovery/reference.ts'
import { watchEventLoop } from './monitoring/event-loop-lag.ts'
import { createReadiness, mountProbes } from './monitoring/readiness.ts'
import type { Revocation } from './recovery/lost-revocations.ts'
import { repeatRevocations, type RepeatedRevocation } from './recovery/repeat-revocations.ts'
import { recordRestore, type RecordedRestore } from './recovery/restore.ts'
import { mountKeycloakShape } from './admin/keycloak/keycloak-shape.ts'
import { createSecretUsage } from './rotation/secret-usage.ts'
import { createSelfService } from './me/self-service.ts'
import { createStepLimit } from './me/step-limit.ts'
import { createMaintenance } from './upkeep/maintenance.ts'
import { createLifecycle } from './start-and-stop.ts'
import { createApplyChange, type ApplyChange } from './change/apply-change.ts'
import { describeFailure } from './store/store-errors.ts'
import { openStore, type Store } from './store/store.ts'
import { createAddressProtection } from './throttle/address-protection.ts'
import { createAddressReader, notePeers } from './throttle/client-address.ts'
import { readCertificate } from './http/certificate.ts'
import { mountTokenEndpoint } from './oauth/token-endpoint.ts'
import { refuseUnknownPaths } from './http/unknown-paths.ts'

export interface ServerOptions {
  readonly configuration: Configuration
  /** Milliseconds since the epoch. */
  readonly clock?: Clock
  /** The clock of this machine as it is compared with the database's, for tests whose {@link clock} stands still. */
  readonly systemClock?: Clock
  /** Where the log goes, line by line; standard output if absent. */
  readonly logStream?: LogStream
}

export interface CountersignServer {
  readonly app: FastifyInstance
  readonly realms: ReadonlyMap<string, Realm>
  /** What happens by itself in the background, for tests that do not wait: seconds and minutes come by the clock of the wall. */
  readonly upkeep: { writeUsage(): Promise<void>; maintain(): Promise<void> }
  /** One transaction with its audit events and its rows in the change log, for a caller that holds the store and its keys. */
  readonly applyChange: ApplyChange
  /** Creates an operator; only whoever holds the store and the pepper can call this. @throws OperatorExistsError */
  createOperator(options?: OperatorOptions): Promise<OperatorCredentials>
  /** Whether anybody can administer this server. */
  hasOperator(): Promise<boolean>
  /** After a backup was put back: refuses every token from before, and makes all nodes forget what they know. */
  recordRestore(): Promise<RecordedRestore>
  /** After {@link recordRestore}: takes away again what was taken away after the backup. */
  repeatRevocations(revocations: readonly Revocation[]): Promise<RepeatedRevocation[]>
  listen(): Promise<void>
  /** Learns of all that other servers on the same store have committed before; they are told by themselves, a moment later. */
  pull(): Promise<void>
  /** Where the operations listener is, once it listens. */
  operationsPort(): number | undefined
  /** Reads the files of the certificate again, now. */
  reloadCertificate(): void
  /**
   * Ends a server under load without a failed request: says that it is not ready, waits for the load balancer, then closes
   * each connection with the last answer on it. What is still under way after half a minute is cut.
   */
  shutDown(): Promise<void>
  /** Answers what is under way, writes what is pending, closes the store. */
  close(): Promise<void>
}

/**
 * Builds a server that listens nowhere yet.
 * @throws StoreError, KeyRingError where it must not start
 */
export async function createServer(options: ServerOptions): Promise<CountersignServer> {
  const { configuration } = options
  const keyRings = {
    pepper: readKeyRing('secret pepper', configuration.secretPepper),
    keyEncryptionKey: readKeyRing('key encryption key', configuration.keyEncryptionKey),
  }
  const anchorFolder = findAnchorFolder(configuration)
  const store = await openStore(configuration.store)
  try {
    return await wireServer(store, keyRings, anchorFolder, options)
  } catch (error) {
    await store.close()
    throw error
  }
}

type KeyRings = Readonly<Record<'pepper' | 'keyEncryptionKey', KeyRing>>

async function wireServer(
  store: Store,
  { pepper, keyEncryptionKey }: KeyRings,
  anchorFolder: string | undefined,
  options: ServerOptions,
): Promise<CountersignServer> {
  const { configuration, clock: wallClock = Date.now, systemClock = Date.now, logStream } = options
  const { publicUrl, requestBodyLimit: bodyLimit } = configuration
  // No instant is taken from the second before the database was asked: what is ahead of it would stand still for as long.
  const databaseClock = createDatabaseClock({ clock: wallClock, systemClock })
  const clock = forwardOnly(databaseClock.now)
  const realms = new Map<string, Realm>([...configuration.realms, [operatorsRealmName, operatorsRealm(publicUrl)]])
  await verifyKeyRing(store, 'secret pepper', pepper)
  await verifyKeyRing(store, 'key encryption key', keyEncryptionKey)
  const secureContext = configuration.tls && readCertificate(configuration.tls)
  const { app, connections, onRequestEnd } = createHttpServer(configuration, logStream, secureContext)
  const damage = createDamageAlarm(app.log, databaseClock.now)
  const signingKeys = await openSigningKeys({ store, realms, ring: keyEncryptionKey, clock: databaseClock.now, onDamage: damage.raise })
  const spoolDirectory = configuration.auditSpool
  const {
    audit,
    anchors,
    begin: beginAudit,
    drainSpool,
    sinkFailure,
    gauges: auditGauges,
    close: closeAudit,
  } = createProtectedAuditLog({ store, pepper, spoolDirectory, anchorFolder, clock: databaseClock.now, log: app.log })
  await beginAudit()

  const lease = createLease({ milliseconds: configuration.lease * 1000, wallClock: systemClock })
  const { clientsInMemory } = configuration
  const cache = new Cache({
    db: store.tokenPool,
    realms,
    clock,
    clientsInMemory,
    onDamage: damage.raise,
    ...(store.isShared && { lease }),
  })
  const memory: Memory = { cache, signingKeys }
  const follower = followChanges({ store, memory, lease, log: app.log, onReachable: drainSpool, onMeasured: databaseClock.measured })
  await follower.pullFirst()
  app.decorate('isOutageTold', () => !lease.isReachable() || sinkFailure() !== undefined)
  const applyChange = createApplyChange({ store, memory, audit, clock })
  const onUnwritten = (err: Error) => app.log.warn(describeFailure(err), 'last-used times of secrets could not be written; retrying')
  const usage = createSecretUsage({ store, realms, cache, applyChange, onFailure: onUnwritten })
  const maintain = createMaintenance({ store, realms, applyChange, clock, log: app.log })
  const addresses = createAddressReader(configuration.trustedProxies)
  const peerOf = notePeers(app.server)
  const addressOf = (request: FastifyRequest) => addresses.read(peerOf(request.raw.socket), request.headers['x-forwarded-for']?.toString())

  const readiness = createReadiness()
  const lag = watchEventLoop()
  readiness.add('event-loop', lag.check)
  const monitored: Monitored = {
    requests: createRequestCounters(),
    tokenOutcomes: createTokenOutcomes(),
    connections,
    lag,
    readiness,
    damage,
    gauges: [
      ...watchAudit(readiness, { sinkFailure, gauges: auditGauges }),
      ...(store.isShared ? watchStore(readiness, { follower, store, lease }) : []),
    ],
  }
  const isAccessLogged = configuration.accessLog && ['debug', 'info'].includes(configuration.logLevel)
  const accessLog = isAccessLogged ? createAccessLog(logStream ?? process.stdout, addressOf) : undefined
  onRequestEnd(countRequests(app, { requests: monitored.requests, recordAccess: accessLog?.record }))
  onRequestEnd(noteOtherDenials(audit, addressOf))
  refuseUnknownPaths(app)
  mountProbes(app, readiness)
  await app.register((scope) => mountProblemPages(scope, publicUrl))
  mountReference(app, publicUrl)

  const selfService = createSelfService({ realms, db: store.db, clock, pepper, usage, applyChange, stepLimit: createStepLimit() })
  let atRoot: OAuthContext | undefined
  const guards: Guard[] = []
  for (const realm of realms.values()) {
    const keys = signingKeys.of(realm.name)
    const paths = realmPaths(realm)
    const guard = createRealmGuard(realm, keys, cache, publicUrl, clock)
    const protection = createAddressProtection(realm)
    const countOutcome = monitored.tokenOutcomes.counterOf(realm.name)
    const context: OAuthContext = {
      realm,
      publicUrl,
      bodyLimit,
      clock,
      cache,
      changes: follower,
      pepper,
      audit,
      usage,
      protection,
      addressOf,
      countOutcome,
    }
    await app.register(async (scope) => {
      readFormsAsBytes(scope)
      mountTokenEndpoint(scope, context, keys)
      mountIntrospectionEndpoint(scope, context, guard, paths.introspection)
      mountRevocationEndpoint(scope, context, guard, applyChange, paths.revocation)
    })
    mountDiscovery(app, realm, paths, keys, publicUrl)
    await app.register((scope) => mountRealmApi(scope, context, guard, selfService))
    if (realm.issuerPath === '') atRoot = context
    if (realm.name === operatorsRealmName) {
      const admin = { guard, realms, db: store.db, cache, pepper, usage, clock, applyChange, addressOf }
      await app.register((scope) => mountAdmin(scope, admin))
      await app.register((scope) => mountKeycloakShape(scope, admin))
    }
    guards.push(guard)
  }
  await app.register((scope) => mountRootMe(scope, createEveryRealmGuard(publicUrl, guards), selfService, atRoot))
  maintain.start()

  if (store.isShared) follower.start()
  const operations = await createOperations(configuration.operationsListen, monitored, app.log)
  const closeRest = async () => {
    lag.stop()
    accessLog?.flush()
    await maintain.stop()
    await usage.close()
    follower.close()
    await closeAudit()
    await store.close()
  }
  const lifecycle = createLifecycle({ configuration, app, connections, readiness, operations, closeRest })
  return {
    app,
    realms,
    upkeep: { writeUsage: usage.write, maintain: maintain.run },
    pull: () => follower.pull(),
    applyChange,
    createOperator: (operator) => createOperator(applyChange, realms.get(operatorsRealmName)!, pepper, store.db, operator),
    hasOperator: () => hasOperator(store.db),
    async recordRestore() {
      const restored = await recordRestore(applyChange, anchors)
      await follower.pull() // This node has to forget everything, too.
      return restored
    },
    repeatRevocations: (revocations) => repeatRevocations({ realms, pepper, usage, applyChange }, revocations),
    ...lifecycle,
    async listen() {
      // Only now: whoever records a restore listens nowhere, and knows why seals are missing.
      await anchors
        .settle()
        .catch((error: Error) => app.log.warn(describeFailure(error), 'the audit log could not be compared with its anchors'))
      await lifecycle.listen()
    },
  }
}

/** What formats the figures is loaded only where somebody reads them. */
async function createOperations(
  listen: string | null,
  monitored: Monitored,
  log: FastifyBaseLogger,
): Promise<OperationsListener | undefined> {
  if (listen === null) return undefined
  const { createOperationsListener } = await import('./monitoring/operations-listener.ts')
  const onFailure = (err: Error) => log.error({ err }, 'operations listener: request failed')
  return createOperationsListener({ listen, monitored, onFailure })
}
