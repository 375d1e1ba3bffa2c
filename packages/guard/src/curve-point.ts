// What the coordinates of a public key must be. That a point is on its NIST curve is checked by the import of the key; an Ed25519 key is
// imported unchecked, and with a point of small order one signature fits many messages.

/** Returns what the key of the public JWK would have to have, undefined if it has it all. */
export function findPointFault({ crv, x, y }: { readonly crv?: unknown; readonly x?: unknown; readonly y?: unknown }): string | undefined {
  const octets = coordinateOctets[crv as keyof typeof coordinateOctets]
  return toCoordinate(x, octets) && toCoordinate(y, octets)
    ? undefined
    : `coordinates of ${octets} octets each, in base64url (RFC 7518 §6.2.1)`
}

const coordinateOctets = { 'P-256': 32, 'P-384': 48, 'P-521': 66 } as const

/** Returns what the key of the public JWK would have to have, undefined if it has it all. */
export function findEd25519Fault({ x }: { readonly x?: unknown }): string | undefined {
  const octets = toCoordinate(x, 32)
  if (!octets) return 'a public key of 32 octets, in base64url (RFC 8037 §2)'
  return isPointOfLargeOrder(octets) ? undefined : 'a point of large order on the curve Ed25519'
}

/** All octets are there, also leading zeros. */
function toCoordinate(value: unknown, length: number): Buffer | undefined {
  if (typeof value !== 'string' || value.length !== Math.ceil((length * 4) / 3)) return undefined
  const octets = Buffer.from(value, 'base64url')
  return octets.length === length && octets.toString('base64url') === value ? octets : undefined
}

/** RFC 8032 §5.1: the prime of the field, and −121665/121666. */
const p = 2n ** 255n - 19n
const d = 37095705934669439343138083508754565189542113879843219016388785533085940283555n
/** The y of a point of order 8. */
const y8 = 2707385501144840649318225287225658788936804267575313519463743609750303402022n
/** The y of all points whose order divides 8. */
const smallOrder = new Set([0n, 1n, p - 1n, y8, p - y8])

/** RFC 8032 §5.1.3: y is in the field, and x² = (y² − 1) / (d·y² + 1) has a root. */
function isPointOfLargeOrder(octets: Buffer): boolean {
  const y = BigInt(`0x${Buffer.from(octets.toReversed()).toString('hex')}`) & (2n ** 255n - 1n)
  if (y >= p || smallOrder.has(y)) return false
  const squared = (y * y) % p
  // u/v is a square exactly if u·v is one (Euler's criterion).
  return power(((squared - 1n + p) * (d * squared + 1n)) % p, (p - 1n) / 2n) === 1n
}

/** To the power of `exponent`, modulo p. */
function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  let factor = base
  for (let bits = exponent; bits > 0n; bits >>= 1n) {
    if (bits & 1n) result = (result * factor) % p
    factor = (factor * factor) % p
  }
  return result
}
