// Wires the product together: data, surfaces, upkeep. It owns no behaviour.
import type { FastifyInstance } from 'fastify'
import { findOurCommand } from './admin/keycloak/our-commands.ts'
import { createAuditMac } from './audit/events/audit-mac.ts'
import { createRetentionStore } from './audit/retention/retention-store.ts'
import { findAnchorFolder } from './audit/seals/anchor-files.ts'
import type { ApplyChange } from './change/apply-change.ts'
import { createDatabaseClock } from './clock-difference.ts'
import type { Clock } from './clock.ts'
import type { Configuration } from './configuration/configuration.ts'
import { refuseFutureCuts } from './configuration/refuse-future-cuts.ts'
import { createReference } from './discovery/reference.ts'
import { createFeed } from './feed/feed.ts'
import { readCertificate } from './http/certificate.ts'
import { createHttpServer } from './http/http-server.ts'
import type { EndedRequest } from './http/request-end.ts'
import type { ConfiguredRings } from './keys/live-rings.ts'
import { readKeyRing } from './keys/read-key-ring.ts'
import type { LogStream } from './log.ts'
import { createLogDestination } from './log-destination.ts'
import { createFeedCounters } from './monitoring/feed-counters.ts'
import { createMonitor } from './monitoring/monitor.ts'
import { createNodeReports } from './monitoring/node-report.ts'
import { mountSurfaces } from './mount-surfaces.ts'
import { createNodeName, createRequestIds } from './node-ids.ts'
import { openData } from './open-data.ts'
import { checkPasskeyHost } from './people/passkey-host.ts'
import { operatorsRealm, operatorsRealmName } from './realms/operators-realm.ts'
import type { Realm } from './realms/realm.ts'
import { createLifecycle, type Lifecycle } from './start-and-stop.ts'
import { createStoreCommands, type StoreCommands } from './store-commands.ts'
import { describeFailure } from './store/store-errors.ts'
import { openStore, type Store } from './store/store.ts'
import { createAddressReader } from './throttle/client-address.ts'
import { readLargestOrganizations } from './usage/largest-organizations.ts'
import { checkClientAlgorithms } from './upkeep/check-client-algorithms.ts'
import { checkCuts } from './upkeep/check-cuts.ts'
import { createMaintenance } from './upkeep/maintenance.ts'
import { createAuditRetention, type RetentionRun } from './upkeep/retain-audit.ts'
import { createKeyRotation } from './upkeep/rotate-signing-keys.ts'
import { createPageLink } from './web/page-link.ts'
import { createSignInLinks } from './web/sign-in-links.ts'

export interface ServerOptions {
  readonly configuration: Configuration
  /** Milliseconds since the epoch. */
  readonly clock?: Clock
  /** The clock of this machine, which is compared with the database's; for tests whose {@link clock} is fixed. */
  readonly systemClock?: Clock
  /**
   * How long a token request waits for an answer of a shared database, in milliseconds; 250 by default. More for tests that are not about a slow
   * database, on machines that are busy with other tests.
   */
  readonly requestWaitsMs?: number
  /** Receives the log, line by line; default: standard output. */
  readonly logStream?: LogStream
}

export interface CountersignServer extends Lifecycle, StoreCommands {
  readonly app: FastifyInstance
  readonly realms: ReadonlyMap<string, Realm>
  /** Background work for tests; it runs by the real clock. */
  readonly upkeep: {
    writeUsage(): Promise<void>
    writeRefusals(): Promise<void>
    maintain(): Promise<void>
    rotateKeys(): Promise<void>
    retainAudit(run?: RetentionRun): Promise<boolean>
    sealAudit(): Promise<void>
    compareKeyRings(): Promise<void>
    /** Tells the other nodes how this one is. */
    announce(): Promise<void>
  }
  /** One transaction with its audit events and its rows in the change log; requires access to the store and its keys. */
  readonly applyChange: ApplyChange
  /** Archives or removes the audit events that are due, as upkeep does. @returns false if another node does it now. @throws the first failure */
  retainAudit(run?: RetentionRun): Promise<boolean>
  /**
   * A link to the console that signs an operator in, once and within ten minutes; for the demo.
   * @throws TypeError without a console, and on a server that others than this machine can reach
   */
  createConsoleLink(clientId: string): string
  /** The same to the portal, for a client of a realm. */
  createPortalLink(client: { readonly realm: string; readonly clientId: string }): string
  /** Applies all changes that other nodes have committed; this also happens automatically, shortly after each change. */
  pull(): Promise<void>
}

