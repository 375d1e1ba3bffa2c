// The public half of a signing key: its JWK and its thumbprint.
import { hash, type KeyObject } from 'node:crypto'
import type { SigningAlgorithmName } from '@countersign/protocol'
import { certificateMembers } from './certificate-chain.ts'

/** A public key as in a JWK Set (RFC 7517 §4). */
export interface PublicJwk {
  readonly kty: string
  readonly kid: string
  readonly use: 'sig'
  readonly alg: SigningAlgorithmName
  readonly x5c?: string[]
  readonly [member: string]: string | readonly string[] | undefined
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

/** @param certificates of the key, then of its issuers: DER in base64 */
export function toPublicJwk(
  publicKey: KeyObject,
  kid: string,
  alg: SigningAlgorithmName,
  [leaf, ...issuers]: readonly string[] = [],
): PublicJwk {
  const jwk = { ...requiredMembers(publicKey), kid, use: 'sig', alg } as const
  if (leaf === undefined) return jwk
  const { x5c, ...digests } = certificateMembers([leaf, ...issuers])
  return { ...jwk, x5c: [...x5c], ...digests }
}
