// A public key of an issuer, imported once with everything that verification needs. The algorithm belongs to the key: a token does not
// choose it (RFC 8725 §3.1).
import { constants, createPublicKey, type JsonWebKeyInput, type KeyObject, type VerifyKeyObjectInput } from 'node:crypto'
import { isSigningAlgorithm, signingAlgorithms, type SigningAlgorithm, type SigningAlgorithmName } from '@countersign/protocol'

export interface VerificationKey {
  readonly kid: string
  readonly algorithm: SigningAlgorithmName
  readonly publicKey: KeyObject
  readonly digest: SigningAlgorithm['digest']
  /** The exact length of a signature. */
  readonly signatureBytes: number
  /** The key with its padding or encoding, for `node:crypto`. */
  readonly verifier: VerifyKeyObjectInput
}

export const maxKeyIdLength = 256
const minRsaModulusBits = 2048
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/**
 * Imports a public JWK (RFC 7517 §4). `undefined` if it cannot verify tokens: no `kid` or `alg`, an algorithm or curve that is
 * not in the table, `use` other than `sig`, an RSA modulus below 2048 bits, an invalid key, or private members. Does not
 * check `key_ops` and certificates (`x5c`).
 */
export function importVerificationKey(jwk: unknown): VerificationKey | undefined {
  if (typeof jwk !== 'object' || jwk === null) return undefined
  const { kid, alg, kty, crv, use } = jwk as Record<string, unknown>
  if (typeof kid !== 'string' || kid === '' || kid.length > maxKeyIdLength || !isSigningAlgorithm(alg)) return undefined
  const algorithm: SigningAlgorithm = signingAlgorithms[alg]
  if (kty !== algorithm.keyType || (algorithm.curve && crv !== algorithm.curve) || (use !== undefined && use !== 'sig')) return undefined
  if (privateMembers.some((member) => Object.hasOwn(jwk, member))) return undefined
  const publicKey = importPublicKey(jwk)
  if (!publicKey) return undefined
  const modulusBits = publicKey.asymmetricKeyDetails?.modulusLength
  if (algorithm.keyType === 'RSA' && (modulusBits ?? 0) < minRsaModulusBits) return undefined
  return Object.freeze({
    kid,
    algorithm: alg,
    publicKey,
    digest: algorithm.digest,
    signatureBytes: algorithm.signatureBytes ?? Math.ceil((modulusBits ?? 0) / 8),
    verifier: toVerifier(publicKey, algorithm),
  })
}

function importPublicKey(jwk: object): KeyObject | undefined {
  try {
    return createPublicKey({ key: jwk as JsonWebKeyInput['key'], format: 'jwk' })
  } catch {
    return undefined
  }
}

function toVerifier(key: KeyObject, { keyType, padding }: SigningAlgorithm): VerifyKeyObjectInput {
  if (keyType === 'EC') return { key, dsaEncoding: 'ieee-p1363' } // RFC 7518 §3.4: R and S side by side, not DER.
  if (padding === 'pss') return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
  return { key }
}
