// Opens what every request and every change works with, in the order of dependencies: the clock, the audit log, the cache with its lease,
// the signing keys, and changes.
import type { FastifyBaseLogger } from 'fastify'
import { tokenProfiles } from '@countersign/protocol'
import { createProtectedAuditLog, type ProtectedAuditLog } from './audit/protected-audit-log.ts'
import { Cache } from './cache/cache.ts'
import { createChangeFeed, type ChangeFeed } from './cache/change-feed.ts'
import { createChangeRing, type ChangeRing } from './cache/change-ring.ts'
import { followChanges, type ChangeFollower } from './cache/follow-changes.ts'
import type { Memory } from './cache/forget-changed.ts'
import { createLease, type Lease } from './cache/lease.ts'
import { createApplyChange, type ApplyChange } from './change/apply-change.ts'
import type { DatabaseClock } from './clock-difference.ts'
import { createClockWatch } from './clock-watch.ts'
import { forwardOnly, type Clock } from './clock.ts'
import type { Configuration } from './configuration/configuration.ts'
import type { HttpServer } from './http/http-server.ts'
import type { KeyRing } from './keys/key-ring.ts'
import { createKeyRings, type ConfiguredRings, type KeyRings } from './keys/live-rings.ts'
import { raiseLongestLifetime } from './keys/key-rows.ts'
import { openSigningKeys, type RealmKeys, type SigningKeys } from './keys/realm-keys.ts'
import type { Realm } from './realms/realm.ts'
import { createRequestRecords, type RequestRecords } from './request-records.ts'
import type { SigningKeyContext } from './signing-keys/find-key.ts'
import { createDamageAlarm, type DamageAlarm } from './store/damage.ts'
import { describeFailure, isStoreUnavailable } from './store/store-errors.ts'
import type { Store } from './store/store.ts'
import { createFutureCutAlarm, type FutureCutAlarm } from './token/future-cuts.ts'

export interface DataOptions {
  readonly store: Store
  /** As they were read. */
  readonly keyRings: ConfiguredRings
  readonly configuration: Pick<Configuration, 'auditSpool' | 'lease' | 'clientsInMemory' | 'secretPepper' | 'keyEncryptionKey' | 'auditKey'>
  readonly realms: ReadonlyMap<string, Realm>
  /** The node id of this run of the server. */
  readonly node: string
  readonly databaseClock: DatabaseClock
  readonly systemClock: Clock
  readonly anchorFolder: string | undefined
  readonly http: Pick<HttpServer, 'app' | 'configureEvery'>
}

export interface Data
  extends Pick<ProtectedAuditLog, 'audit' | 'anchors' | 'seal' | 'sinkFailure' | 'sealWarning' | 'gauges'>, RequestRecords {
  readonly store: Store
  readonly realms: ReadonlyMap<string, Realm>
  readonly pepper: KeyRing
  readonly keyRings: KeyRings
  /** Never goes back. @throws WrongClockError while no token and no change may be dated */
  readonly clock: Clock
  readonly databaseClock: DatabaseClock
  readonly damage: DamageAlarm
  readonly futureCuts: FutureCutAlarm
  readonly signingKeys: SigningKeys
  /** For the steps of signing-keys/. */
  readonly keyContext: SigningKeyContext
  readonly lease: Lease
  readonly cache: Cache
  readonly follower: ChangeFollower
  readonly ring: ChangeRing
  readonly changeFeed: ChangeFeed
  readonly applyChange: ApplyChange
  /** Writes pending data and closes the store. No request may follow. */
  close(): Promise<void>
}

