// Which algorithms a private key can sign with, told from its form before it is imported, and their names in Web Crypto.
import { signingAlgorithms, type SigningAlgorithm, type SigningAlgorithmName } from '@countersign/protocol'
import { PrivateKeySyntaxError } from './private-key-text.ts'

export interface KeyKind {
  readonly keyType: SigningAlgorithm['keyType']
  readonly curve?: string
}

/** In the order of the table; the first is the default. */
export function algorithmsOf({ keyType, curve }: KeyKind): readonly SigningAlgorithmName[] {
  return names.filter((name) => {
    const row: SigningAlgorithm = signingAlgorithms[name]
    return row.keyType === keyType && row.curve === curve
  })
}

const names = Object.keys(signingAlgorithms) as SigningAlgorithmName[]

/** AlgorithmIdentifier of PKCS #8 in hex (RFC 8017 A.1, RFC 5480 §2.1.1, RFC 8410 §3). */
const kindsByIdentifier: Record<string, KeyKind> = {
  '06092a864886f70d0101010500': { keyType: 'RSA' },
  '06072a8648ce3d020106082a8648ce3d030107': { keyType: 'EC', curve: 'P-256' },
  '06072a8648ce3d020106052b81040022': { keyType: 'EC', curve: 'P-384' },
  '06072a8648ce3d020106052b81040023': { keyType: 'EC', curve: 'P-521' },
  '06032b6570': { keyType: 'OKP', curve: 'Ed25519' },
}

/** SEQUENCE { INTEGER version, SEQUENCE AlgorithmIdentifier, … } (RFC 5958 §2). @throws PrivateKeySyntaxError */
export function kindOfPkcs8(der: Uint8Array): KeyKind {
  const afterHeader = der[1] !== undefined && der[1] > 0x80 ? 2 + (der[1] - 0x80) : 2
  const version = afterHeader + 3
  const length = der[version + 1] ?? 0
  const identifier = [...der.subarray(version + 2, version + 2 + length)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  const kind = der[0] === 0x30 && der[version] === 0x30 ? kindsByIdentifier[identifier] : undefined
  if (kind !== undefined) return kind
  throw new PrivateKeySyntaxError('is of no kind that is supported here: RSA, P-256, P-384, P-521 or Ed25519')
}

type NameInWebCrypto = 'ECDSA' | 'RSASSA-PKCS1-v1_5' | 'RSA-PSS' | 'Ed25519'

export interface WebCryptoParameters {
  readonly name: NameInWebCrypto
  readonly hash?: string
  readonly namedCurve?: string
  readonly saltLength?: number
}

/** Members that an operation does not need are ignored by Web Crypto. */
export function webCryptoParameters(algorithm: SigningAlgorithmName): WebCryptoParameters {
  const { keyType, curve, digest, padding, saltBytes }: SigningAlgorithm = signingAlgorithms[algorithm]
  if (keyType === 'OKP' || digest === null) return { name: 'Ed25519' }
  const hash = digest.replace('sha', 'SHA-')
  if (keyType === 'EC') return { name: 'ECDSA', hash, ...(curve !== undefined && { namedCurve: curve }) }
  return padding === 'pss'
    ? { name: 'RSA-PSS', hash, ...(saltBytes !== undefined && { saltLength: saltBytes }) }
    : { name: 'RSASSA-PKCS1-v1_5', hash }
}

/** A CryptoKey is bound to one algorithm, or for a curve to those of the curve. @throws PrivateKeySyntaxError */
export function algorithmsOfCryptoKey({ algorithm }: CryptoKey): readonly SigningAlgorithmName[] {
  const { name, hash, namedCurve } = algorithm as { name: string; hash?: { name: string }; namedCurve?: string }
  const found = names.filter((one) => {
    const wanted = webCryptoParameters(one)
    return wanted.name === name && wanted.namedCurve === namedCurve && (hash === undefined || wanted.hash === hash.name)
  })
  if (found.length > 0) return found
  throw new PrivateKeySyntaxError(`is a CryptoKey of "${name}", which no signing algorithm uses`)
}
