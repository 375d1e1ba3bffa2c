import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { importVerificationKey } from '@countersign/guard'
import { signingAlgorithms, type SigningAlgorithmName } from '@countersign/protocol'
import { GatewayKeyError, readGatewayKeys, type GatewayKey } from './gateway-keys.ts'
import { aGateway, organizationId, partnerId } from './gateway.fixture.ts'
import { OpenFileError } from '@countersign/guard/private-file'
import { createHeaderSigner } from './signed-header.ts'

const folder = mkdtempSync(join(tmpdir(), 'countersign-gateway-'))
after(() => rmSync(folder, { recursive: true }))
let number = 0

function aFile(text: string | object, name = `key-${++number}`): string {
  const file = join(folder, name)
  writeFileSync(file, typeof text === 'string' ? text : JSON.stringify(text), { mode: 0o600 })
  return file
}

const p256 = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const jwkOf = (key: ReturnType<typeof p256>, more: object = {}) => ({ ...key.export({ format: 'jwk' }), ...more })
const pemOf = (key: ReturnType<typeof p256>) => key.export({ format: 'pem', type: 'pkcs8' }) as string

function readJws(jws: string, keys: readonly GatewayKey[]) {
  const [header = '', payload = '', signature = ''] = jws.split('.')
  const decode = (text: string) => JSON.parse(Buffer.from(text, 'base64url').toString()) as Record<string, unknown>
  const { kid } = decode(header)
  const jwk = keys.find(({ keyId }) => keyId === kid)?.jwk
  const key = importVerificationKey(jwk)!
  const isValid = verify(key.digest, Buffer.from(`${header}.${payload}`), key.verifier, Buffer.from(signature, 'base64url'))
  return { isValid, header: decode(header), claims: decode(payload) }
}

test('the signed header says who calls what, for at most 30 seconds, and its key is published', async () => {
  const keys = readGatewayKeys(aFile(pemOf(p256())))
  const gateway = aGateway()
  const signing = aGateway({
    sign: createHeaderSigner({ keys: () => keys, issuer: 'gw', audience: 'orders-api', clock: gateway.clock.now }),
  })
  const { headers } = await signing.ask('POST', `/v1/partners/${partnerId}/%6Frders?x=1`)
  const { isValid, header, claims } = readJws(headers['x-auth-signature']!, keys)
  assert.equal(isValid, true)
  assert.deepEqual(header, { alg: 'ES256', typ: 'gateway+jwt', kid: keys[0]!.keyId })
  assert.deepEqual(claims, {
    iss: 'gw',
    aud: 'orders-api',
    iat: 1_800_000_000,
    exp: 1_800_000_030,
    jti: headers['x-request-id'],
    htm: 'POST',
    htu: `/v1/partners/${partnerId}/orders`,
    client_id: 'api-client-acme',
    organization_id: organizationId,
    partner_id: partnerId,
    requestor_id: '',
    scope: 'orders:read orders:write',
  })
  assert.deepEqual(Object.keys(keys[0]!.jwk).toSorted(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
})

for (const algorithm of Object.keys(signingAlgorithms) as SigningAlgorithmName[]) {
  test(`a key of ${algorithm} signs what its published half verifies`, () => {
    const { keyType, curve } = signingAlgorithms[algorithm] as { keyType: string; curve?: string }
    const key =
      keyType === 'EC'
        ? generateKeyPairSync('ec', { namedCurve: curve! }).privateKey
        : keyType === 'OKP'
          ? generateKeyPairSync('ed25519').privateKey
          : generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    const keys = readGatewayKeys(aFile(jwkOf(key, { kid: 'k1', alg: algorithm })))
    const identity = { 'client-id': 'a', 'organization-id': '', organization: '', scope: '', 'partner-id': '', 'requestor-id': '', 'token-id': '', route: '/', signature: '' } // prettier-ignore
    const sign = createHeaderSigner({ keys: () => keys, issuer: 'gw', audience: 'api', clock: () => 0 })
    const { isValid, header } = readJws(sign({ requestId: 'r', method: 'GET', path: '/', identity }), keys)
    assert.deepEqual([isValid, header['alg']], [true, algorithm])
  })
}

test('the first key of a set or of a folder signs, and all are published', () => {
  const [old, next] = [jwkOf(p256(), { kid: 'old' }), jwkOf(p256(), { kid: 'next' })]
  assert.deepEqual(readGatewayKeys(aFile({ keys: [old, next] })).map(({ keyId }) => keyId), ['old', 'next']) // prettier-ignore
  const several = join(folder, 'several')
  mkdirSync(several)
  aFile(next, 'several/2-next.json')
  aFile(old, 'several/1-old.json')
  aFile('not a key', 'several/.hidden')
  assert.deepEqual(readGatewayKeys(several).map(({ keyId }) => keyId), ['old', 'next']) // prettier-ignore
})

test('without "kid" the id is the thumbprint of RFC 7638, which is the same for PEM and JWK', () => {
  const key = p256()
  const [ofPem, ofJwk] = [readGatewayKeys(aFile(pemOf(key))), readGatewayKeys(aFile(jwkOf(key)))]
  assert.match(ofPem[0]!.keyId, /^[\w-]{43}$/)
  assert.equal(ofPem[0]!.keyId, ofJwk[0]!.keyId)
})

const p256Jwk = jwkOf(p256(), { kid: 'a' })
const refused: Record<string, [content: string | object, message: RegExp]> = {
  'a public key': [createPublicKey(p256()).export({ format: 'jwk' }), /neither a private key/],
  'a symmetric key': [{ kty: 'oct', k: 'c2VjcmV0' }, /neither a private key/],
  'no key': ['hello', /neither a private key/],
  'no key in a set': [{ keys: [] }, /has no key/],
  'two keys of one id': [{ keys: [p256Jwk, p256Jwk] }, /two keys of the same id/],
  'an algorithm that does not fit': [{ ...p256Jwk, alg: 'ES384' }, /"alg" does not fit it; it could be ES256/],
  'a short RSA key': [pemOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey), /verifiers refuse/],
}
for (const [what, [content, message]] of Object.entries(refused)) {
  test(`a file with ${what} is refused, and nothing of it is repeated`, () => {
    assert.throws(
      () => readGatewayKeys(aFile(content)),
      (error) => error instanceof GatewayKeyError && message.test(error.message) && !error.message.includes('c2VjcmV0'),
    )
  })
}

test('a key that every user of the machine may read is refused', { skip: process.platform === 'win32' }, () => {
  const file = aFile(pemOf(p256()))
  chmodSync(file, 0o644)
  assert.throws(() => readGatewayKeys(file), OpenFileError)
})
