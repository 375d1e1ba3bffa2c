import { maxKeyIdLength, type Jwk } from './key-requirements.ts'
import { importVerificationKey, type VerificationKey } from './verification-key.ts'

export type KeySet = ReadonlyMap<string, VerificationKey>

const maxKeys = 100

/**
 * Parses a JWK Set (RFC 7517 §5) into the keys that can verify; other keys are skipped (§5). A key that is in `previous`
 * stays the same object.
 * @param onSkipped called with a sentence for each skipped key, except those for encryption, which many issuers publish
 * @throws Error for a document that must not replace `previous`: no JWK Set, more than {@link maxKeys} keys, no usable key,
 *   two keys with one `kid`, or a `kid` that was given to another key.
 */
export function readKeySet(body: unknown, previous: KeySet = new Map(), onSkipped: (message: string) => void = () => {}): KeySet {
  const jwks = (body as { keys?: unknown } | null)?.keys
  if (!Array.isArray(jwks)) throw new Error('The JWK Set has no array "keys"')
  if (jwks.length > maxKeys) throw new Error(`The JWK Set has more than ${maxKeys} keys`)
  const keys = new Map<string, VerificationKey>()
  for (const jwk of jwks) {
    const key = importVerificationKey(jwk, (expected) => {
      if ((jwk as Jwk | null)?.['use'] !== 'enc') onSkipped(`The key ${nameOf(jwk)} is not used: it must have ${expected}`)
    })
    if (!key) continue
    if (keys.has(key.kid)) throw new Error('The JWK Set has two keys with the same "kid"')
    const before = previous.get(key.kid)
    if (before && !isSameKey(before, key)) throw new Error('The JWK Set uses a known "kid" for another key')
    keys.set(key.kid, before ?? key)
  }
  if (keys.size === 0) throw new Error('The JWK Set has no usable verification key')
  return keys
}

/** Quoted, so that a name from outside cannot break a line of a log. */
function nameOf(jwk: unknown): string {
  const kid = (jwk as Jwk | null)?.['kid']
  return typeof kid === 'string' ? JSON.stringify(kid.slice(0, maxKeyIdLength)) : 'without a "kid"'
}

function isSameKey(one: VerificationKey, other: VerificationKey): boolean {
  return one.algorithm === other.algorithm && one.publicKey.equals(other.publicKey)
}
