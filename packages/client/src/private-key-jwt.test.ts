import assert from 'node:assert/strict'
import { createPrivateKey, generateKeyPairSync, sign as signByNode, type KeyObject } from 'node:crypto'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { jwtVerify } from 'jose'
import { signingAlgorithms, type SigningAlgorithmName } from '@countersign/protocol'
import { createKeyedClient, issuer, passGate } from './assertion-server.fixture.ts'
import { privateKeyJwt, type PrivateKeyJwtOptions } from './private-key-jwt.ts'
import type { PrivateKey } from './private-key.ts'
import { createTestClient, oauthError } from './token-endpoint.fixture.ts'
import { createTokenProvider } from './token-provider.ts'
import type { TokenRequestError } from './token-request-error.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const keys: Record<string, KeyObject> = {
  RSA: rsa,
  'P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  'P-384': generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey,
  'P-521': generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey,
  Ed25519: generateKeyPairSync('ed25519').privateKey,
}
const p256 = keys['P-256']!

function keyFor(algorithm: SigningAlgorithmName): KeyObject {
  const { keyType } = signingAlgorithms[algorithm]
  return keyType === 'RSA' ? rsa : keys[(signingAlgorithms[algorithm] as { curve: string }).curve]!
}

const pemOf = (key: KeyObject) => key.export({ format: 'pem', type: 'pkcs8' }) as string
const jwkOf = (key: KeyObject) => key.export({ format: 'jwk' }) as unknown as PrivateKey & object

for (const algorithm of Object.keys(signingAlgorithms) as SigningAlgorithmName[])
  test(`abuse 261: an assertion by ${algorithm} is verified, lives a minute, is for the issuer alone and has its own type`, async () => {
    const { tokens, assertions, endpoint } = createKeyedClient(keyFor(algorithm), { algorithm })
    assert.equal(await tokens.getToken(), 'token-1')
    const [{ header, claims }] = assertions as [(typeof assertions)[0]]
    assert.deepEqual(header, { alg: algorithm, typ: 'client-authentication+jwt' })
    const { iat, jti, ...rest } = claims
    assert.deepEqual(rest, { iss: 'api-client-acme', sub: 'api-client-acme', aud: issuer, exp: iat + 60 })
    assert.match(jti, /^[0-9a-f-]{36}$/)
    assert.deepEqual(
      [...(endpoint.requests[0]?.form.keys() ?? [])],
      ['grant_type', 'client_id', 'client_assertion_type', 'client_assertion'],
    )
    assert.equal(new Headers(endpoint.requests[0]?.init.headers).has('authorization'), false)
  })

test('RFC 7523 §3: jose, an independent implementation, verifies an assertion', async () => {
  const { tokens, endpoint, clock, keys: registered } = createKeyedClient(p256)
  await tokens.getToken()
  const rules = { issuer: 'api-client-acme', subject: 'api-client-acme', audience: issuer, typ: 'client-authentication+jwt' }
  const options = { ...rules, currentDate: new Date(clock.wallNow()), algorithms: ['ES256'], maxTokenAge: '60s' }
  await jwtVerify(endpoint.requests[0]?.form.get('client_assertion') ?? '', registered.get('')!, options)
})

for (const [curve, key] of Object.entries(keys)) {
  const cryptoKey = () => crypto.subtle.importKey('jwk', jwkOf(key) as never, webCryptoNames[curve]!, false, ['sign'])
  const forms: Record<string, () => unknown> = {
    'PEM text': () => pemOf(key),
    'PEM text beside a certificate, with the line ends of Windows': () =>
      `-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n${pemOf(key)}`.replaceAll('\n', '\r\n'),
    JWK: () => jwkOf(key),
    'text of a JWK': () => `\n${JSON.stringify({ ...jwkOf(key), use: 'sig', key_ops: ['sign'], ext: true })}`,
    KeyObject: () => key,
    'CryptoKey that cannot be extracted': cryptoKey,
    'function that returns one': () => async () => pemOf(key),
  }
  test(`a ${curve} key is taken as PEM, JWK, KeyObject, CryptoKey and function`, async () => {
    for (const [form, make] of Object.entries(forms)) {
      const { tokens, refused } = createKeyedClient(key, { privateKey: (await make()) as PrivateKey })
      assert.equal(await tokens.getToken(), 'token-1', `${form}: ${refused()}`)
    }
  })
}
const webCryptoNames: Record<string, { name: string; namedCurve?: string; hash?: string }> = {
  RSA: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  'P-256': { name: 'ECDSA', namedCurve: 'P-256' },
  'P-384': { name: 'ECDSA', namedCurve: 'P-384' },
  'P-521': { name: 'ECDSA', namedCurve: 'P-521' },
  Ed25519: { name: 'Ed25519' },
}

