// Which key of a client signed an assertion. The algorithm belongs to the key (RFC 8725 §3.1); the header only selects among the
// registered ones. Every assertion costs one verification of its algorithm, whether or not the client or the key exists.
import { constants, createPublicKey, generateKeyPairSync, verify, type KeyObject } from 'node:crypto'
import { hasValidSignature, type VerificationKey } from '@countersign/guard'
import { isSigningAlgorithm, signingAlgorithms, type SigningAlgorithm } from '@countersign/protocol'
import type { AuthenticationFailure } from '../errors.ts'
import type { ClientJwt } from './client-jwt.ts'

export interface KeyCandidate<Owner> {
  readonly keyId: string | undefined
  readonly algorithm: string | undefined
  /** Undefined for a key that cannot be used after all. */
  load(): VerificationKey | undefined
  readonly owner: Owner
}

/** Without a `kid`, exactly one key must fit. */
export function findSigner<Owner>(jwt: ClientJwt, keys: readonly KeyCandidate<Owner>[]): KeyCandidate<Owner> | AuthenticationFailure {
  const { algorithm } = jwt
  const fitting = fittingKeys(jwt, keys)
  const [signer] = fitting
  const key = fitting.length === 1 ? signer?.load() : undefined
  if (signer && key) return hasValidSignature(jwt, key) ? signer : 'wrong-assertion'
  if (isSigningAlgorithm(algorithm)) verifyInVain(jwt, signingAlgorithms[algorithm])
  return 'unknown-assertion-key'
}

export function fittingKeys<Candidate extends KeyCandidate<unknown>>(
  { algorithm, keyId }: ClientJwt,
  keys: readonly Candidate[],
): Candidate[] {
  return keys.filter((key) => key.algorithm === algorithm && (keyId === undefined || key.keyId === keyId))
}

function verifyInVain(
  { signedBytes, signature }: ClientJwt,
  { keyType, curve, digest, saltBytes, signatureBytes }: SigningAlgorithm,
): void {
  if (signature.length !== (signatureBytes ?? modulusBytes)) return // Also a key that exists is not tried then.
  const key = keyOfNone(curve ?? keyType)
  const padding = saltBytes === undefined ? {} : { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: saltBytes }
  verify(digest, signedBytes, { key, ...(keyType === 'EC' && { dsaEncoding: 'ieee-p1363' as const }), ...padding }, signature)
}

const modulusBytes = 256
const keysOfNone = new Map<string, KeyObject>()

/** A key that belongs to no client, for the work alone: what it verifies counts for nothing. */
function keyOfNone(type: NonNullable<SigningAlgorithm['curve']> | SigningAlgorithm['keyType']): KeyObject {
  let key = keysOfNone.get(type)
  if (!key) keysOfNone.set(type, (key = createKeyOfNone(type)))
  return key
}

function createKeyOfNone(type: string): KeyObject {
  if (type === 'Ed25519') return generateKeyPairSync('ed25519').publicKey
  if (type !== 'RSA') return generateKeyPairSync('ec', { namedCurve: type }).publicKey
  // Any number does; to find primes would hold the event loop.
  return createPublicKey({ key: { kty: 'RSA', n: Buffer.alloc(modulusBytes, 0xff).toString('base64url'), e: 'AQAB' }, format: 'jwk' })
}
