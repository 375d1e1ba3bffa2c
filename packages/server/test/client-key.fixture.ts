// The side of a client with a key: key pairs, and the assertions that it signs. Everything of an assertion can be replaced, to see it refused.
import { constants, generateKeyPairSync, randomUUID, sign, type KeyObject } from 'node:crypto'
import { signingAlgorithms, type SigningAlgorithm, type SigningAlgorithmName } from '@countersign/protocol'

export const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

export interface ClientKeyPair {
  readonly algorithm: SigningAlgorithmName
  readonly privateKey: KeyObject
  readonly jwk: Readonly<Record<string, unknown>>
}

const made = new Map<string, KeyObject>()

/** RSA keys take long to make, so tests share one. */
export function createClientKey(algorithm: SigningAlgorithmName = 'ES256', kid?: string): ClientKeyPair {
  const privateKey = createPrivateKey(algorithm)
  const { kty, crv, x, y, n, e } = privateKey.export({ format: 'jwk' })
  const jwk = { kty, crv, x, y, n, e, alg: algorithm, ...(kid !== undefined && { kid }) }
  return { algorithm, privateKey, jwk: JSON.parse(JSON.stringify(jwk)) as ClientKeyPair['jwk'] }
}

function createPrivateKey(algorithm: SigningAlgorithmName): KeyObject {
  const { keyType, curve }: SigningAlgorithm = signingAlgorithms[algorithm]
  if (keyType === 'EC') return generateKeyPairSync('ec', { namedCurve: curve! }).privateKey
  if (keyType === 'OKP') return generateKeyPairSync('ed25519').privateKey
  let key = made.get('RSA')
  if (!key) made.set('RSA', (key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey))
  return key
}

export function signJwt({ algorithm, privateKey: key }: ClientKeyPair, header: object, claims: object | string): string {
  const { digest, keyType, saltBytes }: SigningAlgorithm = signingAlgorithms[algorithm]
  const text = typeof claims === 'string' ? claims : JSON.stringify(claims)
  const signed = [JSON.stringify(header), text].map((part) => Buffer.from(part).toString('base64url')).join('.')
  const padding = saltBytes === undefined ? {} : { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: saltBytes }
  const options = { key, ...(keyType === 'EC' && { dsaEncoding: 'ieee-p1363' as const }), ...padding }
  return `${signed}.${sign(digest, Buffer.from(signed), options).toString('base64url')}`
}

export interface AssertionOf {
  readonly clientId: string
  readonly issuer: string
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly header?: Readonly<Record<string, unknown>>
  readonly claims?: Readonly<Record<string, unknown>>
}

/** A member with the value undefined is left out. */
export function assertionBy(key: ClientKeyPair, { clientId, issuer, now, header = {}, claims = {} }: AssertionOf): string {
  const seconds = Math.floor(now / 1000)
  const usual = { iss: clientId, sub: clientId, aud: issuer, jti: randomUUID(), iat: seconds, exp: seconds + 60 }
  return signJwt(key, { alg: key.algorithm, typ: 'client-authentication+jwt', ...header }, { ...usual, ...claims })
}

export function tokenRequestBy(assertion: string, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { grant_type: 'client_credentials', client_assertion_type: assertionType, client_assertion: assertion, ...more }
}