/**
 * Builds a server that does not listen yet.
 * @throws ConfigurationError (the TLS files; a realm whose tokensNotBefore is in the future), StoreError, KeyRingError if it must not start
 */
export async function createServer(options: ServerOptions): Promise<CountersignServer> {
  const { configuration, clock = Date.now } = options
  refuseFutureCuts(configuration.realms.values(), clock())
  const keyRings = {
    pepper: await readKeyRing('secret pepper', configuration.secretPepper),
    keyEncryptionKey: await readKeyRing('key-encryption key', configuration.keyEncryptionKey),
    auditKey: configuration.auditKey === undefined ? undefined : await readKeyRing('audit key', configuration.auditKey),
  }
  const anchorFolder = findAnchorFolder(configuration)
  const { requestWaitsMs } = options
  const store = await openStore(configuration.store, { readLocation: configuration.readStore, requestWaitsMs })
  try {
    return await wireServer(store, keyRings, anchorFolder, options)
  } catch (error) {
    await store.close()
    throw error
  }
}

async function wireServer(
  store: Store,
  keyRings: ConfiguredRings,
  anchorFolder: string | undefined,
  options: ServerOptions,
): Promise<CountersignServer> {
  // Data: what requests and changes work with.
  const { configuration, clock: wallClock = Date.now, systemClock = Date.now } = options
  const logStream = createLogDestination(options.logStream ?? process.stdout)
  const node = createNodeName()
  const secureContext = configuration.tls && readCertificate(configuration.tls)
  const http = createHttpServer(configuration, createRequestIds(node, wallClock), logStream, { secureContext, findRemedy: findOurCommand })
  const { app, connections, watchEnd } = http
  const ofOperators = operatorsRealm(configuration.publicUrl, configuration.signingKeys)
  const realms = new Map<string, Realm>([...configuration.realms, [operatorsRealmName, ofOperators]])
  store.logLogins(app.log)
  const databaseClock = createDatabaseClock({ clock: wallClock, systemClock })
  const data = await openData({ store, keyRings, configuration, realms, node, databaseClock, systemClock, anchorFolder, http })
  const { pepper, clock, applyChange, follower, anchors } = data
  const reloadKeys = data.keyRings.reload

  // Surfaces: HTTP, and the view of it in logs and metrics.
  const addresses = createAddressReader(configuration.trustedProxies)
  // Only a request that was injected has a socket that no connection was accepted for.
  const peerOf = ({ raw: { socket } }: EndedRequest) => connections.addressOf(socket) ?? socket.remoteAddress ?? ''
  const addressOf = (request: EndedRequest) => addresses.read(peerOf(request), request.headers['x-forwarded-for']?.toString())
  const reference = createReference(configuration.publicUrl)
  const { isTrusted } = addresses
  const counters = createFeedCounters()
  const canTell = () => !store.isShared || data.lease.isFresh()
  const feed = createFeed({ ...data, canTell, now: databaseClock.now, connections, watchEnd, counters })
  const retentionStore = await createRetentionStore(store, configuration.audit.retentionStore)
  const retention = createAuditRetention({
    settings: configuration.audit,
    store,
    retentionStore,
    mac: createAuditMac({ pepper, auditKey: data.keyRings.auditKey }),
    applyChange,
    clock,
    incomplete: () => (data.gauges.spool?.isInUse ? 'audit events wait in the spool of this server' : undefined),
    log: app.log,
  })
  const watched = { addressOf, peerOf, isTrusted, feed: counters, retention }
  const monitor = await createMonitor({ configuration, http, data, ...watched, logStream, files: reference })
  const links = { console: createSignInLinks(), portal: createSignInLinks() }
  const nodeReports = createNodeReports({ node, monitored: monitor, data })
  const surfaces = { configuration, http, data, feed, monitored: monitor, nodeReports, addressOf, reference, links }
  const { endStreams } = await mountSurfaces(surfaces)

  // Upkeep: periodic work, and the shutdown.
  const maintenance = createMaintenance({ store, realms, applyChange, clock, log: app.log, futureCuts: data.futureCuts })
  maintenance.start()
  const keyRotation = createKeyRotation({ ...data, now: databaseClock.now, log: app.log })
  monitor.readiness.warn('signing-key-reserve', keyRotation.warning)
  if (store.isShared) follower.start()
  const nameLargest = async () => {
    const { organizationsInMetrics: places, operationsListen } = configuration
    if (places === 0 || operationsListen === null) return
    for (const { realm, ...organization } of await readLargestOrganizations(store.db, databaseClock.now(), places))
      monitor.organizations.name(realm, organization)
  }
  const stopping = new AbortController()
  let opened: Promise<void> = Promise.resolve()
  const closeRest = async () => {
    stopping.abort()
    await opened
    monitor.close()
    await maintenance.stop()
    await keyRotation.stop()
    await retention.stop()
    await nodeReports.stop()
    await data.close()
  }
  const { readiness, operations } = monitor
  const lifecycle = createLifecycle({ configuration, app, connections, readiness, operations, endStreams, reloadKeys, closeRest })
  return {
    ...lifecycle,
    app,
    realms,
    upkeep: {
      writeUsage: data.writeUsage,
      writeRefusals: data.refusals.write,
      maintain: maintenance.run,
      rotateKeys: keyRotation.run,
      retainAudit: retention.run,
      sealAudit: data.seal,
      compareKeyRings: data.keyRings.compareNow,
      announce: nodeReports.announce,
    },
    applyChange,
    ...createStoreCommands({ data, retentionStore }),
    pull: () => follower.pull(),
    createConsoleLink: (clientId) =>
      createPageLink('console', configuration, () => links.console.create({ realm: operatorsRealmName, clientId }, clock())),
    createPortalLink: (client) => createPageLink('portal', configuration, () => links.portal.create(client, clock())),
    retainAudit: retention.run,
    async listen() {
      // Only now: a process that records a restore does not listen, and knows why seals are missing.
      await anchors
        .reconcile()
        .catch((error: Error) => app.log.warn(describeFailure(error), 'the audit log could not be compared with its anchors'))
      await checkCuts(store.db, data.futureCuts, clock).catch((error: Error) =>
        app.log.warn(describeFailure(error), 'cuts could not be checked'),
      )
      await checkClientAlgorithms(store.db, realms, data.signingKeys, app.log).catch((error: Error) =>
        app.log.warn(describeFailure(error), 'the signing algorithms of clients could not be checked'),
      )
      const { portal, publicUrl } = configuration
      await checkPasskeyHost(store.db, portal.enabled ? (portal.publicUrl ?? publicUrl) : undefined, app.log).catch((error: Error) =>
        app.log.warn(describeFailure(error), 'the host of the passkeys could not be checked'),
      )
      await nameLargest().catch((error: Error) =>
        app.log.warn(describeFailure(error), 'the largest organizations are not named in metrics'),
      )
      await store.warmUp()
      await lifecycle.listen()
      // Requests open the keys that they need. The rest follow, so that a damaged one is told before a request needs it.
      opened = data.signingKeys
        .openAll(stopping.signal)
        .catch((error: Error) =>
          app.log.warn(describeFailure(error), 'signing keys could not be created or opened; requests that need one try again'),
        )
      // Only in a server that serves: a command that opens the store changes no keys.
      keyRotation.start()
      retention.start()
      nodeReports.start()
    },
  }
}
