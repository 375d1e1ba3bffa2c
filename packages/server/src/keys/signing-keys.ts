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
import { signingAlgorithms, type SigningAlgorithm, type SigningAlgorithmName } from '@countersign/protocol'
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
 * @returns undefined if the key that the realm signs with cannot be decrypted
 * @throws KeyRingError for a key that cannot be decrypted, if there is no `onDamage`
 */
export async function loadRealmKeys(
  { store, ring, clock, onDamage }: LoadContext,
  realm: Realm,
  before?: LoadedKeys,
): Promise<LoadedKeys | undefined> {
  // Most of the time there is nothing to create, and a reload must not wait for the changes of other nodes.
  const found = await publishedRows(store.backgroundPool, realm)
  if (found.some((row) => isActive(row, realm))) return toLoadedKeys(found, realm, { ring, onDamage, before })
  // In a transaction: of several nodes that start at once, one creates the key and the others read it.
  const rows = await store.transact(async (db) => {
    const rows = await publishedRows(db, realm)
    if (rows.some((row) => isActive(row, realm))) return rows
    const row = createKeyRow(realm, ring, clock())
    await db.insertInto('signing_keys').values(row).execute()
    return [...rows, row]
  })
  return toLoadedKeys(rows, realm, { ring, onDamage, before })
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

function isActive(row: Row, realm: Realm): boolean {
  return row.state === 'active' && row.algorithm === realm.signingAlgorithm
}

/** A new key for a realm, encrypted, as the store holds it. */
export function createKeyRow(realm: Pick<Realm, 'name' | 'signingAlgorithm'>, ring: KeyRing, now: number): Row {
  const { privateKey, publicKey } = generateKeyPair(realm.signingAlgorithm)
  const kid = thumbprint(publicKey)
  return {
    kid,
    realm: realm.name,
    algorithm: realm.signingAlgorithm,
    state: 'active',
    wrapped_private_key: wrap(
      ring,
      bindingOf({ kid, realm: realm.name, algorithm: realm.signingAlgorithm }),
      privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    ),
    created_at: now,
  }
}

interface Opening {
  readonly ring: KeyRing
  readonly onDamage: OnDamage | undefined
  readonly before: LoadedKeys | undefined
}

function toLoadedKeys(rows: readonly Row[], realm: Realm, { ring, onDamage, before }: Opening): LoadedKeys | undefined {
  const opened = rows.flatMap((row) => {
    try {
      return [{ row, privateKey: openPrivateKey(row, ring) }]
    } catch (error) {
      if (!onDamage) throw error
      onDamage({ table: 'signing_keys', row: row.kid, column: 'wrapped_private_key' })
      return []
    }
  })
  const active = opened.find(({ row }) => isActive(row, realm))
  if (!active) return undefined
  const published = opened.map(({ row, privateKey }) =>
    toPublicJwk(createPublicKey(privateKey), row.kid, row.algorithm as SigningAlgorithmName),
  )
  return {
    active: createSigningKey(active.row.kid, realm.signingAlgorithm, active.privateKey),
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
