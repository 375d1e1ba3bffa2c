// Reads a private key that is to sign tokens here: PKCS #8, PKCS #1 or SEC 1 in PEM, or a private JWK (RFC 7517). What comes out is rebuilt
// from its numbers, belongs together, and meets the requirements of every key that may verify. No message has anything of the key.
import { createPrivateKey, createPublicKey, sign, verify, type JsonWebKeyInput, type KeyObject } from 'node:crypto'
import type { SigningAlgorithmName } from '@countersign/protocol'
import { thumbprint } from './public-jwk.ts'
import { PublicKeyError, readPublicKeys, usualAlgorithm, type KeyNames } from './read-public-key.ts'
import { areRsaNumbersConsistent } from './rsa-numbers.ts'

/** A key made elsewhere, that can sign here. */
export interface PrivateSigningKey {
  readonly keyId: string
  readonly algorithm: SigningAlgorithmName
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  /** RFC 7638. */
  readonly thumbprint: string
}

/** The key cannot be imported. The message completes "expected …", and has nothing of the key. */
export class PrivateKeyError extends Error {
  override name = 'PrivateKeyError'
}

type JsonObject = Readonly<Record<string, unknown>>

/**
 * @param names what the caller says counts more than what a JWK says
 * @throws PrivateKeyError
 */
export function readPrivateKey(key: string | JsonObject, { keyId, algorithm }: KeyNames = {}): PrivateSigningKey {
  const jwk = typeof key === 'string' && !key.trimStart().startsWith('{') ? undefined : checkJwk(typeof key === 'string' ? parse(key) : key)
  const given = jwk ? importJwk(jwk) : importPem(key as string)
  const privateKey = rebuild(given)
  const publicKey = createPublicKey(privateKey)
  const { jwk: described } = describe(publicKey, { alg: algorithm ?? jwk?.['alg'], kid: keyId ?? jwk?.['kid'] })
  if (!isPortableKeyId(described.kid)) throw new PrivateKeyError(expectedKeyId)
  refuseUnequalHalves(privateKey, publicKey)
  return { keyId: described.kid, algorithm: described.alg, privateKey, publicKey, thumbprint: thumbprint(publicKey) }
}

const expectedKeyId = 'a key id ("kid") of 1 to 256 visible ASCII characters, and not "." or ".."'

/** It is a segment of a path of the admin API. */
function isPortableKeyId(keyId: string): boolean {
  return /^[\x21-\x7e]{1,256}$/.test(keyId) && keyId !== '.' && keyId !== '..'
}

function parse(text: string): JsonObject {
  try {
    return JSON.parse(text) as JsonObject
  } catch {
    throw new PrivateKeyError('a JWK in valid JSON') // The message of JSON.parse quotes the text.
  }
}

function checkJwk(jwk: JsonObject): JsonObject {
  if (Array.isArray(jwk['keys'])) throw new PrivateKeyError('one private key, not a JWK Set')
  if (jwk['kty'] === 'oct') throw new PrivateKeyError('an asymmetric key, because verifiers must not be able to sign')
  if (typeof jwk['d'] !== 'string') throw new PrivateKeyError('a private key; this JWK has no "d", so it is a public one')
  if (Object.hasOwn(jwk, 'oth')) throw new PrivateKeyError('an RSA key of two primes')
  if (jwk['use'] !== undefined && jwk['use'] !== 'sig') throw new PrivateKeyError('"use" with the value "sig", or none')
  const operations = jwk['key_ops']
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('sign')))
    throw new PrivateKeyError('"key_ops" with "sign", or none')
  return jwk
}

/** The members that are the key itself (RFC 7518 §6, RFC 8037 §2). */
const keyMembers = ['kty', 'crv', 'x', 'y', 'd', 'n', 'e', 'p', 'q', 'dp', 'dq', 'qi']

