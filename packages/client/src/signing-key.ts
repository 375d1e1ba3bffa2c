// What signs assertions: a private key in this process, or a function in front of a KMS or an HSM, which never gives its key away.
import { kindOf, refuseUnknownOptions, type SigningAlgorithmName } from '@countersign/protocol'
import { reasonOf } from './exchange-error.ts'
import { webCryptoParameters } from './key-kinds.ts'
import { chooseAlgorithm, expectedSignatureBytes, readPrivateKey, requireAlgorithm, type PrivateKey } from './private-key.ts'
import { PrivateKeySyntaxError } from './private-key-text.ts'
import { TokenRequestError } from './token-request-error.ts'

export interface Signer {
  /**
   * Signs bytes, such as by a KMS or an HSM. The signature is that of JWS (RFC 7518 §3): for ECDSA r and s one after the other, and not the
   * DER that most services return.
   */
  readonly sign: (input: Uint8Array) => Uint8Array | Promise<Uint8Array>
  readonly algorithm: SigningAlgorithmName
  /** The `kid` under which the server knows the key. */
  readonly keyId?: string
}

export interface KeyWithId {
  readonly privateKey: PrivateKey
  /** The `kid` under which the server knows the key; that of a JWK by default, otherwise none is sent. */
  readonly keyId?: string
  /** By default that of the key: by its curve, the `alg` of a JWK, and RS256 for any other RSA key. */
  readonly algorithm?: SigningAlgorithmName
}

/** What a function that finds the key returns. */
export type ClientKey = PrivateKey | KeyWithId | Signer

export interface SigningKey {
  readonly algorithm: SigningAlgorithmName
  readonly keyId: string | undefined
  /** Equal for the same key, as far as that can be told. */
  readonly identity: unknown
  /** As the identity, but of the key itself, whatever its id is. */
  readonly material: unknown
  /** @throws TokenRequestError `key_unavailable` */
  readonly sign: (input: Uint8Array<ArrayBuffer>) => Promise<Uint8Array>
}

/** @throws TypeError, which never repeats any part of a key */
export function readSigningKey(key: unknown, defaults: KeyNames): SigningKey {
  const { privateKey, sign, ...names } = membersOf(key)
  const { keyId = defaults.keyId, algorithm = defaults.algorithm } = readKeyNames(names)
  if (sign === undefined) return readOwnKey(privateKey, keyId, algorithm)
  if (privateKey !== undefined) refuse('expected either "privateKey" or "sign", found both')
  if (typeof sign !== 'function') refuse(`"sign" must be a function; found ${kindOf(sign)}`)
  if (algorithm === undefined) refuse('"sign" needs "algorithm", because a function does not tell what it signs with')
  return {
    algorithm,
    keyId,
    identity: keyId ?? sign,
    material: sign,
    sign: (input) => callSigner(sign as Signer['sign'], algorithm, input),
  }
}

/** What is said of a key besides the key itself. */
export interface KeyNames {
  readonly keyId: string | undefined
  readonly algorithm: SigningAlgorithmName | undefined
}

/** @throws TypeError */
export function readKeyNames({ keyId, algorithm }: { readonly keyId?: unknown; readonly algorithm?: unknown }): KeyNames {
  if (keyId !== undefined && (typeof keyId !== 'string' || keyId === ''))
    refuse(`"keyId" must be a non-empty string; found ${kindOf(keyId)}`)
  return { keyId, algorithm: algorithm === undefined ? undefined : requireAlgorithm(algorithm) }
}

function membersOf(key: unknown): { privateKey?: unknown; sign?: unknown; keyId?: unknown; algorithm?: unknown } {
  if (typeof key !== 'object' || key === null || !('privateKey' in key || 'sign' in key)) return { privateKey: key }
  refuseUnknownOptions('privateKeyJwt', key, ['privateKey', 'sign', 'keyId', 'algorithm'])
  return key
}

function readOwnKey(privateKey: unknown, keyId: string | undefined, wanted: SigningAlgorithmName | undefined): SigningKey {
  try {
    const { algorithms, load, ...material } = readPrivateKey(privateKey)
    const algorithm = chooseAlgorithm(algorithms, wanted)
    let loaded: Promise<CryptoKey> | undefined
    const sign = async (input: Uint8Array<ArrayBuffer>) => {
      loaded ??= load(algorithm)
      return new Uint8Array(await crypto.subtle.sign(webCryptoParameters(algorithm), await loaded, input))
    }
    const id = keyId ?? material.keyId
    const identity = id ?? material.identity
    return { algorithm, keyId: id, identity, material: material.identity, sign: (input) => sign(input).catch(toUnavailable) }
  } catch (error) {
    if (error instanceof PrivateKeySyntaxError) refuse(`"privateKey" ${error.message}`)
    throw error
  }
}

async function callSigner(sign: Signer['sign'], algorithm: SigningAlgorithmName, input: Uint8Array): Promise<Uint8Array> {
  const signature: unknown = await Promise.resolve(input).then(sign).catch(toUnavailable)
  if (Object.prototype.toString.call(signature) !== '[object Uint8Array]')
    throw unavailable(`"sign" returned ${kindOf(signature)} in place of a Uint8Array`)
  const { length } = signature as Uint8Array
  const expected = expectedSignatureBytes(algorithm)
  if (length === 0 || (expected !== undefined && length !== expected)) {
    const form = expected === undefined ? 'a signature' : `${expected}: r and s of fixed length one after the other, and not DER`
    throw unavailable(`"sign" returned ${length} bytes, and ${algorithm} has ${form}`)
  }
  return signature as Uint8Array
}

/** Throws without a cause: the error of a function that signs or reads keys may quote them. */
function toUnavailable(error: unknown): never {
  throw unavailable(error instanceof PrivateKeySyntaxError ? `it ${error.message}` : reasonOf(error))
}

/** @param reason never repeats any part of a key */
export function unavailable(reason: string): TokenRequestError {
  return new TokenRequestError({ code: 'key_unavailable', summary: `The private key of the client could not be used (${reason}).` })
}

function refuse(what: string): never {
  throw new TypeError(`privateKeyJwt: ${what}`)
}
