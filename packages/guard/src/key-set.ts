import { importVerificationKey, type VerificationKey } from './verification-key.ts'

export type KeySet = ReadonlyMap<string, VerificationKey>

const mostKeys = 100

/**
 * Reads a JWK Set (RFC 7517 §5) into the keys that can verify; others in it are passed over. A key that was in `previous`
 * stays the same object.
 * @throws Error for a document that should not replace `previous`: no set, too many keys, no usable key, two keys with one
 * id, or an id that now stands for another key.
 */
export function readKeySet(body: unknown, previous: KeySet = new Map()): KeySet {
  const jwks = (body as { keys?: unknown } | null)?.keys
  if (!Array.isArray(jwks)) throw new Error('The JWK Set has no array "keys"')
  if (jwks.length > mostKeys) throw new Error(`The JWK Set has more than ${mostKeys} keys`)
  const keys = new Map<string, VerificationKey>()
  for (const jwk of jwks) {
    const key = importVerificationKey(jwk)
    if (!key) continue
    if (keys.has(key.kid)) throw new Error('The JWK Set has two keys with the same "kid"')
    const before = previous.get(key.kid)
    if (before && !isSameKey(before, key)) throw new Error('The JWK Set uses a known "kid" for another key')
    keys.set(key.kid, before ?? key)
  }
  if (keys.size === 0) throw new Error('The JWK Set has no usable verification key')
  return keys
}

function isSameKey(one: VerificationKey, other: VerificationKey): boolean {
  return one.algorithm === other.algorithm && one.publicKey.equals(other.publicKey)
}
