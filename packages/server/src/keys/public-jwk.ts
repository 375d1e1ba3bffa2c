// The public half of a signing key: its JWK and its thumbprint.
import { hash, type KeyObject } from 'node:crypto'
import type { SigningAlgorithmName } from '@countersign/protocol'

/** A public key as in a JWK Set (RFC 7517 §4). */
export interface PublicJwk {
  readonly kty: string
  readonly kid: string
  readonly use: 'sig'
  readonly alg: SigningAlgorithmName
  readonly [member: string]: string
}

/** The public members by key type; a JWK that is built from this list cannot have private members. */
const publicMembers = { EC: ['crv', 'kty', 'x', 'y'], OKP: ['crv', 'kty', 'x'], RSA: ['e', 'kty', 'n'] } as const

/** RFC 7638 §3: the SHA-256 of the required members in lexicographic order. */
export function thumbprint(publicKey: KeyObject): string {
  return hash('sha256', JSON.stringify(requiredMembers(publicKey)), 'base64url')
}

function requiredMembers(publicKey: KeyObject): Record<string, string> & { kty: string } {
  const jwk = publicKey.export({ format: 'jwk' })
  const kty = jwk.kty as keyof typeof publicMembers
  return { ...Object.fromEntries(publicMembers[kty].map((member) => [member, jwk[member] as string])), kty }
}

export function toPublicJwk(publicKey: KeyObject, kid: string, alg: SigningAlgorithmName): PublicJwk {
  return { ...requiredMembers(publicKey), kid, use: 'sig', alg }
}
