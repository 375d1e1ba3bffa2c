// Signing keys in the store: created when a realm first needs one, encrypted at rest, decrypted in memory. `kid` is the RFC 7638
// thumbprint, so no two keys have the same.
import {
  constants,
  createPrivateKey,
  createPublicKey,
  generateKeyPair as generateKeyPairInThread,
  sign,
  type KeyObject,
  type SignKeyObjectInput,
} from 'node:crypto'
import { promisify } from 'node:util'
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
  readonly active: SigningKey
  readonly published: readonly PublicJwk[]
  /** The published keys by `kid`. */
  readonly verificationKeys: ReadonlyMap<string, VerificationKey>
}

export interface KeyContext {
  readonly store: Store
  readonly ring: KeyRing
  readonly clock: Clock
  /** Called for every row that must not be used, which is then left out; without it such a row is an error. */
  readonly onDamage?: OnDamage
}

export type KeyRow = Schema['signing_keys']

/** The rows of keys whose tokens may still be valid, by realm, newest first. @param realm default: all realms, in one query */
export async function readKeyRows(db: Kysely<Schema>, realm?: string): Promise<ReadonlyMap<string, readonly KeyRow[]>> {
  let query = db.selectFrom('signing_keys').selectAll().where('state', 'in', ['staged', 'active', 'retiring'])
  if (realm !== undefined) query = query.where('realm', '=', realm)
  return Map.groupBy(await query.orderBy('created_at', 'desc').execute(), (row) => row.realm)
}

export function hasActiveRow(rows: readonly KeyRow[], realm: Realm): boolean {
  return findActive(rows, realm) !== undefined
}

/** Creates the key that each of these realms signs with, unless another node was faster. The new rows are in the store when it resolves. */
export async function createActiveKeys({ store, ring, clock }: KeyContext, realms: readonly Realm[]): Promise<void> {
  const known = await readKeyRows(store.backgroundPool)
  const create = async (realm: Realm) => ({
    realm,
    row: await createKeyRow(realm.name, algorithmOf(known.get(realm.name) ?? [], realm), ring, clock()),
  })
  const made = await Promise.all(realms.map(create))
  // In a transaction: of several nodes that need a key at once, one creates it and the others read it.
  await store.transact(async (db) => {
    const found = await readKeyRows(db)
    const missing = made.filter(({ realm }) => !hasActiveRow(found.get(realm.name) ?? [], realm)).map(({ row }) => row)
    for (let first = 0; first < missing.length; first += rowsPerInsert) {
      await db
        .insertInto('signing_keys')
        .values(missing.slice(first, first + rowsPerInsert))
        .execute()
    }
  })
}

/** A statement has a bounded number of variables. */
const rowsPerInsert = 500

/** An RSA key takes a tenth of a second to create, the others a tenth of a millisecond. */
export function isQuickToCreate(algorithm: SigningAlgorithmName): boolean {
  return signingAlgorithms[algorithm].keyType !== 'RSA'
}

/**
 * The configured algorithm. Without one a realm keeps what it signs with, because its verifiers may know no other: until version 0.1.0
 * the default of every profile was ES256, and only keys that a configuration once named are of others.
 */
export function algorithmOf(rows: readonly KeyRow[], { signingAlgorithm, tokenProfile }: Realm): SigningAlgorithmName {
  if (signingAlgorithm) return signingAlgorithm
  const active = rows.filter(({ state }) => state === 'active').map(({ algorithm }) => algorithm as SigningAlgorithmName)
  return active.find((algorithm) => algorithm === 'ES256') ?? active[0] ?? tokenProfiles[tokenProfile].defaultSigningAlgorithm
}

function findActive(rows: readonly KeyRow[], realm: Realm): KeyRow | undefined {
  const algorithm = algorithmOf(rows, realm)
  return rows.find((row) => row.state === 'active' && row.algorithm === algorithm)
}

