// What the cookie of a session has: 256 random bits. The store has its HMAC under the pepper, so that a copy of the store signs no one in.
// A new version of the pepper ends no session: each version that this node has is tried, and only its removal ends the sessions under it.
import { randomBytes } from 'node:crypto'
import { hmacSha256 } from '../keys/hmac.ts'
import type { KeyRing } from '../keys/key-ring.ts'

export function createSessionToken(): string {
  return randomBytes(32).toString('base64url')
}

export function isSessionToken(text: string): boolean {
  return /^[A-Za-z0-9_-]{43}$/.test(text)
}

/** Bound to the mount: the cookie of one is worth nothing at another. No secret of a client is digested in this form. */
export function digestSessionToken({ versions }: KeyRing, version: number, mount: string, token: string): string {
  const pepper = versions.get(version)
  if (!pepper) throw new TypeError(`The pepper has no version ${version}`)
  return hmacSha256(pepper, `session:${mount}:${token}`)
}