test('the id and the algorithm of a JWK are used, and those that are given besides come first', async () => {
  const jwk = { ...jwkOf(rsa), kid: 'of-the-jwk', alg: 'PS384' } as unknown as PrivateKey
  const byJwk = createKeyedClient(rsa, { privateKey: jwk }, 'of-the-jwk')
  await byJwk.tokens.getToken()
  assert.deepEqual([byJwk.assertions[0]?.header['kid'], byJwk.assertions[0]?.header['alg']], ['of-the-jwk', 'PS384'])
  const given = createKeyedClient(rsa, { privateKey: jwk, keyId: 'given' }, 'given')
  await given.tokens.getToken()
  assert.equal(given.assertions[0]?.header['kid'], 'given')
})

test('abuse 261: a request that is sent again after a broken connection has another assertion', async () => {
  const { tokens, endpoint, assertions, clock } = createKeyedClient(p256)
  const { answer } = endpoint
  // The server has seen the first one, and its response was lost.
  endpoint.answer = async (request) => {
    const response = await answer!(request)
    if (endpoint.requests.length > 1) return response
    throw new TypeError('fetch failed', { cause: Object.assign(new Error('gone'), { code: 'ECONNRESET' }) })
  }
  const token = tokens.getToken()
  await clock.advance(0)
  for (let turn = 0; turn < 20 && endpoint.requests.length < 2; turn++) {
    await crypto.subtle.digest('SHA-256', new Uint8Array()) // Signing takes place outside of the event loop.
    await clock.advance(0.1)
  }
  assert.equal(await token, 'token-2')
  assert.equal(new Set(assertions.map(({ claims }) => claims.jti)).size, 2)
})

test('abuse 261: each of a thousand assertions has its own identifier', async () => {
  const { tokens, assertions } = createKeyedClient(keys['Ed25519']!)
  for (let scope = 0; scope < 1000; scope++) await tokens.getToken({ scope: `scope-${scope}` })
  assert.equal(new Set(assertions.map(({ claims }) => claims.jti)).size, 1000)
})

test('the audience is the issuer of the provider; with a token URL alone its absence is a TypeError that says what is missing', () => {
  const clientAuth = privateKeyJwt({ privateKey: p256 })
  assert.throws(() => createTokenProvider({ tokenUrl: 'https://auth.example.com/token', clientId: 'acme', clientAuth }), {
    name: 'TypeError',
    message: /with "tokenUrl", privateKeyJwt\(\) needs "audience": the issuer of the server, such as .*; or pass "issuer"/,
  })
  createTokenProvider({ issuer, clientId: 'acme', clientAuth })
})

test('with an issuer, the endpoint is discovered and the assertion is for that issuer', async () => {
  const { endpoint, assertions, clock } = createKeyedClient(p256)
  const metadata = { issuer, token_endpoint: 'https://auth.example.com/token' }
  const fetch = async (url: string, init: RequestInit) =>
    url.endsWith('configuration') ? Response.json(metadata) : endpoint.fetch(url, init)
  const tokens = createTokenProvider({ issuer, clientId: 'api-client-acme', clientAuth: privateKeyJwt({ privateKey: p256 }), fetch, clock })
  assert.equal(await tokens.getToken(), 'token-1')
  assert.equal(assertions[0]?.claims['aud'], issuer)
})

