import assert from 'node:assert/strict'
import { createHash, createPublicKey, generateKeyPairSync, generatePrimeSync, getDiffieHellman, verify } from 'node:crypto'
import { test } from 'node:test'
import { aSigningKey } from './guard.fixture.ts'
import { readKeySet } from './key-set.ts'
import { importVerificationKey } from './verification-key.ts'

const rsa = aSigningKey('RS256', 'rsa')
const ec = aSigningKey('ES256', 'ec')
const ed = aSigningKey('EdDSA', 'ed')

const toBase64url = (number: bigint) => {
  const hex = number.toString(16)
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url')
}
const toInteger = (base64url: unknown) => BigInt(`0x${Buffer.from(String(base64url), 'base64url').toString('hex')}`)
const withModulus = (n: bigint) => ({ ...rsa.jwk, n: toBase64url(n) })
const withExponent = (e: bigint) => ({ ...rsa.jwk, e: toBase64url(e) })
const ofSize = (bits: bigint) => withModulus(2n ** bits - 1n)
const modulus = toInteger(rsa.jwk['n'])
const factor = generatePrimeSync(1024, { bigint: true })

/** Little-endian octets of a coordinate y, as in an Ed25519 key. */
const edwards = (y: bigint) => ({
  ...ed.jwk,
  x: Buffer.from(Buffer.from(y.toString(16).padStart(64, '0'), 'hex').toReversed()).toString('base64url'),
})
const p = 2n ** 255n - 19n
const y8 = 2707385501144840649318225287225658788936804267575313519463743609750303402022n

const table: readonly [name: string, jwk: object, expected: RegExp][] = [
  ['the exponent 1', withExponent(1n), /odd exponent of 65537 to/],
  ['the exponent 2', withExponent(2n), /odd exponent/],
  ['the exponent 3', withExponent(3n), /odd exponent/],
  ['the exponent 65,536', withExponent(65_536n), /odd exponent/],
  ['an exponent of 33 bits', withExponent(2n ** 32n + 1n), /odd exponent/],
  ['no exponent', { ...rsa.jwk, e: '' }, /base64url without leading zeros/],
  ['an exponent with a leading zero', { ...rsa.jwk, e: 'AAEAAQ' }, /base64url without leading zeros/],
  [
    'a modulus with a leading zero',
    { ...rsa.jwk, n: Buffer.from(`00${modulus.toString(16)}`, 'hex').toString('base64url') },
    /leading zeros/,
  ],
  ['a modulus in base64 with padding', { ...rsa.jwk, n: `${String(rsa.jwk['n'])}==` }, /base64url/],
  ['an even modulus', withModulus(modulus - 1n), /odd and has no small factor/],
  ['a modulus that is divisible by 751', withModulus(751n * 2n ** 2040n + 751n), /no small factor/],
  ['a modulus that is a prime number', withModulus(generatePrimeSync(2048, { bigint: true })), /not a prime number/],
  ['a modulus of 4,096 bits that is a prime number', withModulus(BigInt(`0x${getDiffieHellman('modp16').getPrime('hex')}`)), /not a prime/],
  ['a modulus that is a square', withModulus((factor | (1n << 1023n)) ** 2n), /not close to each other/],
  ['a modulus of 2,047 bits', ofSize(2047n), /2048 to 4096 bits/],
  ['a modulus of 4,097 bits', ofSize(4097n), /2048 to 4096 bits/],
  ['a modulus of 16,384 bits', ofSize(16_384n), /2048 to 4096 bits/],
  ['"key_ops" without "verify"', { ...rsa.jwk, key_ops: ['sign'] }, /"key_ops" with "verify"/],
  ['empty "key_ops"', { ...ec.jwk, key_ops: [] }, /"key_ops" with "verify"/],
  ['"key_ops" that are a text', { ...ec.jwk, key_ops: 'verify' }, /"key_ops" with "verify"/],
  ['"key_ops" for encryption too', { ...rsa.jwk, key_ops: ['verify', 'encrypt'] }, /"key_ops" with "verify"/],
  ['"key_ops" with "verify" twice', { ...ec.jwk, key_ops: ['verify', 'verify'] }, /each operation once/],
  ['"use" with null', { ...ec.jwk, use: null }, /"use" with the value "sig"/],
  ['the RSA member "p" of a private key', { ...rsa.jwk, p: 'AQAB' }, /no private members/],
  ['a private member that is undefined', { ...ec.jwk, d: undefined }, /no private members/],
  ['the curve Ed448', { ...ed.jwk, crv: 'Ed448' }, /the curve of its "alg"/],
  ['the curve of another algorithm', { ...ec.jwk, alg: 'EdDSA' }, /key type and the curve/],
  ['a coordinate of 31 octets', { ...ec.jwk, x: Buffer.alloc(31, 1).toString('base64url') }, /32 octets each/],
  ['a coordinate of 32 octets on P-384', { ...aSigningKey('ES384').jwk, x: ec.jwk['x'] }, /48 octets each/],
  ['a coordinate of 65 octets on P-521', { ...aSigningKey('ES512').jwk, y: Buffer.alloc(65, 1).toString('base64url') }, /66 octets each/],
  ['a point that is not on the curve P-521', { ...aSigningKey('ES512').jwk, x: aSigningKey('ES512').jwk['x'] }, /a point on its curve/],
  ['a curve of another algorithm', { ...aSigningKey('ES384').jwk, alg: 'ES256' }, /the key type and the curve/],
  ['the digest of another curve', { ...ec.jwk, alg: 'ES512' }, /the key type and the curve/],
  ['a point that is not on the curve P-256', { ...ec.jwk, x: aSigningKey().jwk['x'] }, /a point on its curve/],
  ['a point that is not on the curve Ed25519', edwards(2n), /point of large order/],
  ['a coordinate outside of the field of Ed25519', edwards(p + 3n), /point of large order/],
  ...[0n, 1n, p - 1n, y8, p - y8].map((y): [string, object, RegExp] => [
    `the point of small order at y = ${y}`,
    edwards(y),
    /point of large order/,
  ]),
]