/** @throws StoreError, KeyRingError if the server must not start */
export async function openData(options: DataOptions): Promise<Data> {
  const { store, configuration, realms, node, databaseClock, systemClock, anchorFolder, http } = options
  const { log } = http.app
  const { now } = databaseClock
  // Not read before the first comparison with the database: on a machine that is ahead, it would stand still after the correction.
  const clock = forwardOnly(databaseClock.trusted, () => performance.now())
  const locations = { ...configuration, pepper: configuration.secretPepper }
  const keyRings = createKeyRings({ store, node, read: options.keyRings, locations, log })
  await keyRings.begin()
  const { pepper, keyEncryptionKey, auditKey } = keyRings
  const damage = createDamageAlarm(log, now)
  const keyContext = { ring: keyEncryptionKey, leaseMs: store.isShared ? configuration.lease * 1000 : 0 }
  const signingKeys = await openSigningKeys({ ...keyContext, store, realms, clock: now, onDamage: damage.raise })
  await noteLifetimes(store, realms.values(), signingKeys)

  for (const realm of realms.values()) logKeptAlgorithm(realm, signingKeys.of(realm.name), log)

  const clockWatch = createClockWatch({ store, node, databaseClock, log })
  // The first seal of the audit log is dated, too.
  await clockWatch.measureFirst(systemClock)

  const keys = { pepper, auditKey }
  const spoolDirectory = configuration.auditSpool
  const auditLog = createProtectedAuditLog({ store, keys, node, spoolDirectory, anchorFolder, clock: now, log })
  await auditLog.begin()
  if (!auditKey) log.info('no "auditKey" is configured: the audit log is protected by the pepper, which cannot be retired until one is set')

  const lease = createLease({ milliseconds: configuration.lease * 1000, wallClock: systemClock })
  const { clientsInMemory } = configuration
  const onDamage = damage.raise
  const { tokenPool: db, backgroundPool } = store
  const cache = new Cache({ db, backgroundPool, realms, clock, clientsInMemory, onDamage, ...(store.isShared && { lease }) })
  const memory: Memory = { cache, signingKeys }
  const onReachable = () => {
    auditLog.drainSpool()
    void clockWatch.compare()
    keyRings.compare()
  }
  const ring = createChangeRing()
  const follower = followChanges({ store, memory, ring, lease, log, onReachable, onMeasured: databaseClock.measured })
  await follower.pullFirst()
  await clockWatch.compare()
  const isOutageTold = () => !lease.isReachable() || (auditLog.sinkFailure() ?? databaseClock.failure()) !== undefined
  http.configureEvery((app) => void app.decorate('isOutageTold', isOutageTold))

  const shared = { ageSeconds: follower.pullAgeSeconds, pull: follower.pull }
  const changeFeed = createChangeFeed({ ring, cache, database: follower.database, ...(store.isShared && { shared }) })

  const applyChange = createApplyChange({
    store,
    memory,
    audit: auditLog.audit,
    clock,
    compareClocks: { systemClock, measured: databaseClock.measured },
    ring,
  })
  const warnOf = (what: string) => (err: Error) => {
    if (isStoreUnavailable(err) && isOutageTold()) return
    log.warn(describeFailure(err), `${what} could not be written; retrying`)
  }
  const records = createRequestRecords({ store, realms, cache, applyChange, now, warnOf })

  return {
    ...auditLog,
    ...records,
    store,
    realms,
    pepper,
    keyRings,
    clock,
    databaseClock,
    damage,
    futureCuts: createFutureCutAlarm(log, now),
    signingKeys,
    keyContext,
    lease,
    cache,
    follower,
    ring,
    changeFeed,
    applyChange,
    async close() {
      await records.close()
      follower.close()
      await auditLog.close()
      await keyRings.close()
      await store.close()
    },
  }
}

/** Before this node signs a token that lives longer than the keys of the realm know: they stay published for as long. */
async function noteLifetimes(store: Store, realms: Iterable<Realm>, signingKeys: SigningKeys): Promise<void> {
  for (const { name, accessTokenLifetime } of realms) {
    const isLonger = signingKeys
      .of(name)
      .rows()
      .live.some(({ state, longest_lifetime }) => state !== 'retiring' && longest_lifetime < accessTokenLifetime)
    if (isLonger) await store.transact((db) => raiseLongestLifetime(db, name, accessTokenLifetime))
  }
}

/** So that a default that would be another today surprises no operator who removes or adds the setting. */
function logKeptAlgorithm({ name, signingAlgorithm, tokenProfile }: Realm, keys: RealmKeys, log: FastifyBaseLogger): void {
  const [algorithm] = keys.algorithms()
  const byDefault = tokenProfiles[tokenProfile].defaultSigningAlgorithm
  if (signingAlgorithm === undefined && algorithm !== byDefault)
    log.info(
      { realm: name, algorithm },
      `the realm keeps signing by the algorithm of the key it has; a new realm of its profile would use ${byDefault}. Set "signingAlgorithm" to choose`,
    )
}