for (const [what, ahead] of [
  ['behind', 7200],
  ['ahead', -7200],
] as const)
  test(`a clock that is two hours ${what} costs one refusal: the next assertion is dated by the clock of the server`, async () => {
    const client = createKeyedClient(p256)
    client.serverAhead = ahead
    assert.equal(await client.tokens.getToken(), 'token-1')
    assert.equal(client.endpoint.requests.length, 2)
    await client.clock.advance(300)
    assert.equal(await client.tokens.getToken(), 'token-2')
    assert.equal(client.endpoint.requests.length, 3, 'the difference is remembered')
    // The clock of this machine is set right.
    client.clock.setWallClock(ahead)
    client.serverAhead = 0
    await client.clock.advance(300)
    assert.equal(await client.tokens.getToken(), 'token-3')
    assert.equal(client.endpoint.requests.length, 5)
  })

test('a clock that is wrong by more than a day is named, and no assertion for the far future is signed', async () => {
  const client = createKeyedClient(p256)
  client.serverAhead = 2 * 86_400
  await assert.rejects(client.tokens.getToken(), {
    code: 'invalid_client',
    message: /The clock of this machine is 17\d{4} s behind that of the server; set it\./,
  })
  assert.equal(client.endpoint.requests.length, 1)
})

test('a refusal with the right time is not repeated, and its remedy is that of keys', async () => {
  const client = createKeyedClient(p256, {}, 'another')
  await assert.rejects(client.tokens.getToken(), (error: TokenRequestError) => {
    assert.equal(error.code, 'invalid_client')
    assert.match(error.message, /HTTP 401\)\. The server says: .* Check the client id, that the public key is registered/)
    assert.doesNotMatch(error.message, /clock/)
    return true
  })
  assert.equal(client.endpoint.requests.length, 1)
})

test('a key that was replaced where the function reads it is used without a restart, and reported once it has a token', async () => {
  const next = generateKeyPairSync('ed25519').privateKey
  let stored = { privateKey: pemOf(p256), keyId: 'first' }
  const proven: (string | undefined)[] = []
  const options = { privateKey: async () => stored, onKeyProven: (keyId: string | undefined) => void proven.push(keyId) }
  const client = createKeyedClient(p256, options, 'first')
  await client.tokens.getToken()
  client.keys.set('second', createKeyedClient(next).keys.get('')!)
  stored = { privateKey: pemOf(next), keyId: 'second' }
  for (let renewal = 0; renewal < 3; renewal++) {
    await client.clock.advance(300)
    await client.tokens.getToken()
  }
  assert.deepEqual(
    client.assertions.map(({ header }) => [header['kid'], header['alg']]),
    [['first', 'ES256'], ...Array.from({ length: 3 }, () => ['second', 'EdDSA'])],
  )
  assert.deepEqual(proven, ['second'])
})

test('a signer in front of an HSM signs exactly what is sent, and needs its algorithm', async () => {
  const sign = async (input: Uint8Array) => new Uint8Array(signByNode('sha256', input, { key: p256, dsaEncoding: 'ieee-p1363' }))
  const { tokens, assertions } = createKeyedClient(p256, { sign, algorithm: 'ES256', keyId: 'hsm-1' } as PrivateKeyJwtOptions, 'hsm-1')
  assert.equal(await tokens.getToken(), 'token-1')
  assert.equal(assertions[0]?.header['kid'], 'hsm-1')
  const found = createKeyedClient(p256, { privateKey: () => ({ sign, algorithm: 'ES256', keyId: 'hsm-2' }) }, 'hsm-2')
  assert.equal(await found.tokens.getToken(), 'token-1')
  assert.throws(() => privateKeyJwt({ sign } as never), { name: 'TypeError', message: /"sign" needs "algorithm"/ })
})

test('a DER signature of a KMS is named, and nothing is sent', async () => {
  const sign = (input: Uint8Array) => new Uint8Array(signByNode('sha256', input, p256))
  const { tokens, endpoint } = createKeyedClient(p256, { sign, algorithm: 'ES256' } as PrivateKeyJwtOptions)
  await assert.rejects(tokens.getToken(), {
    code: 'key_unavailable',
    message: /returned 7[0-2] bytes, and ES256 has 64: r and s of fixed length.*not DER/,
  })
  assert.equal(endpoint.requests.length, 0)
})

