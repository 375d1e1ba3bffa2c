// HMAC-SHA-256 (RFC 2104) as two one-shot hashes. Every token costs two HMACs, and an object of createHmac() takes more than twice
// the time of both hashes together and leaves a native handle for the garbage collector.
import { createHmac, hash, type KeyObject } from 'node:crypto'

/** Block size of SHA-256. Bytes. */
const blockSize = 64
const digestSize = 32
/** Room for a message after the padded key; for a longer message createHmac() is used. Bytes. */
const maxMessageBytes = 4096

interface PreparedKey {
  /** The key, padded and XORed with ipad, and room for a message. */
  readonly inner: Buffer
  /** The room for the message, as an array whose fill() costs nothing. */
  readonly message: Uint8Array
  /** The key, padded and XORed with opad, and room for the inner digest. */
  readonly outer: Buffer
}

/** A prepared key is as secret as its key, and is collected with it. */
const preparedKeys = new WeakMap<KeyObject, PreparedKey>()

/** The HMAC of a text in UTF-8: 43 characters of base64url (32 bytes). The key has at most 64 bytes. */
export function hmacSha256(key: KeyObject, message: string): string {
  // A UTF-16 code unit takes at most three bytes in UTF-8.
  if (message.length * 3 > maxMessageBytes) return createHmac('sha256', key).update(message).digest('base64url')
  const prepared = preparedKeys.get(key) ?? prepare(key)
  const { inner, outer } = prepared
  const length = inner.write(message, blockSize)
  // As text, because allocating a buffer for each digest takes longer than the digest.
  outer.write(hash('sha256', inner.subarray(0, blockSize + length), 'hex'), blockSize, 'hex')
  prepared.message.fill(0, 0, length) // The message may be a secret.
  return hash('sha256', outer, 'base64url')
}

function prepare(key: KeyObject): PreparedKey {
  const bytes = key.export()
  if (bytes.length > blockSize) throw new TypeError(`Expected a key of at most ${blockSize} bytes, found ${bytes.length}`)
  const inner = Buffer.alloc(blockSize + maxMessageBytes)
  const prepared = {
    inner,
    message: new Uint8Array(inner.buffer, inner.byteOffset + blockSize, maxMessageBytes),
    outer: Buffer.alloc(blockSize + digestSize),
  }
  for (let i = 0; i < blockSize; i++) {
    const byte = bytes[i] ?? 0
    prepared.inner[i] = byte ^ 0x36
    prepared.outer[i] = byte ^ 0x5c
  }
  bytes.fill(0)
  preparedKeys.set(key, prepared)
  return prepared
}
