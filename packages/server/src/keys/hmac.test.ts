import assert from 'node:assert/strict'
import { createHmac, createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { hmacSha256 } from './hmac.ts'

const keys = fc.uint8Array({ minLength: 1, maxLength: 64 }).map((bytes) => createSecretKey(bytes))
const texts = fc.oneof(fc.string({ unit: 'binary', maxLength: 2000 }), fc.string({ unit: 'grapheme' }))

test('RFC 2104 §2: the HMAC of any text under any key equals that of another implementation', () => {
  fc.assert(
    fc.property(keys, fc.array(texts, { minLength: 1, maxLength: 4 }), (key, messages) => {
      for (const message of messages) {
        assert.equal(hmacSha256(key, message), createHmac('sha256', key).update(message).digest('base64url'))
      }
    }),
  )
})

test('RFC 4231 §4.3: "what do ya want for nothing?"', () => {
  const hmac = hmacSha256(createSecretKey(Buffer.from('Jefe')), 'what do ya want for nothing?')
  assert.equal(Buffer.from(hmac, 'base64url').toString('hex'), '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843')
})

test('the HMAC of a short message does not depend on a longer one before it', () => {
  const key = createSecretKey(Buffer.alloc(32, 7))
  const alone = hmacSha256(key, 'short')
  hmacSha256(key, 'long'.repeat(300))
  assert.equal(hmacSha256(key, 'short'), alone)
})

test('a key longer than a block is rejected', () => {
  assert.throws(() => hmacSha256(createSecretKey(Buffer.alloc(65)), ''), TypeError)
})
