// Names of signing algorithms that others use for one of ours.

/** RFC 9864 §2.2 names EdDSA by its curve, and current libraries sign under that name; it is the same algorithm. */
export function usualName(alg: unknown): unknown {
  return alg === 'Ed25519' ? 'EdDSA' : alg
}