const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey
const unusable: [what: string, options: Record<string, unknown>, message: RegExp][] = [
  ['no key', {}, /expected either "privateKey" or "sign", found neither/],
  ['two keys', { privateKey: p256, sign: () => {}, algorithm: 'ES256' }, /found both/],
  ['an unknown option', { privateKey: p256, kid: 'a' }, /unknown option "kid"/],
  ['an empty text', { privateKey: '' }, /"privateKey" is an empty string/],
  ['a text that is no key', { privateKey: 'canary' }, /is neither a PEM text .* nor the JSON of a JWK/],
  ['a damaged PEM', { privateKey: pemOf(p256).replace('-----END PRIVATE', '-----END PRIVAT') }, /is neither a PEM text/],
  ['a public key', { privateKey: createPublicPem(p256) }, /"privateKey" is a public key/],
  [
    'an encrypted key',
    { privateKey: p256.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'canary' }) },
    /is encrypted; on Node pass createPrivateKey/,
  ],
  ['PKCS #1', { privateKey: rsa.export({ format: 'pem', type: 'pkcs1' }) }, /older form of PKCS #1; convert it by "openssl pkcs8 -topk8/],
  ['SEC 1', { privateKey: p256.export({ format: 'pem', type: 'sec1' }) }, /older form of SEC 1; convert/],
  ['two private keys', { privateKey: pemOf(p256) + pemOf(rsa) }, /several private keys/],
  ['the JWK of a public key', { privateKey: { ...jwkOf(p256), d: undefined } }, /is a JWK without "d": a public key/],
  ['a symmetric JWK', { privateKey: { kty: 'oct', k: 'canary' } }, /symmetric/],
  ['a JWK for encryption', { privateKey: { ...jwkOf(p256), use: 'enc' } }, /whose "use" is not "sig"/],
  ['a JWK on another curve', { privateKey: { ...jwkOf(p256), crv: 'secp256k1' } }, /whose "crv" is none of/],
  ['a JWK that contradicts itself', { privateKey: { ...jwkOf(p256), alg: 'RS256' } }, /"alg" does not fit it; it could be ES256/],
  [
    'an algorithm of another key',
    { privateKey: p256, algorithm: 'RS256' },
    /"privateKey" cannot sign with "algorithm" RS256; it can with ES256/,
  ],
  ['"none"', { privateKey: p256, algorithm: 'none' }, /"algorithm" must be one of ES256, .*; found "none"/],
  ['a symmetric algorithm', { privateKey: p256, algorithm: 'HS256' }, /"algorithm" must be one of/],
  ['a key on a curve of no algorithm', { privateKey: generateKeyPairSync('x25519').privateKey }, /of no kind that is supported/],
  ['an empty key id', { privateKey: p256, keyId: '' }, /"keyId" must be a non-empty string/],
  ['a number', { privateKey: 5 }, /"privateKey" must be a PEM text/],
  ['an audience that is no URL', { privateKey: p256, audience: 'canary' }, /"audience" must be the issuer/],
]
function createPublicPem(key: KeyObject): unknown {
  return createKeyedClient(key).keys.get('')!.export({ format: 'pem', type: 'spki' })
}
for (const [what, options, message] of unusable)
  test(`${what} is a TypeError that names it and repeats nothing of the key`, () => {
    assert.throws(
      () => privateKeyJwt(options as never),
      (error: Error) => error.name === 'TypeError' && message.test(error.message) && !error.message.includes('canary'),
    )
  })

test('an RSA key that is too short, and one that is damaged inside, are named at the first request', async () => {
  const short = createKeyedClient(p256, { privateKey: pemOf(small) })
  await assert.rejects(short.tokens.getToken(), {
    code: 'key_unavailable',
    message: /is an RSA key of 1024 bits; at least 2048 are needed/,
  })
  const damaged = createKeyedClient(p256, { privateKey: { ...jwkOf(p256), d: 'AAAA' } as never })
  await assert.rejects(damaged.tokens.getToken(), { code: 'key_unavailable', message: /could not be imported: it is damaged/ })
})

