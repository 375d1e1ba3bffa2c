// Wires the product together, top to bottom; reading createServer() is reading what the server is. It owns no behaviour.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { createGuard, type Guard } from '@countersign/guard'
import { mountAdmin } from './admin/mount-admin.ts'
import { createOperator, operatorsRealm, operatorsRealmName, type OperatorCredentials } from './admin/operators.ts'
import { createEveryRealmGuard } from './api/every-realm-guard.ts'
import { mountRealmApi, mountRootMe } from './api/realm-api.ts'
import { createAuditChain } from './audit/audit-chain.ts'
import { createAuditLog } from './audit/audit-log.ts'
import { noteOtherRefusals } from './audit/note-other-refusals.ts'
import { forwardOnly, type Clock } from './clock.ts'
import type { Configuration, Realm } from './configuration/configuration.ts'
import { Directory } from './directory/directory.ts'
import { mountDiscovery, realmPaths } from './discovery/discovery.ts'
import { createHttpServer, readFormsAsBytes } from './http-server.ts'
import { readKeyRing, verifyKeyRing, type KeyRing } from './keys/key-ring.ts'
import { loadSigningKeys, type RealmKeys } from './keys/signing-keys.ts'
import { mountIntrospectionEndpoint } from './oauth/introspection-endpoint.ts'
import type { OAuthContext } from './oauth/oauth-endpoint.ts'
import { mountRevocationEndpoint } from './oauth/revocation-endpoint.ts'
import { mountProblemPages } from './problems/problem-pages.ts'
import { mountReference } from './reference/reference.ts'
import { mountKeycloakShape } from './rotation/keycloak-shape.ts'
import { createSecretUsage } from './rotation/secret-usage.ts'
import { createSelfService } from './rotation/self-service.ts'
import { createSweep } from './rotation/sweep.ts'
import { createApplyChange } from './store/change.ts'
import { openStore, type Store } from './store/store.ts'
import { createAddressProtection } from './throttle/address-protection.ts'
import { createAddressReader, notePeers } from './throttle/client-address.ts'
import { mountTokenEndpoint } from './token/token-endpoint.ts'
import { refuseUnknownPaths } from './unknown-paths.ts'

export interface ServerOptions {
  readonly configuration: Configuration
  /** Milliseconds since the epoch. */
  readonly clock?: Clock
  /** Where the log goes, line by line; standard output if absent. */
  readonly logStream?: { write(line: string): void }
}

export interface CountersignServer {
  readonly app: FastifyInstance
  readonly realms: ReadonlyMap<string, Realm>
  /** Creates the first operator; only whoever holds the store and the pepper can call this. */
  createOperator(): Promise<OperatorCredentials>
  /** What happens by itself in the background, for tests that do not wait: seconds and minutes come by the clock of the wall. */
  readonly upkeep: { writeUsage(): Promise<void>; sweep(): Promise<void> }
  listen(): Promise<void>
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
  const store = await openStore(configuration.store)
  try {
    return await wireServer(store, keyRings, options)
  } catch (error) {
    await store.close()
    throw error
  }
}

type KeyRings = Readonly<Record<'pepper' | 'keyEncryptionKey', KeyRing>>

async function wireServer(store: Store, { pepper, keyEncryptionKey }: KeyRings, options: ServerOptions): Promise<CountersignServer> {
  const { configuration, clock: wallClock = Date.now, logStream } = options
  const { publicUrl, requestBodyLimit: bodyLimit } = configuration
  const clock = forwardOnly(wallClock)
  const realms = new Map<string, Realm>([...configuration.realms, [operatorsRealmName, operatorsRealm(publicUrl)]])
  await verifyKeyRing(store, 'secret pepper', pepper)
  await verifyKeyRing(store, 'key encryption key', keyEncryptionKey)
  const signingKeys = await loadSigningKeys(store, realms, keyEncryptionKey, clock())
  const directory = new Directory({ db: store.db, realms, clock, clientsInMemory: configuration.clientsInMemory })
  await directory.load()

  const app = createHttpServer(configuration, logStream)
  const onFailure = (error: Error) => app.log.error({ err: error }, 'refusals could not be written to the audit log')
  const audit = createAuditLog({ db: store.db, chain: createAuditChain(pepper), clock: wallClock, onFailure })
  const applyChange = createApplyChange({ store, directory, audit, clock })
  const onUnwritten = (err: Error) => app.log.warn({ err }, 'uses of secrets could not be written; trying again')
  const usage = createSecretUsage({ store, realms, directory, applyChange, onFailure: onUnwritten })
  const sweep = createSweep({ store, realms, applyChange, clock, log: app.log })
  const addresses = createAddressReader(configuration.trustedProxies)
  const peerOf = notePeers(app.server)
  const addressOf = (request: FastifyRequest) => addresses.read(peerOf(request.raw.socket), request.headers['x-forwarded-for']?.toString())

  refuseUnknownPaths(app)
  noteOtherRefusals(app, audit, addressOf)
  await app.register((scope) => mountProblemPages(scope, publicUrl))
  mountReference(app, publicUrl)

  const selfService = createSelfService({ realms, db: store.db, clock, pepper, usage, applyChange, addressOf })
  const guards: Guard[] = []
  for (const realm of realms.values()) {
    const keys = signingKeys.get(realm.name)!
    const paths = realmPaths(realm)
    const guard = createRealmGuard(realm, keys, directory, publicUrl, clock)
    const protection = createAddressProtection(realm)
    const context: OAuthContext = { realm, publicUrl, bodyLimit, clock, directory, pepper, audit, usage, protection, addressOf }
    await app.register(async (scope) => {
      readFormsAsBytes(scope)
      mountTokenEndpoint(scope, context, keys)
      mountIntrospectionEndpoint(scope, context, guard, paths.introspection)
      mountRevocationEndpoint(scope, context, guard, applyChange, paths.revocation)
    })
    mountDiscovery(app, realm, paths, keys, publicUrl)
    await app.register((scope) => mountRealmApi(scope, realm, guard, directory, selfService))
    if (realm.name === operatorsRealmName) {
      const admin = { guard, realms, db: store.db, directory, pepper, usage, clock, applyChange, addressOf }
      await app.register((scope) => mountAdmin(scope, admin))
      await app.register((scope) => mountKeycloakShape(scope, admin))
    }
    guards.push(guard)
  }
  await app.register((scope) => mountRootMe(scope, createEveryRealmGuard(publicUrl, guards), selfService))
  sweep.start()

  return {
    app,
    realms,
    upkeep: { writeUsage: usage.write, sweep: sweep.run },
    createOperator: () => createOperator(applyChange, realms.get(operatorsRealmName)!, pepper, store.db),
    async listen() {
      const [, host = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(configuration.listen) ?? []
      await app.listen({ host, port: Number(port) })
    },
    async close() {
      await app.close()
      await sweep.stop()
      await usage.close()
      await audit.close()
      await store.close()
    },
  }
}

/** The guard that protects a realm's own API, inside the process: keys and entitlements come from memory. */
function createRealmGuard(realm: Realm, keys: RealmKeys, directory: Directory, publicUrl: string, clock: Clock): Guard {
  return createGuard({
    issuer: realm.issuer,
    realm: realm.name,
    publicUrl,
    tokenProfile: realm.tokenProfile,
    ...(realm.audience !== undefined && { audience: realm.audience }),
    keys: { find: (kid) => keys.verificationKeys.get(kid) },
    entitlements: { find: ({ clientId }) => directory.findEntitlement(realm.name, clientId) },
    clockSkewSeconds: 0,
    clock,
  })
}
