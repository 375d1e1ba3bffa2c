// A private key in any form in which a program may have it, read into what signs. The key itself stays inside Web Crypto where that is
// possible; nothing here repeats any part of it in an error.
import { isSigningAlgorithm, kindOf, signingAlgorithms, type SigningAlgorithm, type SigningAlgorithmName } from '@countersign/protocol'
import { algorithmsOf, algorithmsOfCryptoKey, kindOfPkcs8, webCryptoParameters } from './key-kinds.ts'
import { parseJwkText, parsePem, PrivateKeySyntaxError } from './private-key-text.ts'

/** The part of a KeyObject of node:crypto that is used. */
export interface NodePrivateKey {
  readonly type: string
  export(options: { readonly format: 'der'; readonly type: 'pkcs8' }): Uint8Array
}

/** A private key as a JWK (RFC 7517); its `kid` and `alg` are used if no others are given. */
export interface PrivateJwk {
  readonly kty: string
  readonly kid?: string
  readonly alg?: string
  readonly [member: string]: unknown
}

/** PEM text (PKCS #8), the text or the object of a JWK, a KeyObject of Node, or a CryptoKey, which need not be extractable. */
export type PrivateKey = string | PrivateJwk | NodePrivateKey | CryptoKey

/** What is known of a key before it is imported. */
export interface KeyMaterial {
  /** What it can sign with; the first is the default. */
  readonly algorithms: readonly SigningAlgorithmName[]
  readonly keyId: string | undefined
  /** Equal for the same key, as far as that can be told without importing it. */
  readonly identity: unknown
  readonly load: (algorithm: SigningAlgorithmName) => Promise<CryptoKey>
}

/** @throws PrivateKeySyntaxError for what is no private key that can sign */
export function readPrivateKey(key: unknown): KeyMaterial {
  if (typeof key === 'string' && key.trimStart().startsWith('{')) return readJwk(parseJwkText(key))
  if (typeof key === 'string') return key === '' ? refuse('is an empty string') : readPkcs8(parsePem(key), key)
  if (typeof key !== 'object' || key === null)
    return refuse(`must be a PEM text, a JWK, a KeyObject, a CryptoKey or a function; found ${kindOf(key)}`)
  if ('kty' in key) return readJwk(key)
  if (!('type' in key)) return refuse('is an object, but neither a JWK (it has no "kty"), a KeyObject nor a CryptoKey')
  if (key.type !== 'private') return refuse(`is a ${key.type === 'public' ? 'public' : 'secret'} key`)
  return 'algorithm' in key && 'usages' in key ? readCryptoKey(key as CryptoKey) : readKeyObject(key as NodePrivateKey)
}

function readPkcs8(der: Uint8Array<ArrayBuffer>, identity: unknown): KeyMaterial {
  const load = (algorithm: SigningAlgorithmName) =>
    crypto.subtle.importKey('pkcs8', der, webCryptoParameters(algorithm), false, ['sign']).then(checkSize, refuseDamaged)
  return { algorithms: algorithmsOf(kindOfPkcs8(der)), keyId: undefined, identity, load }
}

function readKeyObject(key: NodePrivateKey): KeyMaterial {
  if (typeof key.export !== 'function') return refuse('is an object, but neither a JWK (it has no "kty"), a KeyObject nor a CryptoKey')
  return readPkcs8(Uint8Array.from(key.export({ format: 'der', type: 'pkcs8' })), key)
}

function readCryptoKey(key: CryptoKey): KeyMaterial {
  if (!key.usages.includes('sign')) return refuse('is a CryptoKey without the usage "sign"')
  checkSize(key)
  return { algorithms: algorithmsOfCryptoKey(key), keyId: undefined, identity: key, load: async () => key }
}

/** Members of a private JWK that are the key itself (RFC 7518 §6.2, §6.3, RFC 8037 §2); others could contradict the import. */
const keyMembers = ['kty', 'crv', 'x', 'y', 'd', 'n', 'e', 'p', 'q', 'dp', 'dq', 'qi'] as const

function readJwk(jwk: object): KeyMaterial {
  const { kty, crv, d, n, x, kid, alg, use } = jwk as Record<string, unknown>
  if (kty === 'oct') return refuse('is a JWK of a symmetric key')
  if (kty !== 'EC' && kty !== 'RSA' && kty !== 'OKP') return refuse('is a JWK whose "kty" is none of EC, RSA and OKP')
  if (typeof d !== 'string') return refuse('is a JWK without "d": a public key')
  if (use !== undefined && use !== 'sig') return refuse('is a JWK whose "use" is not "sig"')
  const fitting = algorithmsOf({ keyType: kty, ...(typeof crv === 'string' && { curve: crv }) })
  if (fitting.length === 0) return refuse('is a JWK whose "crv" is none of P-256, P-384, P-521 and Ed25519')
  // RFC 9864 §2.2 names EdDSA by its curve.
  const named = alg === 'Ed25519' ? 'EdDSA' : alg
  const algorithms = named === undefined ? fitting : fitting.filter((name) => name === named)
  if (algorithms.length === 0) return refuse(`is a JWK whose "alg" does not fit it; it could be ${fitting.join(', ')}`)
  const members = Object.fromEntries(keyMembers.filter((name) => name in jwk).map((name) => [name, (jwk as PrivateJwk)[name]]))
  const load = (algorithm: SigningAlgorithmName) =>
    crypto.subtle.importKey('jwk', members, webCryptoParameters(algorithm), false, ['sign']).then(checkSize, refuseDamaged)
  return { algorithms, keyId: typeof kid === 'string' && kid !== '' ? kid : undefined, identity: n ?? x, load }
}

/** RFC 7518 §3.3 and §3.5. */
const minModulusBits = 2048

function checkSize(key: CryptoKey): CryptoKey {
  const { modulusLength } = key.algorithm as { modulusLength?: number }
  if (modulusLength !== undefined && modulusLength < minModulusBits)
    return refuse(`is an RSA key of ${modulusLength} bits; at least ${minModulusBits} are needed`)
  return key
}

function refuseDamaged(): never {
  return refuse('could not be imported: it is damaged, or this runtime does not know its algorithm')
}

/** @throws PrivateKeySyntaxError if the key cannot sign with `wanted` */
export function chooseAlgorithm(algorithms: readonly SigningAlgorithmName[], wanted: string | undefined): SigningAlgorithmName {
  const chosen = wanted === undefined ? algorithms[0] : algorithms.find((name) => name === wanted)
  return chosen ?? refuse(`cannot sign with "algorithm" ${wanted}; it can with ${algorithms.join(', ')}`)
}

/** @throws TypeError for a name that is not in the table, "none" and symmetric algorithms among them */
export function requireAlgorithm(name: unknown): SigningAlgorithmName {
  if (isSigningAlgorithm(name)) return name
  const found = typeof name === 'string' && /^[\w-]{1,20}$/.test(name) ? `"${name}"` : kindOf(name)
  throw new TypeError(`privateKeyJwt: "algorithm" must be one of ${Object.keys(signingAlgorithms).join(', ')}; found ${found}`)
}

/** The exact length of a signature, where the algorithm has one: a DER signature of ECDSA is longer (RFC 7518 §3.4). */
export function expectedSignatureBytes(algorithm: SigningAlgorithmName): number | undefined {
  const row: SigningAlgorithm = signingAlgorithms[algorithm]
  return row.signatureBytes
}

function refuse(what: string): never {
  throw new PrivateKeySyntaxError(what)
}
