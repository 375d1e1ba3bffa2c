// What the numbers of an RSA key must be (NIST SP 800-89 §5.3.3, FIPS 186-5 §A.1.1). With e = 1 the padded hash is its own signature; a
// modulus that is even, prime or a square is factored at once, and then any signature can be made.

const minModulusBits = 2048
/** The time of a verification grows with the square of the bits; issuers use 2,048 to 4,096. */
const maxModulusBits = 4096
const minExponent = 65_537n
/** The time of a verification grows with the bits of the exponent; issuers use 65,537. */
const maxExponent = 2n ** 32n - 1n
const smallFactorLimit = 752n
/** As many steps of Fermat's method as the CA/Browser Forum asks for (Baseline Requirements 6.1.1.3). */
const fermatSteps = 100

/** Returns what the key of the public JWK would have to have, undefined if it has it all. */
export function findRsaFault(jwk: { readonly n?: unknown; readonly e?: unknown }): string | undefined {
  const n = toInteger(jwk.n)
  const e = toInteger(jwk.e)
  if (n === undefined || e === undefined) return 'a modulus and an exponent in base64url without leading zeros (RFC 7518 §6.3.1)'
  const bits = n.toString(2).length
  if (bits < minModulusBits || bits > maxModulusBits) return `a modulus of ${minModulusBits} to ${maxModulusBits} bits`
  if (e < minExponent || e > maxExponent || isEven(e)) return `an odd exponent of ${minExponent} to ${maxExponent}`
  if (isEven(n) || hasSmallFactor(n)) return 'a modulus that is odd and has no small factor'
  if (mayBePrime(n)) return 'a modulus that is not a prime number'
  if (hasCloseFactors(n)) return 'a modulus whose prime factors are not close to each other'
  return undefined
}

/** Base64urlUInt (RFC 7518 §2). */
function toInteger(value: unknown): bigint | undefined {
  if (typeof value !== 'string' || value.length > maxModulusBits) return undefined
  const bytes = Buffer.from(value, 'base64url')
  if (bytes.length === 0 || bytes[0] === 0 || bytes.toString('base64url') !== value) return undefined
  return BigInt(`0x${bytes.toString('hex')}`)
}

function isEven(number: bigint): boolean {
  return (number & 1n) === 0n
}

function hasSmallFactor(n: bigint): boolean {
  for (let factor = 3n; factor < smallFactorLimit; factor += 2n) if (n % factor === 0n) return true
  return false
}

/**
 * Fermat's test: no prime fails it, and a product of two large primes as good as never passes. checkPrimeSync() repeats its own 128 times for
 * a prime, which holds the process for a second, and the keys of a set are chosen by the client that publishes it.
 */
function mayBePrime(n: bigint): boolean {
  let power = 1n
  for (const bit of (n - 1n).toString(2)) {
    power = (power * power) % n
    if (bit === '1') power = (power << 1n) % n
  }
  return power === 1n
}

/** Fermat's factorization: n = a² − b² for a just above its root. Finds squares in the first step. */
function hasCloseFactors(n: bigint): boolean {
  const root = floorOfRoot(n)
  const first = root * root === n ? root : root + 1n
  for (let a = first; a < first + BigInt(fermatSteps); a += 1n) if (isSquare(a * a - n)) return true
  return false
}

/** Squares are 0, 1, 4 or 9 modulo 16, which spares three roots of four. */
function isSquare(number: bigint): boolean {
  if (![0n, 1n, 4n, 9n].includes(number & 15n)) return false
  const root = floorOfRoot(number)
  return root * root === number
}

/** Newton's method, from above. */
function floorOfRoot(number: bigint): bigint {
  if (number < 2n) return number
  let root = 1n << BigInt(Math.ceil(number.toString(2).length / 2))
  for (;;) {
    const next = (root + number / root) >> 1n
    if (next >= root) return root
    root = next
  }
}
