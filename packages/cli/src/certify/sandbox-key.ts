// A private key of the client of a sandbox: as the files that the backend reads, as the public key that is registered, and as what signs.
import { constants, generateKeyPair, sign, verify, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { signingAlgorithms, type SigningAlgorithm, type SigningAlgorithmName } from '@countersign/protocol'

export interface SandboxKey {
  readonly keyId: string
  readonly algorithm: SigningAlgorithmName
  readonly publicJwk: Readonly<Record<string, string>>
  readonly privateJwk: Readonly<Record<string, string>>
  /** PKCS #8. */
  readonly pem: string
  /** @returns a compact JWS of what stands before the second dot */
  sign(input: string): string
  /** Whether this key has made the signature, which is base64url. */
  hasSigned(input: string, signature: string): boolean
}

export async function createSandboxKey(algorithm: SigningAlgorithmName, keyId: string): Promise<SandboxKey> {
  const { digest, keyType, saltBytes }: SigningAlgorithm = signingAlgorithms[algorithm]
  const { privateKey, publicKey } = await createKeyPair(algorithm)
  const names = { kid: keyId, alg: algorithm, use: 'sig' }
  const padding = saltBytes === undefined ? {} : { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: saltBytes }
  const options = { ...(keyType === 'EC' && { dsaEncoding: 'ieee-p1363' as const }), ...padding }
  return {
    keyId,
    algorithm,
    publicJwk: { ...(publicKey.export({ format: 'jwk' }) as Record<string, string>), ...names },
    privateJwk: { ...(privateKey.export({ format: 'jwk' }) as Record<string, string>), ...names },
    pem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    sign: (input) => `${input}.${sign(digest, Buffer.from(input), { key: privateKey, ...options }).toString('base64url')}`,
    hasSigned: (input, signature) =>
      verify(digest, Buffer.from(input), { key: publicKey, ...options }, Buffer.from(signature, 'base64url')),
  }
}

function createKeyPair(algorithm: SigningAlgorithmName): Promise<{ readonly privateKey: KeyObject; readonly publicKey: KeyObject }> {
  const { keyType, curve }: SigningAlgorithm = signingAlgorithms[algorithm]
  const generate = promisify(generateKeyPair)
  if (keyType === 'RSA') return generate('rsa', { modulusLength: 2048 })
  return keyType === 'EC' ? generate('ec', { namedCurve: curve! }) : generate('ed25519')
}
