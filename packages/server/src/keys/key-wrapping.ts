// Private keys, and secrets that must be read again, at rest: AES-256-GCM under the key-encryption key, with the row in the additional authenticated data, so that a
// ciphertext moved to another row is rejected.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { KeyRingError, type KeyRing } from './key-ring.ts'

/** Wraps `plaintext` for the row that `binding` names. The result is "version.nonce.tag.ciphertext" in base64url. */
export function wrap(ring: KeyRing, binding: string, plaintext: string): string {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', keyOf(ring, ring.currentVersion), nonce)
  cipher.setAAD(Buffer.from(binding))
  const ciphertext = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()])
  return [String(ring.currentVersion), ...[nonce, cipher.getAuthTag(), ciphertext].map((part) => part.toString('base64url'))].join('.')
}

/**
 * Unwraps the result of {@link wrap} for the same row. @throws KeyRingError if it was altered, moved, or wrapped by another key
 */
export function unwrap(ring: KeyRing, binding: string, wrapped: string): string {
  const [version, nonce = '', tag = '', ciphertext = ''] = wrapped.split('.')
  try {
    const decipher = createDecipheriv('aes-256-gcm', keyOf(ring, Number(version)), Buffer.from(nonce, 'base64url'), { authTagLength: 16 })
    decipher.setAAD(Buffer.from(binding))
    decipher.setAuthTag(Buffer.from(tag, 'base64url'))
    return Buffer.concat([decipher.update(Buffer.from(ciphertext, 'base64url')), decipher.final()]).toString('utf8')
  } catch (cause) {
    throw new KeyRingError(
      'A signing key or the secret of an identity provider in the store cannot be opened: it was altered, or the key-encryption key is not the right one. Restore both from the same backup.',
      { cause },
    )
  }
}

/** The version of the key that wrapped it. */
export function versionOf(wrapped: string): number {
  return Number.parseInt(wrapped, 10)
}

function keyOf(ring: KeyRing, version: number) {
  const key = ring.versions.get(version)
  if (!key) throw new KeyRingError(`The key-encryption key has no version ${version}`)
  return key
}
