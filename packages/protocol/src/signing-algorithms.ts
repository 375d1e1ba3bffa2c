// The one table of signing algorithms (RFC 7518 §3, RFC 8037 §3.1). Symmetric algorithms and "none" are not in it, so no
// code path can reach them.

export interface SigningAlgorithm {
  readonly keyType: 'EC' | 'RSA' | 'OKP'
  readonly curve?: 'P-256' | 'Ed25519'
  /** The digest for `node:crypto`; null if the algorithm has its own. */
  readonly digest: 'sha256' | null
  readonly padding?: 'pkcs1' | 'pss'
  /** The exact length of a signature in bytes; absent for RSA, where it is the length of the key's modulus. */
  readonly signatureBytes?: number
}

export const signingAlgorithms = {
  ES256: { keyType: 'EC', curve: 'P-256', digest: 'sha256', signatureBytes: 64 },
  RS256: { keyType: 'RSA', digest: 'sha256', padding: 'pkcs1' },
  PS256: { keyType: 'RSA', digest: 'sha256', padding: 'pss' },
  EdDSA: { keyType: 'OKP', curve: 'Ed25519', digest: null, signatureBytes: 64 },
} as const satisfies Record<string, SigningAlgorithm>

export type SigningAlgorithmName = keyof typeof signingAlgorithms

export function isSigningAlgorithm(name: unknown): name is SigningAlgorithmName {
  return typeof name === 'string' && Object.hasOwn(signingAlgorithms, name)
}
