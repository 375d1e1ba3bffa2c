// What the cookie of a session has: 256 random bits, and 64 more by which one that was made up is refused without a query of the store. The
// store has its HMAC under the pepper, so that a copy of the store signs no one in. A new version of the pepper ends no session: each
// version that this node has is tried, and only its removal ends the sessions under it.
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { hmacSha256 } from '../keys/hmac.ts'
import type { KeyRing } from '../keys/key-ring.ts'

const randomLength = 43
const tagLength = 11
const form = new RegExp(`^[A-Za-z0-9_-]{${randomLength + tagLength}}$`)

/** Bound to the mount: the cookie of one is worth nothing at another. Returns it with what the store has of it. */
export function createSessionToken(pepper: KeyRing, mount: string): { readonly token: string; readonly digest: string } {
  const random = randomBytes(32).toString('base64url')
  const token = random + tagOf(pepper, pepper.currentVersion, mount, random)
  return { token, digest: digestOf(pepper, pepper.currentVersion, mount, token) }
}

/** What the store may have of a token: under each version that may have made it; nothing for any other text. */
export function digestsOfToken(pepper: KeyRing, mount: string, text: string): string[] {
  if (!form.test(text)) return []
  const [random, tag] = [text.slice(0, randomLength), text.slice(randomLength)]
  return [...pepper.versions.keys()]
    .filter((version) => timingSafeEqual(Buffer.from(tagOf(pepper, version, mount, random)), Buffer.from(tag)))
    .map((version) => digestOf(pepper, version, mount, text))
}

// No secret of a client is digested in either form.
const tagOf = (pepper: KeyRing, version: number, mount: string, random: string) =>
  hmac(pepper, version, `session tag:${mount}:${random}`).slice(0, tagLength)
const digestOf = (pepper: KeyRing, version: number, mount: string, token: string) => hmac(pepper, version, `session:${mount}:${token}`)

function hmac({ versions }: KeyRing, version: number, text: string): string {
  const pepper = versions.get(version)
  if (!pepper) throw new TypeError(`The pepper has no version ${version}`)
  return hmacSha256(pepper, text)
}
