import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { aSigningKey } from './guard.fixture.ts'
import { readKeySet } from './key-set.ts'
import { importVerificationKey } from './verification-key.ts'

const key = aSigningKey('ES256', 'key-1')
const other = aSigningKey('ES256', 'key-2')
const rsa = aSigningKey('RS256')

test('a key set contains the keys that can verify, by their id', () => {
  const keys = readKeySet({ keys: [key.jwk, rsa.jwk, { ...other.jwk, use: 'enc' }] })
  assert.deepEqual([...keys.keys()], ['key-1', 'RS256-1'])
  assert.equal(keys.get('RS256-1')?.signatureBytes, 256)
})

test('a key that stays in the set stays the same object, so that cached tokens stay valid', () => {
  const before = readKeySet({ keys: [key.jwk] })
  const after = readKeySet({ keys: [other.jwk, key.jwk] }, before)
  assert.equal(after.get('key-1'), before.get('key-1'))
})

const unusable: Record<string, object> = {
  'abuse 086: without "alg"': { ...key.jwk, alg: undefined },
  'with an algorithm outside the table': { ...rsa.jwk, alg: 'RS1' },
  'with "none" as its algorithm': { ...key.jwk, alg: 'none' },
  'with an algorithm of another key type': { ...key.jwk, alg: 'RS256' },
  'without an id': { ...key.jwk, kid: undefined },
  'with an id of 257 characters': { ...key.jwk, kid: 'k'.repeat(257) },
  'abuse 086: for encryption': { ...key.jwk, use: 'enc' },
  'on another curve': { ...generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ format: 'jwk' }), kid: 'x', alg: 'ES256' },
  'that is symmetric': { kty: 'oct', k: 'c2VjcmV0', kid: 'x', alg: 'HS256' },
  'with a point that is not on the curve': { ...key.jwk, x: other.jwk['x'] },
  'abuse 142: with its private part': { ...key.privateKey.export({ format: 'jwk' }), kid: 'x', alg: 'ES256' },
  'with an RSA modulus of 1024 bits': {
    ...generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' }),
    kid: 'x',
    alg: 'RS256',
  },
}
for (const [name, jwk] of Object.entries(unusable)) {
  test(`${name}, a key cannot verify`, () => assert.equal(importVerificationKey(jwk), undefined))
}

for (const value of [null, undefined, 'key', 1, []]) {
  test(`${JSON.stringify(value)} is not a key`, () => assert.equal(importVerificationKey(value), undefined))
}

const badSets: [name: string, body: unknown, message: RegExp][] = [
  ['abuse 131: an empty set', { keys: [] }, /no usable verification key/],
  ['abuse 131: an error in JSON', { error: 'server_error' }, /no array "keys"/],
  ['abuse 131: null', null, /no array "keys"/],
  ['abuse 131: a text', 'keys', /no array "keys"/],
  ['abuse 131: keys that are an object', { keys: { 0: key.jwk } }, /no array "keys"/],
  ['abuse 131: only keys for encryption', { keys: [{ ...key.jwk, use: 'enc' }] }, /no usable verification key/],
  ['abuse 132: 101 keys', { keys: Array.from({ length: 101 }, (_, i) => ({ ...key.jwk, kid: `key-${i}` })) }, /more than 100 keys/],
  ['abuse 136: two keys with one id', { keys: [key.jwk, { ...other.jwk, kid: 'key-1' }] }, /two keys with the same "kid"/],
  ['abuse 136: an id that now stands for another key', { keys: [{ ...other.jwk, kid: 'key-1' }] }, /for another key/],
  ['abuse 136: a key that now has another algorithm', { keys: [{ ...rsa.jwk, alg: 'PS256' }] }, /for another key/],
]
for (const [name, body, message] of badSets) {
  test(`${name} is rejected as a key set`, () => {
    const previous = readKeySet({ keys: [key.jwk, rsa.jwk] })
    assert.throws(() => readKeySet(body, previous), message)
  })
}
