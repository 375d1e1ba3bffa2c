import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { calculateJwkThumbprint } from 'jose'
import { signingAlgorithms, type SigningAlgorithmName } from '@countersign/protocol'
import { createClientKey } from '../../test/client-key.fixture.ts'
import { PrivateKeyError, readPrivateKey } from './read-private-key.ts'

const pkcs8 = (key: KeyObject) => key.export({ format: 'pem', type: 'pkcs8' }).toString()
const privateJwk = (key: KeyObject) => key.export({ format: 'jwk' }) as Record<string, unknown>
const [rsa, ec, ed] = (['RS256', 'ES256', 'EdDSA'] as const).map((name) => createClientKey(name).privateKey) as [
  KeyObject,
  KeyObject,
  KeyObject,
]
const openssl = (input: string, ...args: string[]) => execFileSync('openssl', args, { input, stdio: 'pipe' }).toString()

const forms: Readonly<Record<string, readonly [key: KeyObject, text: string | object]>> = {
  'PKCS #8 of an RSA key': [rsa, pkcs8(rsa)],
  'PKCS #1': [rsa, rsa.export({ format: 'pem', type: 'pkcs1' }).toString()],
  'PKCS #1 from openssl': [rsa, openssl(pkcs8(rsa), 'rsa', '-traditional')],
  'PKCS #8 of an EC key': [ec, pkcs8(ec)],
  'SEC 1': [ec, ec.export({ format: 'pem', type: 'sec1' }).toString()],
  'SEC 1 with the parameters of the curve before it': [
    ec,
    `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${openssl(pkcs8(ec), 'ec')}`,
  ],
  'SEC 1 with the numbers of the curve': [ec, openssl(pkcs8(ec), 'ec', '-param_enc', 'explicit')],
  'PKCS #8 of an Ed25519 key': [ed, pkcs8(ed)],
  'a JWK of an RSA key': [rsa, privateJwk(rsa)],
  'a JWK of an EC key': [ec, privateJwk(ec)],
  'a JWK of an Ed25519 key': [ed, privateJwk(ed)],
  'the text of a JWK': [ed, ` ${JSON.stringify(privateJwk(ed), null, 2)}\n`],
  'a text with the line ends of Windows and words around it': [ec, `Bag Attributes\r\n${pkcs8(ec).replaceAll('\n', '\r\n')}`],
}
for (const [form, [key, text]] of Object.entries(forms)) {
  test(`${form} is read: the same key, with its thumbprint as id`, async () => {
    const read = readPrivateKey(text as string | Record<string, unknown>)
    assert.ok(read.privateKey.equals(key))
    const thumbprint = await calculateJwkThumbprint(createPublicJwk(key))
    assert.deepEqual([read.thumbprint, read.keyId], [thumbprint, thumbprint])
    assert.equal(read.algorithm, key === rsa ? 'RS256' : key === ec ? 'ES256' : 'EdDSA')
  })
}

function createPublicJwk(key: KeyObject) {
  const { kty, crv, x, y, n, e } = privateJwk(key)
  return JSON.parse(JSON.stringify({ kty, crv, x, y, n, e })) as { kty: string }
}

test('every signing algorithm is imported, by the "alg" of the JWK or by the name that the caller gives', () => {
  for (const algorithm of Object.keys(signingAlgorithms) as SigningAlgorithmName[]) {
    const { privateKey } = createClientKey(algorithm)
    assert.equal(readPrivateKey({ ...privateJwk(privateKey), alg: algorithm }).algorithm, algorithm)
    assert.equal(readPrivateKey(pkcs8(privateKey), { algorithm }).algorithm, algorithm)
  }
  assert.equal(readPrivateKey({ ...privateJwk(ed), alg: 'Ed25519' }).algorithm, 'EdDSA')
})

test('the id and the algorithm of a JWK are used, unless the caller says others', () => {
  const jwk = { ...privateJwk(rsa), kid: 'old', alg: 'RS256', use: 'sig', key_ops: ['sign'] }
  const { keyId, algorithm } = readPrivateKey(jwk)
  assert.deepEqual([keyId, algorithm], ['old', 'RS256'])
  const named = readPrivateKey(jwk, { keyId: 'new', algorithm: 'PS256' })
  assert.deepEqual([named.keyId, named.algorithm], ['new', 'PS256'])
})

const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey
const exponent3 = generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }).privateKey
const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey
const secp256k1 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey
const mixed = (member: string) => ({ ...privateJwk(rsa), [member]: privateJwk(other)[member] })
/** The same text with a number that no import of a library compares. */
const damagedPem = (member: string) => {
  const from = Buffer.from(String(privateJwk(rsa)[member]), 'base64url')
  const der = rsa.export({ format: 'der', type: 'pkcs1' })
  der[der.indexOf(from) + 5]! ^= 1
  return `-----BEGIN RSA PRIVATE KEY-----\n${der.toString('base64')}\n-----END RSA PRIVATE KEY-----`
}

