// Client secrets: their format and their stored form. 256 random bits behind a prefix that secret scanners know, with a checksum
// that tells a typo from a guess. Only an HMAC under the pepper is stored, bound to the client.
import { randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { hmacSha256 } from './hmac.ts'
import type { KeyRing } from './key-ring.ts'

/** The prefix by which secret scanners recognize our secrets. */
const prefix = 'csk_'
const secretForm = /^csk_([A-Za-z0-9_-]{43})([A-Za-z0-9_-]{6})$/

/** Longer values are never hashed; our secrets have 53 characters. Bytes. */
const maxHashedSecretBytes = 512

/** A new secret: "csk_", 43 characters of base64url (32 random bytes), 6 characters of checksum. */
export function generateClientSecret(): string {
  const random = randomBytes(32).toString('base64url')
  return `${prefix}${random}${checksum(random)}`
}

/** Whether a value has the form and the checksum of a secret. False means a typo, not a guess. */
export function isWellFormedSecret(value: string): boolean {
  const [, random, sum] = secretForm.exec(value) ?? []
  return random !== undefined && checksum(random) === sum
}

/** Whether a value that must not be a secret is one, contains one, or is one with a typo. */
export function looksLikeSecret(value: string): boolean {
  return value.includes(prefix)
}

/** The stored form of a secret. `client` is the client's internal id: a digest moved to another client does not match. */
export function digestSecret(ring: KeyRing, version: number, client: string, secret: string): Buffer {
  const pepper = ring.versions.get(version)
  if (!pepper) throw new TypeError(`The pepper has no version ${version}`)
  return Buffer.from(hmacSha256(pepper, `${client}:${Buffer.byteLength(secret) > maxHashedSecretBytes ? '' : secret}`), 'base64url')
}

function checksum(random: string): string {
  const sum = Buffer.allocUnsafe(4)
  sum.writeUInt32BE(crc32(random))
  return sum.toString('base64url')
}
