// Signing keys of the realms: made at the first start, kept encrypted, signing from memory. The public half is what JWKS
// shows. `kid` is the RFC 7638 thumbprint, so no two keys can share one.
import {
  constants,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hash,
  sign,
  type KeyObject,
  type SignKeyObjectInput,
} from 'node:crypto'
import type { Kysely } from 'kysely'
import { importVerificationKey, type VerificationKey } from '@countersign/guard'
import { signingAlgorithms, type SigningAlgorithm, type SigningAlgorithmName } from '@countersign/protocol'
import type { Configuration } from '../configuration/configuration.ts'
import type { Realm } from '../realms/realm.ts'
import type { Store } from '../store/store.ts'
import type { Schema } from '../store/schema.ts'
import type { OnDamage } from '../store/damage.ts'
import { KeyRingError, type KeyRing } from './key-ring.ts'
import { unwrap, wrap } from './key-wrapping.ts'

/** A public key as JWKS shows it (RFC 7517 §4). */
export interface PublicJwk {
  readonly kty: string
  readonly kid: string
  readonly use: 'sig'
  readonly alg: SigningAlgorithmName
  readonly [member: string]: string
}

export interface SigningKey {
  readonly kid: string
  readonly algorithm: SigningAlgorithmName
  /** Signs as JWS asks for this algorithm (RFC 7518 §3). */
  sign(input: Buffer): Buffer
}

export interface RealmKeys {
  readonly active: SigningKey
  /** Every key that a token still alive may be signed with. */
  readonly published: readonly PublicJwk[]
  /** The same keys, ready to verify with. */
  readonly verificationKeys: ReadonlyMap<string, VerificationKey>
}

/**
 * Loads the keys of every realm, creating the first one of a realm that has none for its algorithm. One that is there and cannot
 * be opened is never replaced: a fresh key in silence would break every guard.
 * @param onDamage is told of a row that cannot be opened, which is left out then, and a realm with it if that is the key that it
 * signs with: it answers 503 while the other realms go on. Without `onDamage` such a row is an error
 * @throws KeyRingError
 */
export async function loadSigningKeys(
  store: Store,
  realms: Configuration['realms'],
  ring: KeyRing,
  now: number,
  onDamage?: OnDamage,
): Promise<Map<string, RealmKeys>> {
  const keys = new Map<string, RealmKeys>()
  for (const realm of realms.values()) {
    // In a transaction, so that of several servers that start at once one makes the key and the others read it.
    const rows = await store.transact(async (db) => {
      const rows = await publishedRows(db, realm)
      if (rows.some((row) => isActive(row, realm))) return rows
      const row = createRow(realm, ring, now)
      await db.insertInto('signing_keys').values(row).execute()
      return [...rows, row]
    })
    const ofRealm = toRealmKeys(rows, realm, ring, onDamage)
    if (ofRealm) keys.set(realm.name, ofRealm)
  }
  return keys
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

function createRow(realm: Realm, ring: KeyRing, now: number): Row {
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

function toRealmKeys(rows: readonly Row[], realm: Realm, ring: KeyRing, onDamage: OnDamage | undefined): RealmKeys | undefined {
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
    verificationKeys: new Map(published.map((jwk) => [jwk.kid, getVerificationKey(jwk)])),
  }
}

/** What is published is derived from this, so that a row that somebody put into the store never becomes a key of ours. */
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

/** What may be public of a key, by key type; private members cannot get into a JWK that is built from this list. */
const publicMembers = { EC: ['crv', 'kty', 'x', 'y'], OKP: ['crv', 'kty', 'x'], RSA: ['e', 'kty', 'n'] } as const

/** RFC 7638 §3: the SHA-256 of the required members in lexicographic order. */
function thumbprint(publicKey: KeyObject): string {
  return hash('sha256', JSON.stringify(requiredMembers(publicKey)), 'base64url')
}

function requiredMembers(publicKey: KeyObject): Record<string, string> & { kty: string } {
  const jwk = publicKey.export({ format: 'jwk' })
  const kty = jwk.kty as keyof typeof publicMembers
  return { ...Object.fromEntries(publicMembers[kty].map((member) => [member, jwk[member] as string])), kty }
}

function toPublicJwk(publicKey: KeyObject, kid: string, alg: SigningAlgorithmName): PublicJwk {
  return { ...requiredMembers(publicKey), kid, use: 'sig', alg }
}

function bindingOf({ kid, realm, algorithm }: Pick<Row, 'kid' | 'realm' | 'algorithm'>): string {
  return JSON.stringify(['signing key', realm, algorithm, kid])
}
