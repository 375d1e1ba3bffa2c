// A public key of an issuer, imported once with everything that verification needs. The algorithm belongs to the key: a token does not
// choose it (RFC 8725 §3.1).
import {
  constants,
  createPublicKey,
  verify,
  type JsonWebKeyInput,
  type KeyObject,
  type VerifyJsonWebKeyInput,
  type VerifyKeyObjectInput,
} from 'node:crypto'
import { signingAlgorithms, type SigningAlgorithm, type SigningAlgorithmName } from '@countersign/protocol'
import { findKeyFault, type Jwk } from './key-requirements.ts'

export interface VerificationKey {
  readonly kid: string
  readonly algorithm: SigningAlgorithmName
  readonly publicKey: KeyObject
  readonly digest: SigningAlgorithm['digest']
  /** The exact length of a signature. */
  readonly signatureBytes: number
  /** The key with its padding or encoding, for `node:crypto`. */
  readonly verifier: VerifyKeyObjectInput | VerifyJsonWebKeyInput
}

/**
 * Imports a public JWK (RFC 7517 §4). `undefined` if it does not meet the requirements in `key-requirements.ts`.
 * Does not check certificates (`x5c`).
 * @param onFault called with what the key would have to have
 */
export function importVerificationKey(jwk: unknown, onFault: (expected: string) => void = () => {}): VerificationKey | undefined {
  if (typeof jwk !== 'object' || jwk === null) {
    onFault('the form of a JWK')
    return undefined
  }
  const publicKey = importPublicKey(jwk as Jwk, onFault)
  if (!publicKey) return undefined
  const { kid, alg } = jwk as { kid: string; alg: SigningAlgorithmName }
  const algorithm: SigningAlgorithm = signingAlgorithms[alg]
  return Object.freeze({
    kid,
    algorithm: alg,
    publicKey,
    digest: algorithm.digest,
    signatureBytes: algorithm.signatureBytes ?? Math.ceil((publicKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8),
    verifier: toVerifier(publicKey, algorithm),
  })
}

function importPublicKey(jwk: Jwk, onFault: (expected: string) => void): KeyObject | undefined {
  const fault = findKeyFault(jwk)
  if (fault !== undefined) {
    onFault(fault)
    return undefined
  }
  try {
    return createPublicKey({ key: jwk as JsonWebKeyInput['key'], format: 'jwk' })
  } catch {
    onFault('a point on its curve')
    return undefined
  }
}

function toVerifier(publicKey: KeyObject, { keyType, saltBytes }: SigningAlgorithm): VerificationKey['verifier'] {
  const key = takesKeyObjects ? { key: publicKey } : ({ key: publicKey.export({ format: 'jwk' }), format: 'jwk' } as const)
  if (keyType === 'EC') return { ...key, dsaEncoding: 'ieee-p1363' } // RFC 7518 §3.4: R and S side by side, not DER.
  if (saltBytes !== undefined) return { ...key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: saltBytes }
  return key
}

/**
 * Cloudflare workers take them only without options; there a key is imported again for each signature. Found out once, with the key of
 * RFC 8037 A.2: the first use of a key must not take longer than others, or it would tell that the key exists.
 */
const takesKeyObjects = tryKeyObject()

function tryKeyObject(): boolean {
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }, format: 'jwk' })
  try {
    verify(null, new Uint8Array(), { key }, new Uint8Array())
    return true
  } catch (error) {
    return (error as { readonly code?: unknown }).code !== 'ERR_INVALID_ARG_TYPE'
  }
}