/** A new key for a realm, encrypted, as the store holds it. */
export async function createKeyRow(realm: string, algorithm: SigningAlgorithmName, ring: KeyRing, now: number): Promise<KeyRow> {
  const { privateKey, publicKey } = await generateKeys(algorithm)
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

/**
 * Decrypts the keys of one realm. A key that must not be used is never replaced: an unannounced new key would break every guard.
 * @param before the keys opened before; a key that is still there stays the same object, by which verifiers recognize it
 * @returns undefined if that is the key that the realm signs with
 * @throws KeyRingError for a key that must not be used, if there is no `onDamage`
 */
export function openKeys(
  { ring, onDamage }: KeyContext,
  realm: Realm,
  rows: readonly KeyRow[],
  before: LoadedKeys | undefined,
): LoadedKeys | undefined {
  const opened = rows.flatMap((row) => {
    try {
      return [{ row, ...openKey(row, ring, before?.verificationKeys.get(row.kid)) }]
    } catch (error) {
      if (!onDamage) throw error
      onDamage({ table: 'signing_keys', row: row.kid, column: 'wrapped_private_key', reason: (error as Error).message })
      return []
    }
  })
  const signing = findActive(rows, realm)
  const active = opened.find(({ row }) => row === signing)
  if (!active) return undefined
  return {
    active: createSigningKey(active.row.kid, active.row.algorithm as SigningAlgorithmName, active.privateKey),
    published: opened.map(({ jwk }) => jwk),
    verificationKeys: new Map(opened.map(({ verificationKey }) => [verificationKey.kid, verificationKey])),
  }
}

interface OpenedKey {
  readonly privateKey: KeyObject
  readonly jwk: PublicJwk
  readonly verificationKey: VerificationKey
}

/**
 * Public keys are derived from the private one, so that a row written into the store by an attacker never becomes one of our
 * keys.
 */
function openKey(row: KeyRow, ring: KeyRing, before: VerificationKey | undefined): OpenedKey {
  const privateKey = createPrivateKey(unwrap(ring, bindingOf(row), row.wrapped_private_key))
  const publicKey = createPublicKey(privateKey)
  if (thumbprint(publicKey) !== row.kid)
    throw new KeyRingError(`The signing key "${row.kid}" in the store is not the one of that name. Restore the store from your backup.`)
  const jwk = toPublicJwk(publicKey, row.kid, row.algorithm as SigningAlgorithmName)
  return { privateKey, jwk, verificationKey: before ?? getVerificationKey(jwk) }
}

/** @throws KeyRingError for a key that guards refuse as well */
function getVerificationKey(jwk: PublicJwk): VerificationKey {
  const refuse = (expected: string) => {
    throw new KeyRingError(`The signing key "${jwk.kid}" in the store must not be used: it must have ${expected}.`)
  }
  return importVerificationKey(jwk, refuse)!
}

function createSigningKey(kid: string, algorithm: SigningAlgorithmName, key: KeyObject): SigningKey {
  const { digest, saltBytes }: SigningAlgorithm = signingAlgorithms[algorithm]
  const pss = saltBytes !== undefined && { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: saltBytes }
  const input: SignKeyObjectInput = { key, dsaEncoding: 'ieee-p1363', ...pss }
  return { kid, algorithm, sign: (data) => sign(digest, data, input) }
}

const generateKeyPair = promisify(generateKeyPairInThread)

function generateKeys(algorithm: SigningAlgorithmName): Promise<{ privateKey: KeyObject; publicKey: KeyObject }> {
  const { keyType, curve }: SigningAlgorithm = signingAlgorithms[algorithm]
  if (keyType === 'EC') return generateKeyPair('ec', { namedCurve: curve! })
  if (keyType === 'OKP') return generateKeyPair('ed25519')
  return generateKeyPair('rsa', { modulusLength: 2048 })
}

function bindingOf({ kid, realm, algorithm }: Pick<KeyRow, 'kid' | 'realm' | 'algorithm'>): string {
  return JSON.stringify(['signing key', realm, algorithm, kid])
}
