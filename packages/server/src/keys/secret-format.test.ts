import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { digestSecret, generateClientSecret, isWellFormedSecret } from './secret-format.ts'

const ring = { versions: new Map([[1, createSecretKey(Buffer.alloc(32, 1))]]), currentVersion: 1 }

test('a new secret has a prefix for scanners, an alphabet that needs no encoding, and its checksum', () => {
  const secret = generateClientSecret()
  assert.match(secret, /^csk_[A-Za-z0-9_-]{49}$/)
  assert.ok(isWellFormedSecret(secret))
})

test('no two secrets are the same', () => {
  assert.equal(new Set(Array.from({ length: 1000 }, generateClientSecret)).size, 1000)
})

test('abuse 046: a secret with one character changed fails its checksum', () => {
  const secret = generateClientSecret()
  const places = fc.record({ at: fc.nat(secret.length - 1), character: fc.constantFrom(...'abcXYZ019_-') })
  fc.assert(
    fc.property(places, ({ at, character }) => {
      fc.pre(secret[at] !== character)
      assert.ok(!isWellFormedSecret(secret.slice(0, at) + character + secret.slice(at + 1)))
    }),
  )
})

test('arbitrary text is not a well-formed secret', () => {
  fc.assert(fc.property(fc.string(), (text) => assert.ok(!isWellFormedSecret(text))))
})

test('the digest of a secret depends on the client it belongs to', () => {
  assert.notDeepEqual(digestSecret(ring, 1, 'client-a', 'secret'), digestSecret(ring, 1, 'client-b', 'secret'))
})

test('abuse 044: secrets above 512 bytes are not hashed, so the digests of two of them are equal', () => {
  const [a, b] = ['a'.repeat(513), 'ä'.repeat(300)].map((secret) => digestSecret(ring, 1, 'client', secret))
  assert.deepEqual(a, b)
})

test('a digest under an unknown version of the pepper is a programming error', () => {
  assert.throws(() => digestSecret(ring, 2, 'client', 'secret'), TypeError)
})