for (const [name, jwk, expected] of table) {
  test(`fault 3.3: a key with ${name} is not used, and the reason is told`, () => {
    const faults: string[] = []
    assert.equal(
      importVerificationKey(jwk, (fault) => faults.push(fault)),
      undefined,
    )
    assert.equal(faults.length, 1)
    assert.match(faults[0]!, expected)
  })
}

for (const bits of [3072, 4096]) {
  test(`an RSA key of ${bits} bits with "key_ops" can verify`, () => {
    const jwk = generateKeyPairSync('rsa', { modulusLength: bits }).publicKey.export({ format: 'jwk' })
    assert.ok(importVerificationKey({ ...jwk, kid: 'k', alg: 'PS256', key_ops: ['verify'] }))
  })
}

test('keys that Ed25519 made are points of large order', () => {
  for (let i = 0; i < 20; i++) assert.ok(aSigningKey('EdDSA').verificationKey)
})

test('fault 3.3: with the exponent 1 the padded hash is its own signature, so such a key never gets that far', () => {
  const digest = createHash('sha256').update('forged').digest('hex')
  const forged = Buffer.from(`0001${'ff'.repeat(202)}003031300d060960864801650304020105000420${digest}`, 'hex')
  const jwk = withExponent(1n)
  assert.ok(verify('sha256', Buffer.from('forged'), createPublicKey({ key: jwk, format: 'jwk' }), forged), 'OpenSSL accepts it')
  assert.equal(importVerificationKey(jwk), undefined)
})

test('fault 3.3: the other keys of a set are used, and each refused one is named, without anything else of it', () => {
  const messages: string[] = []
  const weak = { ...withExponent(1n), kid: 'weak\n' }
  const leaked = { ...ec.privateKey.export({ format: 'jwk' }), kid: 'leaked', alg: 'ES256' }
  const keys = readKeySet({ keys: [weak, rsa.jwk, leaked, null, { ...ec.jwk, use: 'enc' }] }, new Map(), (message) =>
    messages.push(message),
  )
  assert.deepEqual([...keys.keys()], ['rsa'])
  assert.deepEqual(messages, [
    'The key "weak\\n" is not used: it must have an odd exponent of 65537 to 4294967295',
    'The key "leaked" is not used: it must have no private members',
    'The key without a "kid" is not used: it must have the form of a JWK',
  ])
})
