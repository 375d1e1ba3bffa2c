// Signing keys in the store: created at the first start, encrypted at rest, decrypted in memory. `kid` is the RFC 7638
// thumbprint, so no two keys have the same.
import {
  constants,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  type KeyObject,
  type SignKeyObjectInput,
} from 'node:crypto'
import type { Kysely } from 'kysely'
import { importVerificationKey, type VerificationKey } from '@countersign/guard'
import { signingAlgorithms, tokenProfiles, type SigningAlgorithm, type SigningAlgorithmName } from '@countersign/protocol'
import type { Clock } from '../clock.ts'
import type { Realm } from '../realms/realm.ts'
import type { Store } from '../store/store.ts'
import type { Schema } from '../store/schema.ts'
import type { OnDamage } from '../store/damage.ts'
import { KeyRingError, type KeyRing } from './key-ring.ts'
import { unwrap, wrap } from './key-wrapping.ts'
import { thumbprint, toPublicJwk, type PublicJwk } from './public-jwk.ts'

export interface SigningKey {
  readonly kid: string
  readonly algorithm: SigningAlgorithmName
  /** Returns the signature in the form of JWS for this algorithm (RFC 7518 §3). */
  sign(input: Buffer): Buffer
}

export interface LoadedKeys {
  /** By which the realm signs. */
  readonly algorithm: SigningAlgorithmName
  /** Undefined if the key that the realm signs with cannot be decrypted. */
  readonly usable: UsableKeys | undefined
}

export interface UsableKeys {
  readonly active: SigningKey
  readonly published: readonly PublicJwk[]
  /** The published keys by `kid`. */
  readonly verificationKeys: ReadonlyMap<string, VerificationKey>
}

interface LoadContext {
  readonly store: Store
  readonly ring: KeyRing
  readonly clock: Clock
  readonly onDamage?: OnDamage
}

/**
 * Reads the keys of one realm. A key that cannot be decrypted is never replaced: an unannounced new key would break every guard.
 * @param before the keys loaded before; a key that is still there stays the same object, by which verifiers recognize it
 * @throws KeyRingError for a key that cannot be decrypted, if there is no `onDamage`
 */
export async function loadRealmKeys({ store, ring, clock, onDamage }: LoadContext, realm: Realm, before?: UsableKeys): Promise<LoadedKeys> {
  // Most of the time there is nothing to create, and a reload must not wait for the changes of other nodes.
  const found = await publishedRows(store.tokenPool, realm)
  const opening = { ring, onDamage, before }
  if (findActive(found, realm)) return toLoadedKeys(found, realm, opening)
  // In a transaction: of several nodes that start at once, one creates the key and the others read it.
  const rows = await store.transact(async (db) => {
    const rows = await publishedRows(db, realm)
    if (findActive(rows, realm)) return rows
    const row = createKeyRow(realm.name, algorithmOf(rows, realm), ring, clock())
    await db.insertInto('signing_keys').values(row).execute()
    return [...rows, row]
  })
  return toLoadedKeys(rows, realm, opening)
}

type Row = Schema['signing_keys']

function publishedRows(db: Kysely<Schema>, realm: Realm): Promise<Row[]> {
  return db
    .selectFrom('signing_keys')
    .selectAll()
    .where('realm', '=', realm.name)
    .where('state', 'in', ['staged', 'active', 'retiring'])
    .orderBy('created_at', 'desc')
    .execute()
}

/**
 * The configured algorithm. Without one a realm keeps what it signs with, because its verifiers may know no other: until version 0.1.0
 * the default of every profile was ES256, and only keys that a configuration once named are of others.
 */
function algorithmOf(rows: readonly Row[], { signingAlgorithm, tokenProfile }: Realm): SigningAlgorithmName {
  if (signingAlgorithm) return signingAlgorithm
  const active = rows.filter(({ state }) => state === 'active').map(({ algorithm }) => algorithm as SigningAlgorithmName)
  return active.find((algorithm) => algorithm === 'ES256') ?? active[0] ?? tokenProfiles[tokenProfile].defaultSigningAlgorithm
}

