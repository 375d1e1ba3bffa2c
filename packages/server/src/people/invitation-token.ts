// What the link of an invitation has behind its "#": 256 random bits. The store has their HMAC under the pepper, so that a copy of the store
// opens nothing. A version of the pepper that is retired ends the invitations under it.
import { hash, randomBytes } from 'node:crypto'
import { hmacSha256 } from '../keys/hmac.ts'
import type { KeyRing } from '../keys/key-ring.ts'

const form = /^[A-Za-z0-9_-]{43}$/

export function createInvitationToken({ versions, currentVersion }: KeyRing): { readonly token: string; readonly digest: string } {
  const token = randomBytes(32).toString('base64url')
  return { token, digest: digestOf(versions.get(currentVersion)!, token) }
}

/** What the store may have of a token: under each version that may have made it; nothing for any other text. */
export function digestsOfInvitation({ versions }: KeyRing, text: string): string[] {
  return form.test(text) ? Array.from(versions.values(), (pepper) => digestOf(pepper, text)) : []
}

/**
 * The id of the person who accepts an invitation: the same at every attempt, so that a passkey of an attempt that failed is replaced on its
 * device by that of the next one.
 */
export function personOfInvitation(invitation: string): string {
  const bytes = hash('sha256', `person of the invitation ${invitation}`, 'buffer').subarray(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x80 // RFC 9562 §5.8: version 8
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

function digestOf(pepper: Parameters<typeof hmacSha256>[0], token: string): string {
  return hmacSha256(pepper, `invitation:${token}`)
}
