// Whether the private numbers of an RSA key belong together (RFC 8017 §3.2). A signature with a wrong exponent of one prime gives the
// factors of the modulus away to all who see it; libraries check the result, but not the key.

interface RsaJwk {
  readonly [member: string]: unknown
}

/** @param jwk with n, e, d, p, q, dp, dq and qi */
export function areRsaNumbersConsistent(jwk: RsaJwk): boolean {
  const [n, e, d, p, q, dp, dq, qi] = ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'].map((member) => toInteger(jwk[member])) as Numbers
  if (p <= 1n || q <= 1n || p === q || p * q !== n) return false
  return (
    (e * d) % (p - 1n) === 1n && (e * d) % (q - 1n) === 1n && dp === d % (p - 1n) && dq === d % (q - 1n) && (q * qi) % p === 1n && qi < p
  )
}

type Numbers = [n: bigint, e: bigint, d: bigint, p: bigint, q: bigint, dp: bigint, dq: bigint, qi: bigint]

function toInteger(value: unknown): bigint {
  return typeof value === 'string' && value !== '' ? BigInt(`0x${Buffer.from(value, 'base64url').toString('hex')}`) : 0n
}