const refused: Readonly<Record<string, readonly [text: string | object, message: RegExp]>> = {
  nothing: ['', /^a private key in PEM or as a JWK$/],
  'a public key in PEM': [openssl(pkcs8(ec), 'pkey', '-pubout'), /this is a public key/],
  'a public JWK': [createPublicJwk(ec), /no "d"/],
  'a symmetric key': [{ kty: 'oct', k: 'AAAA' }, /asymmetric/],
  'a JWK Set': [{ keys: [privateJwk(ec)] }, /one private key, not a JWK Set/],
  'several keys': [pkcs8(ec) + pkcs8(ed), /has several/],
  'a certificate beside the key': [`${pkcs8(ec)}-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----`, /in "certificates"/],
  'a truncated PEM': [pkcs8(ec).slice(0, 100), /damaged/],
  'the key of an SSH client': ['-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----', /another form/],
  'a JWK for encryption': [{ ...privateJwk(ec), use: 'enc' }, /"use"/],
  'a JWK that must not sign': [{ ...privateJwk(ec), key_ops: ['verify'] }, /"key_ops"/],
  'an algorithm of another curve': [{ ...privateJwk(ec), alg: 'ES384' }, /the key type and the curve/],
  'an algorithm for encryption': [{ ...privateJwk(rsa), alg: 'RSA-OAEP' }, /an "alg" of/],
  'the algorithm "none"': [{ ...privateJwk(rsa), alg: 'none' }, /an "alg" of/],
  'an RSA key of 1024 bits': [pkcs8(small), /2048 to 4096 bits/],
  'an RSA key with the exponent 3': [pkcs8(exponent3), /odd exponent/],
  'a key restricted to PSS': [pkcs8(pss), /not restricted to PSS/],
  'a key on a curve that no algorithm has': [pkcs8(secp256k1), /P-384, P-521 or Ed25519/],
  'an EC key with the public half of another one': [
    { ...privateJwk(ec), x: privateJwk(createClientKey().privateKey)['x'] },
    /belong together/,
  ],
  'an Ed25519 key with the public half of another one': [
    { ...privateJwk(ed), x: privateJwk(createClientKey('EdDSA').privateKey)['x'] },
    /belong/,
  ],
  'a multi-prime RSA key': [{ ...privateJwk(rsa), oth: [] }, /two primes/],
  'an RSA key without its primes': [{ ...privateJwk(rsa), p: undefined, q: undefined }, /all members/],
  ...Object.fromEntries(
    ['n', 'd', 'p', 'q', 'dp', 'dq', 'qi'].map((name) => [`an RSA key with "${name}" of another one`, [mixed(name), /belong together/]]),
  ),
  ...Object.fromEntries(
    ['d', 'dp', 'qi'].map((name) => [`a PKCS #1 text whose "${name}" is damaged`, [damagedPem(name), /belong together/]]),
  ),
  'a key id with a blank': [{ ...privateJwk(ec), kid: 'my key' }, /visible ASCII/],
  'a key id that a path would lose': [{ ...privateJwk(ec), kid: '..' }, /visible ASCII/],
  'an empty key id': [{ ...privateJwk(ec), kid: '' }, /"kid"/],
  'a key id that is too long': [{ ...privateJwk(ec), kid: 'k'.repeat(257) }, /"kid"/],
  'a key id that is a number': [{ ...privateJwk(ec), kid: 1 }, /"kid"/],
}
for (const [what, [text, message]] of Object.entries(refused)) {
  test(`refused, with a message that has nothing of the key: ${what}`, () => {
    assert.throws(
      () => readPrivateKey(text as string | Record<string, unknown>),
      (error: Error) => {
        assert.ok(error instanceof PrivateKeyError, String(error))
        assert.match(error.message, message)
        refuseMaterial(error.message, text)
        return true
      },
    )
  })
}

/** No run of 16 characters of the key, its private numbers or its text. */
function refuseMaterial(message: string, text: string | object): void {
  const numbers =
    typeof text === 'string' ? text.match(/[A-Za-z0-9+/=]{16,}/g) : Object.values(text).filter((value) => typeof value === 'string')
  for (const number of (numbers ?? []) as string[]) {
    if (number.length >= 16 && !number.includes('OPENSSH')) assert.ok(!message.includes(number.slice(0, 16)), message)
  }
}

test('an encrypted key in any form is refused with the command that decrypts it', () => {
  const encrypted = [
    ec.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'secret' }),
    rsa.export({ format: 'pem', type: 'pkcs1', cipher: 'aes-256-cbc', passphrase: 'secret' }),
    ec.export({ format: 'pem', type: 'sec1', cipher: 'aes-256-cbc', passphrase: 'secret' }),
  ]
  for (const text of encrypted)
    assert.throws(() => readPrivateKey(String(text)), /not encrypted\. Decrypt it on the way: openssl pkey -in KEY_FILE/)
})

test('whatever is damaged in a text or a JWK, the import fails by its own error or gives a key that verifies its own signatures', () => {
  const texts = [pkcs8(ec), pkcs8(ed), JSON.stringify(privateJwk(ec)), JSON.stringify(privateJwk(ed))]
  const damage = fc.record({ text: fc.constantFrom(...texts), at: fc.nat(400), put: fc.string({ maxLength: 3 }), remove: fc.nat(3) })
  fc.assert(
    fc.property(damage, ({ text, at, put, remove }) => {
      const position = at % text.length
      try {
        readPrivateKey(text.slice(0, position) + put + text.slice(position + remove))
      } catch (error) {
        assert.ok(error instanceof PrivateKeyError, String(error))
      }
    }),
  )
})
