// The one table of signing algorithms (RFC 7518 §3, RFC 8037 §3.1). Symmetric algorithms and "none" are not in it, so no
// code path can reach them.

export interface SigningAlgorithm {
  readonly keyType: 'EC' | 'RSA' | 'OKP'
  readonly curve?: 'P-256' | 'P-384' | 'P-521' | 'Ed25519'
  /** The digest for `node:crypto`; null if the algorithm has its own. */
  readonly digest: 'sha256' | 'sha384' | 'sha512' | null
  readonly padding?: 'pkcs1' | 'pss'
  /** RFC 7518 §3.5: as long as the digest. Bytes. */
  readonly saltBytes?: number
  /** The exact length of a signature in bytes; absent for RSA, where it is the length of the key's modulus. */
  readonly signatureBytes?: number
}

export const signingAlgorithms = {
  ES256: { keyType: 'EC', curve: 'P-256', digest: 'sha256', signatureBytes: 64 },
  RS256: { keyType: 'RSA', digest: 'sha256', padding: 'pkcs1' },
  PS256: { keyType: 'RSA', digest: 'sha256', padding: 'pss', saltBytes: 32 },
  EdDSA: { keyType: 'OKP', curve: 'Ed25519', digest: null, signatureBytes: 64 },
  ES384: { keyType: 'EC', curve: 'P-384', digest: 'sha384', signatureBytes: 96 },
  ES512: { keyType: 'EC', curve: 'P-521', digest: 'sha512', signatureBytes: 132 },
  RS384: { keyType: 'RSA', digest: 'sha384', padding: 'pkcs1' },
  RS512: { keyType: 'RSA', digest: 'sha512', padding: 'pkcs1' },
  PS384: { keyType: 'RSA', digest: 'sha384', padding: 'pss', saltBytes: 48 },
  PS512: { keyType: 'RSA', digest: 'sha512', padding: 'pss', saltBytes: 64 },
} as const satisfies Record<string, SigningAlgorithm>

export type SigningAlgorithmName = keyof typeof signingAlgorithms

export function isSigningAlgorithm(name: unknown): name is SigningAlgorithmName {
  return typeof name === 'string' && Object.hasOwn(signingAlgorithms, name)
}
