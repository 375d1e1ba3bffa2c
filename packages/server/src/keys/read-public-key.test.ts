import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { calculateJwkThumbprint } from 'jose'
import { createClientKey } from '../../test/client-key.fixture.ts'
import { PublicKeyError, readPublicKeys } from './read-public-key.ts'

const now = Date.now()
const read = (key: string | object, names = {}) => readPublicKeys(key as Record<string, unknown>, names, now)
const [ec, rsa, ed] = [createClientKey('ES384'), createClientKey('PS256'), createClientKey('EdDSA')]
const pem = (key: typeof ec) => createPublicKey(key.privateKey).export({ format: 'pem', type: 'spki' }).toString()
const without = (jwk: object, ...members: string[]) => Object.fromEntries(Object.entries(jwk).filter(([name]) => !members.includes(name)))

test('RFC 7638 §3: a key without an id gets its thumbprint; an id of its own is kept', async () => {
  const [key] = read(ec.jwk)
  assert.equal(key?.jwk.kid, await calculateJwkThumbprint(ec.jwk as Parameters<typeof calculateJwkThumbprint>[0]))
  assert.equal(read({ ...ec.jwk, kid: 'a' })[0]?.jwk.kid, 'a')
  assert.equal(read(ec.jwk, { keyId: 'b' })[0]?.jwk.kid, 'b')
  assert.throws(() => read({ ...ec.jwk, kid: 'a' }, { keyId: 'b' }), PublicKeyError)
})

test('the algorithm is that of the key, or that of its curve, or named, or RS256', () => {
  const algorithmOf = (key: string | object, names = {}) => read(key, names)[0]?.jwk.alg
  assert.equal(algorithmOf(rsa.jwk), 'PS256')
  assert.equal(algorithmOf(without(ec.jwk, 'alg')), 'ES384')
  assert.equal(algorithmOf(without(ed.jwk, 'alg')), 'EdDSA')
  assert.equal(algorithmOf(without(rsa.jwk, 'alg')), 'RS256')
  assert.equal(algorithmOf(pem(rsa), { algorithm: 'PS512' }), 'PS512')
  assert.equal(algorithmOf(pem(ed)), 'EdDSA')
  assert.throws(() => read(rsa.jwk, { algorithm: 'RS256' }), PublicKeyError)
  assert.throws(() => read(ec.jwk, { algorithm: 'ES256' }), PublicKeyError)
})

test('what is kept of a key are its public members alone', () => {
  const [key] = read({ ...ec.jwk, x5c: ['AAAA'], x5u: 'https://example.com', note: 'a', use: 'sig' })
  assert.deepEqual(Object.keys(key!.jwk).toSorted(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
})

test('a set gives all of its keys', () => {
  assert.deepEqual(
    read({ keys: [ec.jwk, rsa.jwk, ed.jwk] }).map(({ jwk }) => jwk.alg),
    ['ES384', 'PS256', 'EdDSA'],
  )
  for (const keys of [[], 'a', null, {}, [null], [1], [[]]]) assert.throws(() => read({ keys }), PublicKeyError)
})

test('a key from a certificate ends with it', () => {
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384', '-nodes', '-keyout', '/dev/null', '-days', '2', '-subj', '/CN=acme']
  const certificate = execFileSync('openssl', ['req', '-x509', ...made], { stdio: ['ignore', 'pipe', 'ignore'] }).toString()
  const madeAt = Date.now() // After `now` of this file: it is valid from the second in which it was made.
  const [key] = readPublicKeys(certificate, {}, madeAt)
  assert.equal(key?.jwk.alg, 'ES384')
  assert.match(String(key?.jwk['x5t#S256']), /^[\w-]{43}$/)
  assert.ok(Math.abs((key?.expiresAt ?? 0) - now - 2 * 86_400_000) < 120_000)
  const later = now + 3 * 86_400_000
  assert.throws(() => readPublicKeys(certificate, {}, later), /has not expired/)
  assert.throws(() => readPublicKeys(certificate, {}, now - 86_400_000), /valid already/)
  assert.throws(() => read(certificate + certificate), PublicKeyError)
})

test('abuse 062: private and symmetric keys are refused, alone and in a set, and no message has any of their values', () => {
  const { privateKey } = ec
  const jwk = privateKey.export({ format: 'jwk' })
  const oct = { kty: 'oct', k: 'c2VjcmV0LXZhbHVl', alg: 'HS256', kid: 'a' }
  const pems = (['pkcs8', 'sec1'] as const).map((type) => privateKey.export({ format: 'pem', type }).toString())
  const values = [String(jwk.d), oct.k, ...pems.map((text) => text.split('\n')[1]!)]
  const inputs = [
    jwk,
    oct,
    { keys: [rsa.jwk, oct] },
    { keys: [rsa.jwk, jwk] },
    ...pems,
    `${pem(ec)}${pems[0]}`,
    { ...rsa.jwk, p: 'AQ' },
    { ...rsa.jwk, d: null },
  ]
  for (const input of inputs) {
    assert.throws(
      () => read(input),
      (error: Error) => error instanceof PublicKeyError && values.every((value) => !error.message.includes(value)),
    )
  }
  assert.throws(() => read(jwk), /another key pair/)
})

test('weak and foreign keys are refused', () => {
  const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' })
  const foreign = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey
  const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey.export({ format: 'pem', type: 'spki' }).toString()
  const foreignPem = foreign.export({ format: 'pem', type: 'spki' }).toString()
  const inputs = [
    short,
    { ...rsa.jwk, e: 'Aw' },
    foreign.export({ format: 'jwk' }),
    foreignPem,
    pss,
    'a',
    '',
    {},
    { kty: 'EC' },
    { ...ec.jwk, x: ec.jwk['y'] },
  ]
  for (const input of [...inputs, { ...ec.jwk, use: 'enc' }, { ...ec.jwk, kid: '' }, { ...ec.jwk, alg: 'none' }])
    assert.throws(() => read(input as object), PublicKeyError)
})