function findActive(rows: readonly Row[], realm: Realm): Row | undefined {
  const algorithm = algorithmOf(rows, realm)
  return rows.find((row) => row.state === 'active' && row.algorithm === algorithm)
}

/** A new key for a realm, encrypted, as the store holds it. */
export function createKeyRow(realm: string, algorithm: SigningAlgorithmName, ring: KeyRing, now: number): Row {
  const { privateKey, publicKey } = generateKeyPair(algorithm)
  const kid = thumbprint(publicKey)
  return {
    kid,
    realm,
    algorithm,
    state: 'active',
    wrapped_private_key: wrap(ring, bindingOf({ kid, realm, algorithm }), privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()),
    created_at: now,
  }
}

interface Opening {
  readonly ring: KeyRing
  readonly onDamage: OnDamage | undefined
  readonly before: UsableKeys | undefined
}

function toLoadedKeys(rows: readonly Row[], realm: Realm, opening: Opening): LoadedKeys {
  return { algorithm: algorithmOf(rows, realm), usable: openKeys(rows, findActive(rows, realm), opening) }
}

function openKeys(rows: readonly Row[], signing: Row | undefined, { ring, onDamage, before }: Opening): UsableKeys | undefined {
  const opened = rows.flatMap((row) => {
    try {
      return [{ row, privateKey: openPrivateKey(row, ring) }]
    } catch (error) {
      if (!onDamage) throw error
      onDamage({ table: 'signing_keys', row: row.kid, column: 'wrapped_private_key' })
      return []
    }
  })
  const active = opened.find(({ row }) => row === signing)
  if (!active) return undefined
  const published = opened.map(({ row, privateKey }) =>
    toPublicJwk(createPublicKey(privateKey), row.kid, row.algorithm as SigningAlgorithmName),
  )
  return {
    active: createSigningKey(active.row.kid, active.row.algorithm as SigningAlgorithmName, active.privateKey),
    published,
    verificationKeys: new Map(published.map((jwk) => [jwk.kid, before?.verificationKeys.get(jwk.kid) ?? getVerificationKey(jwk)])),
  }
}

/**
 * Public keys are derived from the private one, so that a row written into the store by an attacker never becomes one of our
 * keys.
 */
function openPrivateKey(row: Row, ring: KeyRing): KeyObject {
  const key = createPrivateKey(unwrap(ring, bindingOf(row), row.wrapped_private_key))
  if (thumbprint(createPublicKey(key)) !== row.kid)
    throw new KeyRingError(`The signing key "${row.kid}" in the store is not the one of that name. Restore the store from your backup.`)
  return key
}

function getVerificationKey(jwk: PublicJwk): VerificationKey {
  const key = importVerificationKey(jwk)
  if (!key) throw new TypeError(`The stored public key "${jwk.kid}" is not usable`)
  return key
}

function createSigningKey(kid: string, algorithm: SigningAlgorithmName, key: KeyObject): SigningKey {
  const { digest, padding }: SigningAlgorithm = signingAlgorithms[algorithm]
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
  const input: SignKeyObjectInput = { key, dsaEncoding: 'ieee-p1363', ...(padding === 'pss' && pss) }
  return { kid, algorithm, sign: (data) => sign(digest, data, input) }
}

function generateKeyPair(algorithm: SigningAlgorithmName) {
  const { keyType } = signingAlgorithms[algorithm]
  if (keyType === 'EC') return generateKeyPairSync('ec', { namedCurve: 'P-256' })
  if (keyType === 'OKP') return generateKeyPairSync('ed25519')
  return generateKeyPairSync('rsa', { modulusLength: 2048 })
}

function bindingOf({ kid, realm, algorithm }: Pick<Row, 'kid' | 'realm' | 'algorithm'>): string {
  return JSON.stringify(['signing key', realm, algorithm, kid])
}
