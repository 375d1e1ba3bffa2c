// The signing keys of a realm, decrypted in memory: what signs, what is published and what verifies. Rows are read by key-rows.ts and
// made by create-keys.ts.
import { constants, createPrivateKey, createPublicKey, sign, X509Certificate, type KeyObject, type SignKeyObjectInput } from 'node:crypto'
import { importVerificationKey, type VerificationKey } from '@countersign/guard'
import { signingAlgorithms, type SigningAlgorithm, type SigningAlgorithmName } from '@countersign/protocol'
import type { Clock } from '../clock.ts'
import type { Store } from '../store/store.ts'
import { parseTexts, type OnDamage } from '../store/damage.ts'
import { KeyRingError, type KeyRing } from './key-ring.ts'
import type { KeyRow } from './key-rows.ts'
import { unwrap } from './key-wrapping.ts'
import { thumbprint, toPublicJwk, type PublicJwk } from './public-jwk.ts'

export interface SigningKey {
  readonly kid: string
  readonly algorithm: SigningAlgorithmName
  /** Returns the signature in the form of JWS for this algorithm (RFC 7518 §3). */
  sign(input: Buffer): Buffer
}

export interface LoadedKeys {
  /** What signs, by algorithm; without those whose key must not be used. */
  readonly active: ReadonlyMap<SigningAlgorithmName, SigningKey>
  readonly published: readonly PublicJwk[]
  /** The published keys by `kid`. */
  readonly verificationKeys: ReadonlyMap<string, VerificationKey>
  /** Whether a key was left out: a `kid` that is not among the others may be its. */
  readonly isDamaged: boolean
}

export interface KeyContext {
  readonly store: Store
  readonly ring: KeyRing
  readonly clock: Clock
  /** The lease of a store that other nodes use; 0 by default. */
  readonly leaseMs?: number
  /** Called for every row that must not be used, which is then left out; without it such a row is an error. */
  readonly onDamage?: OnDamage
}

/**
 * Decrypts the keys of one realm, each by itself: one that must not be used takes no other with it. It is never replaced, because an
 * unannounced new key would break every guard.
 * @param signing the rows that sign
 * @param before the keys opened before; a key that is still there stays the same object, by which verifiers recognize it
 * @throws KeyRingError for a key that must not be used, if there is no `onDamage`
 */
export function openKeys(
  { ring, onDamage }: KeyContext,
  rows: readonly KeyRow[],
  signing: ReadonlyMap<SigningAlgorithmName, KeyRow>,
  before: LoadedKeys | undefined,
): LoadedKeys {
  const opened = rows.flatMap((row) => {
    try {
      return [{ row, ...openKey(row, ring, before?.verificationKeys.get(row.kid)) }]
    } catch (error) {
      if (!onDamage) throw error
      onDamage({ table: 'signing_keys', row: row.kid, column: 'wrapped_private_key', reason: (error as Error).message })
      return []
    }
  })
  const active = [...signing].flatMap(([algorithm, row]) => {
    const key = opened.find((one) => one.row === row)
    return key ? [[algorithm, createSigningKey(row.kid, algorithm, key.privateKey)] as const] : []
  })
  return {
    active: new Map(active),
    published: opened.map(({ jwk }) => jwk),
    verificationKeys: new Map(opened.map(({ verificationKey }) => [verificationKey.kid, verificationKey])),
    isDamaged: opened.length < rows.length,
  }
}

/** @throws KeyRingError for a key that must not be used */
export function checkKey(row: KeyRow, ring: KeyRing): void {
  openKey(row, ring, undefined)
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
  if (thumbprint(publicKey) !== (row.thumbprint ?? row.kid))
    throw new KeyRingError(`The signing key "${row.kid}" in the store is not the one of that name. Restore the store from your backup.`)
  const jwk = toPublicJwk(publicKey, row.kid, row.algorithm as SigningAlgorithmName, readCertificates(row, publicKey))
  return { privateKey, jwk, verificationKey: before ?? getVerificationKey(jwk) }
}

/** Verifiers may take the key from its certificate, so one of another key is never published. */
function readCertificates({ kid, certificates }: KeyRow, publicKey: KeyObject): readonly string[] {
  if (certificates === null) return []
  const chain = parseTexts(certificates)
  const [leaf] = chain ?? []
  if (!chain || leaf === undefined || !new X509Certificate(Buffer.from(leaf, 'base64')).publicKey.equals(publicKey))
    throw new KeyRingError(`The certificates of the signing key "${kid}" in the store are not its own. Restore the store from your backup.`)
  return chain
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

/** What the encryption of a private key is bound to, so that a key that was moved to another row cannot be decrypted. */
export function bindingOf({ kid, realm, algorithm }: Pick<KeyRow, 'kid' | 'realm' | 'algorithm'>): string {
  return JSON.stringify(['signing key', realm, algorithm, kid])
}