function importJwk(jwk: JsonObject): KeyObject {
  const members = Object.fromEntries(keyMembers.filter((name) => Object.hasOwn(jwk, name)).map((name) => [name, jwk[name]]))
  try {
    return createPrivateKey({ key: members as JsonWebKeyInput['key'], format: 'jwk' })
  } catch {
    throw new PrivateKeyError(
      'a JWK with all members of its private key, which belong together (RFC 7518 §6); RSA needs n, e, d, p, q, dp, dq and qi',
    )
  }
}

const label = /-----BEGIN ([A-Z0-9 ]+)-----/g
const readable = new Set(['PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY'])

function importPem(text: string): KeyObject {
  const labels = Array.from(text.matchAll(label), ([, name]) => name ?? '')
  const [found, ...more] = labels.filter((name) => name.endsWith('PRIVATE KEY'))
  if (found === undefined) throw new PrivateKeyError(`a private key in PEM or as a JWK${describeOther(labels)}`)
  if (more.length > 0) throw new PrivateKeyError('one private key; the text has several')
  if (labels.includes('CERTIFICATE')) throw new PrivateKeyError('the private key alone, and its certificates in "certificates"')
  if (found === 'ENCRYPTED PRIVATE KEY' || text.includes('Proc-Type: 4,ENCRYPTED')) throw new PrivateKeyError(notEncrypted)
  if (!readable.has(found)) throw new PrivateKeyError('PKCS #8, PKCS #1 or SEC 1 in PEM; this is another form')
  try {
    return createPrivateKey(text)
  } catch {
    throw new PrivateKeyError('a private key in PEM that is complete; this one is damaged')
  }
}

const notEncrypted =
  'a private key that is not encrypted. Decrypt it on the way: openssl pkey -in KEY_FILE | countersign key import - --realm REALM'

function describeOther(labels: readonly string[]): string {
  if (labels.includes('CERTIFICATE')) return '; this is a certificate, which has only the public key'
  return labels.some((name) => name.endsWith('PUBLIC KEY')) ? '; this is a public key' : ''
}

/** From its numbers, so that the import compares them, and nothing else of the text is kept. */
function rebuild(key: KeyObject): KeyObject {
  const jwk = exportJwk(key)
  if (!jwk || usualAlgorithm(jwk) === undefined)
    throw new PrivateKeyError('an RSA key (not restricted to PSS), or one on P-256, P-384, P-521 or Ed25519')
  if (jwk.kty === 'RSA' && !areRsaNumbersConsistent(jwk)) throw new PrivateKeyError(belongTogether)
  try {
    return createPrivateKey({ key: jwk, format: 'jwk' })
  } catch {
    throw new PrivateKeyError(belongTogether)
  }
}

const belongTogether = 'a private key whose numbers belong together; they do not, so it is damaged'

/** Undefined for a key of another kind than those of JWK. */
function exportJwk(key: KeyObject): (JsonObject & { readonly kty: string }) | undefined {
  try {
    return key.export({ format: 'jwk' }) as JsonObject & { readonly kty: string }
  } catch {
    return undefined
  }
}

function describe(publicKey: KeyObject, names: { readonly alg: unknown; readonly kid: unknown }) {
  const named = Object.entries(names).filter(([, value]) => value !== undefined)
  try {
    return readPublicKeys({ ...publicKey.export({ format: 'jwk' }), ...Object.fromEntries(named) }, {}, 0)[0]!
  } catch (error) {
    if (error instanceof PublicKeyError) throw new PrivateKeyError(error.message)
    throw error
  }
}

/** An RSA key of numbers that are no primes signs what its public key does not verify. */
function refuseUnequalHalves(privateKey: KeyObject, publicKey: KeyObject): void {
  const digest = privateKey.asymmetricKeyType === 'ed25519' ? null : 'sha256'
  const probe = Buffer.from('a signature that nothing accepts')
  if (!verify(digest, probe, publicKey, sign(digest, probe, privateKey))) throw new PrivateKeyError(belongTogether)
}
