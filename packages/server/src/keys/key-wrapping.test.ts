import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { KeyRingError } from './key-ring.ts'
import { unwrap, wrap } from './key-wrapping.ts'

const keyOf = (byte: number) => createSecretKey(Buffer.alloc(32, byte))
const ring = { versions: new Map([[1, keyOf(1)]]), currentVersion: 1 }
const wrapped = wrap(ring, 'row a', 'private key')

test('a key wrapped for a row is unwrapped for that row', () => {
  fc.assert(fc.property(fc.string(), fc.string(), (binding, text) => assert.equal(unwrap(ring, binding, wrap(ring, binding, text)), text)))
})

test('two wrappings of one key differ', () => assert.notEqual(wrap(ring, 'row a', 'private key'), wrapped))

test('abuse 203: the ciphertext of one row is rejected in another', () => {
  assert.throws(() => unwrap(ring, 'row b', wrapped), KeyRingError)
})

test('abuse 203: a ciphertext with any character changed is rejected with an error that says nothing of the key', () => {
  const changes = fc.record({ at: fc.nat(wrapped.length - 1), character: fc.constantFrom(...'Aa0_.-9') })
  fc.assert(
    fc.property(changes, ({ at, character }) => {
      const changed = wrapped.slice(0, at) + character + wrapped.slice(at + 1)
      const spellsTheSame = partsOf(changed) === partsOf(wrapped) // The last base64url character has unused bits.
      fc.pre(!spellsTheSame)
      assert.throws(
        () => unwrap(ring, 'row a', changed),
        (error: Error) => error instanceof KeyRingError && !error.message.includes('private'),
      )
    }),
  )
})

function partsOf(text: string): string {
  const [version, ...parts] = text.split('.')
  return [Number(version), ...parts.map((part) => Buffer.from(part, 'base64url').toString('hex'))].join('.')
}

test('abuse 203: a shortened tag is rejected', () => {
  const [version, nonce, tag, ciphertext] = wrapped.split('.')
  for (const short of [tag!.slice(0, 6), ''])
    assert.throws(() => unwrap(ring, 'row a', [version, nonce, short, ciphertext].join('.')), KeyRingError)
})

test('abuse 204: another key of the same version does not unwrap it', () => {
  assert.throws(() => unwrap({ versions: new Map([[1, keyOf(2)]]), currentVersion: 1 }, 'row a', wrapped), KeyRingError)
})

test('an older version unwraps as long as the ring has it', () => {
  const both = {
    versions: new Map([
      [1, keyOf(1)],
      [2, keyOf(2)],
    ]),
    currentVersion: 2,
  }
  assert.equal(unwrap(both, 'row a', wrapped), 'private key')
  assert.throws(() => unwrap({ versions: new Map([[2, keyOf(2)]]), currentVersion: 2 }, 'row a', wrapped), KeyRingError)
})