test('a secret beside a key is refused, and so is updateSecret()', async () => {
  const clientAuth = privateKeyJwt({ privateKey: p256, audience: issuer })
  for (const second of [{ clientSecret: 's3cret' }, { clientAuthentication: 'body' }, { onSecretProven: () => {} }])
    assert.throws(
      () => createTestClient({ clientAuth, ...second } as never),
      /is for a secret, and "clientAuth" for a key; pass one of them/,
    )
  assert.throws(
    () => createTestClient({ clientAuth: pemOf(p256) as never }),
    /"clientAuth" must be what privateKeyJwt\(\) returns; found string/,
  )
  assert.throws(() => createTestClient({ clientAuth }).tokens.updateSecret('s3cret'), /updateSecret: this client authenticates by a key/)
})

test('neither a key nor an assertion appears in an error, in inspect or in JSON, even if the server echoes it', async () => {
  const pem = pemOf(p256)
  const [, secretLine = ''] = pem.split('\n')
  const clientAuth = privateKeyJwt({ privateKey: pem, audience: issuer })
  const { tokens, endpoint, clock } = createTestClient({ clientAuth })
  endpoint.answer = ({ form }) =>
    Response.json(
      { error: 'invalid_client', error_description: `Got ${form.get('client_assertion')}`, error_uri: `https://a/?${form}` },
      { status: 401 },
    )
  const error: TokenRequestError = await tokens.getToken().catch((caught) => caught)
  const { d } = jwkOf(p256) as unknown as { d: string }
  const signature = endpoint.requests[0]?.form.get('client_assertion')?.split('.')[2]
  const shown = [clientAuth, tokens, error]
    .map((one) => inspect(one, { depth: null, showHidden: true }) + JSON.stringify(one) + String(one))
    .join()
  for (const secret of [secretLine, d, signature!]) assert.ok(!shown.includes(secret), shown)
  assert.equal(error.description, undefined)
  await passGate({ clock })
  for (const fault of [pem, new Error(pem), { message: pem }]) {
    const { tokens: broken } = createKeyedClient(p256, { privateKey: () => Promise.reject(fault) })
    const unavailable: TokenRequestError = await broken.getToken().catch((caught) => caught)
    assert.equal(unavailable.code, 'key_unavailable')
    assert.ok(!inspect(unavailable, { depth: null, showHidden: true }).includes(secretLine))
  }
})

test('a key that the function cannot find now is asked for again, and the failure is that of the key', async () => {
  let isMounted = false
  const { tokens, clock, endpoint } = createKeyedClient(p256, {
    privateKey: () => (isMounted ? pemOf(p256) : Promise.reject(Object.assign(new Error('gone'), { code: 'ENOENT' }))),
  })
  await assert.rejects(tokens.getToken(), {
    code: 'key_unavailable',
    message: /could not be used \(ENOENT\)\. Check what was given to privateKeyJwt/,
  })
  assert.equal(endpoint.requests.length, 0)
  isMounted = true
  await passGate({ clock })
  assert.equal(await tokens.getToken(), 'token-1')
})

for (const [what, options] of [
  ['finds the key', { privateKey: () => new Promise<never>(() => {}) }],
  ['signs', { sign: () => new Promise<never>(() => {}), algorithm: 'ES256' }],
] as const)
  test(`a function that ${what} and never returns holds the callers for five seconds, and is named`, async () => {
    const { tokens, clock } = createKeyedClient(p256, options as PrivateKeyJwtOptions)
    const refused = assert.rejects(tokens.getToken(), { code: 'key_unavailable', message: /it took longer than 5 s/ })
    await clock.advance(5)
    await refused
    assert.equal(clock.pendingTimers(), 0)
  })

test('only invalid_client is retried by another date', async () => {
  const { tokens, endpoint } = createKeyedClient(p256)
  endpoint.answer = () => oauthError(503, 'temporarily_unavailable', { date: new Date(0).toUTCString() })
  await assert.rejects(tokens.getToken(), { code: 'temporarily_unavailable' })
  assert.equal(endpoint.requests.length, 1)
})

test('a KeyObject of an encrypted PEM works as the error says', async () => {
  const encrypted = p256.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'correct horse' })
  const { tokens } = createKeyedClient(p256, { privateKey: createPrivateKey({ key: encrypted, passphrase: 'correct horse' }) })
  assert.equal(await tokens.getToken(), 'token-1')
})
