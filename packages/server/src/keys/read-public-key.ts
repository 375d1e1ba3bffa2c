// Reads the public key that a client registers: a JWK, a JWK Set, a public key or a certificate in PEM. What comes out is rebuilt from
// the public members alone and meets the requirements of every key that may verify (packages/guard/src/key-requirements.ts). No message
// has anything of the key: it may be a private one, sent by mistake.
import { createPublicKey, X509Certificate, type KeyObject } from 'node:crypto'
import { importVerificationKey } from '@countersign/guard'
import { signingAlgorithms, type SigningAlgorithm, type SigningAlgorithmName } from '@countersign/protocol'
import { usualName } from './algorithm-names.ts'
import { thumbprint, toPublicJwk, type PublicJwk } from './public-jwk.ts'

export interface RegisteredKey {
  readonly jwk: PublicJwk
  /** Of a certificate: the end of its validity, in milliseconds since the epoch; null for a key without one. */
  readonly expiresAt: number | null
}

/** The key cannot be registered. The message says what was expected, and nothing of the key. */
export class PublicKeyError extends Error {
  override name = 'PublicKeyError'
}

export interface KeyNames {
  /** Default: the RFC 7638 thumbprint. */
  readonly keyId?: string | undefined
  /** Needed for RSA keys whose JWK names none; default: RS256. */
  readonly algorithm?: SigningAlgorithmName | undefined
}

type JsonObject = Readonly<Record<string, unknown>>

const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

export function hasPrivateMember(jwk: JsonObject): boolean {
  return privateMembers.some((member) => Object.hasOwn(jwk, member))
}

/** @throws PublicKeyError */
export function readPublicKeys(key: string | JsonObject, names: KeyNames, now: number): RegisteredKey[] {
  if (typeof key === 'string') return [readPem(key, names, now)]
  if (!Object.hasOwn(key, 'keys')) return [readJwk(key, names)]
  const members = key['keys']
  if (!Array.isArray(members) || members.length === 0) throw new PublicKeyError('a JWK Set whose "keys" is a list with at least one key')
  if (names.keyId !== undefined && members.length > 1)
    throw new PublicKeyError('no "keyId" for a set of several keys, which have their own "kid"')
  return members.map((member: unknown, index) => {
    try {
      return readJwk(member, names)
    } catch (error) {
      if (error instanceof PublicKeyError) throw new PublicKeyError(`${error.message} (key number ${index + 1} of the set)`)
      throw error
    }
  })
}

function readJwk(value: unknown, { keyId, algorithm }: KeyNames): RegisteredKey {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new PublicKeyError('a JWK: an object with "kty"')
  const jwk = value as JsonObject
  if (hasPrivateMember(jwk)) throw isPrivate()
  const alg = usualName(jwk['alg']) ?? algorithm ?? usualAlgorithm(jwk)
  if (algorithm !== undefined && alg !== algorithm) throw new PublicKeyError('the same algorithm in "alg" of the key and in "algorithm"')
  if (keyId !== undefined && jwk['kid'] !== undefined && jwk['kid'] !== keyId)
    throw new PublicKeyError('the same id in "kid" of the key and in "keyId"')
  const kid = jwk['kid'] ?? keyId
  // The thumbprint is that of the imported key.
  const checked = checkJwk({ ...jwk, alg, kid: kid ?? 'none' })
  return {
    jwk: toPublicJwk(checked.publicKey, kid === undefined ? thumbprint(checked.publicKey) : checked.kid, checked.algorithm),
    expiresAt: null,
  }
}

function checkJwk(jwk: JsonObject) {
  let fault = ''
  const key = importVerificationKey(jwk, (expected) => (fault = expected))
  if (!key) throw new PublicKeyError(fault)
  return key
}

/** By the curve; RSA keys have several, of which RS256 is the one that OpenID Connect Registration §2 takes for granted. */
export function usualAlgorithm({ kty, crv }: JsonObject): string | undefined {
  const fits = ({ keyType, curve }: SigningAlgorithm) => keyType === kty && (curve === undefined || curve === crv)
  return kty === 'RSA' ? 'RS256' : (Object.keys(signingAlgorithms) as SigningAlgorithmName[]).find((name) => fits(signingAlgorithms[name]))
}

const label = /-----BEGIN ([A-Z0-9 ]+)-----/g

function readPem(text: string, names: KeyNames, now: number): RegisteredKey {
  const labels = Array.from(text.matchAll(label), ([, name]) => name ?? '')
  if (labels.some((name) => name.includes('PRIVATE'))) throw isPrivate()
  if (labels.length !== 1) throw new PublicKeyError('one public key or one certificate in PEM, or a JWK')
  return labels[0] === 'CERTIFICATE' ? readCertificate(text, names, now) : { jwk: ofKeyObject(readKeyObject(text), names), expiresAt: null }
}

function readKeyObject(text: string): KeyObject {
  try {
    return createPublicKey(text)
  } catch {
    throw new PublicKeyError('a public key in PEM ("PUBLIC KEY") that can be read')
  }
}

/** Its validity ends the key's; who issued it does not matter, because the operator registers the very key. */
function readCertificate(text: string, names: KeyNames, now: number): RegisteredKey {
  let certificate: X509Certificate
  let publicKey: KeyObject
  try {
    certificate = new X509Certificate(text)
    publicKey = certificate.publicKey
  } catch {
    throw new PublicKeyError('a certificate in PEM that can be read')
  }
  const [from, to] = [certificate.validFromDate.getTime(), certificate.validToDate.getTime()]
  if (!(from <= now)) throw new PublicKeyError('a certificate that is valid already')
  if (!(to > now)) throw new PublicKeyError('a certificate that has not expired')
  const fingerprint = Buffer.from(certificate.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url')
  return { jwk: { ...ofKeyObject(publicKey, names), 'x5t#S256': fingerprint }, expiresAt: to }
}

function ofKeyObject(publicKey: KeyObject, { keyId, algorithm }: KeyNames): PublicJwk {
  let jwk: JsonObject
  try {
    jwk = publicKey.export({ format: 'jwk' }) as JsonObject
  } catch {
    throw new PublicKeyError('an RSA key (not restricted to PSS), or one on P-256, P-384, P-521 or Ed25519')
  }
  return readJwk(jwk, { keyId, algorithm }).jwk
}

function isPrivate(): PublicKeyError {
  return new PublicKeyError(
    'a public key. This one has private parts, so its secrecy is lost: make another key pair, and send only its public key',
  )
}
