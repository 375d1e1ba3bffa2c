import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { exportJWK, SignJWT } from 'jose'
import { signingAlgorithms, type SigningAlgorithmName } from '@countersign/protocol'
import { aRealm, aSigningKey, encodeSegment, issuer, keycloakClaims, signBytes, signToken, startSeconds } from './guard.fixture.ts'
import type { SigningKey } from './guard.fixture.ts'

const signingKey = aSigningKey()
const header = { alg: 'ES256', typ: 'JWT', kid: signingKey.kid }
const rsaKey = aSigningKey('RS256')

function segments(token: string): [string, string, string] {
  return token.split('.') as [string, string, string]
}

for (const key of Object.keys(signingAlgorithms).map((name) => aSigningKey(name as SigningAlgorithmName))) {
  test(`a token signed with ${key.algorithm} is accepted, and rejected with one byte of the signature changed`, async () => {
    const realm = aRealm({ key })
    const token = realm.token()
    assert.equal(await realm.denialOf(token), undefined)
    const [head, payload, signature] = segments(token)
    const bytes = Buffer.from(signature, 'base64url')
    bytes[3] = (bytes[3] ?? 0) ^ 1
    assert.equal(await realm.denialOf(`${head}.${payload}.${bytes.toString('base64url')}`), 'invalid-token')
  })
}

/** The text of an object with more members at its end. */
const withMore = (object: object, more: string) => `${JSON.stringify(object).slice(0, -1)},${more}}`

const twice: [what: string, header: string, payload: string][] = [
  ['the algorithm in the header', withMore(header, '"alg":"ES256"'), JSON.stringify(keycloakClaims())],
  ['the key id in the header', withMore({ ...header, kid: 'other' }, `"kid":"${header.kid}"`), JSON.stringify(keycloakClaims())],
  ['the client in the payload', JSON.stringify(header), withMore(keycloakClaims({ client_id: 'other' }), '"client_id":"api-client-acme"')],
  [
    'the same client twice',
    JSON.stringify(header),
    withMore(keycloakClaims(), `"client_id":${JSON.stringify(keycloakClaims()['client_id'])}`),
  ],
  ['an escaped name', JSON.stringify(header), withMore(keycloakClaims(), `"\\u0065xp":${startSeconds + 300}`)],
  ['a claim that the guard does not read', JSON.stringify(header), withMore(keycloakClaims({ admin: false }), '"admin":true')],
  ['a member of a claim', JSON.stringify(header), withMore(keycloakClaims(), '"realm_access":{"roles":[],"roles":["admin"]}')],
]
for (const [what, headerText, payloadText] of twice) {
  test(`fault 3.4: a token with ${what} twice is rejected, although its signature is valid`, async () => {
    assert.equal(await aRealm({ key: signingKey }).denialOf(signToken(signingKey, headerText, payloadText)), 'invalid-token')
  })
}

test('a token that jose signed is accepted', async () => {
  const realm = aRealm({ key: signingKey })
  const token = await new SignJWT(keycloakClaims()).setProtectedHeader(header).sign(signingKey.privateKey)
  assert.equal(await realm.denialOf(token), undefined)
})

test('a verified token contains only its facts, and is frozen', async () => {
  const realm = aRealm()
  const verdict = await realm.guard.verifyToken(realm.token({ admin: true }))
  assert.ok(verdict.valid)
  assert.deepEqual(verdict.token, {
    issuer,
    clientId: 'api-client-acme',
    subject: 'subject-1',
    organizationId: '0b7c1f7e-54a2-4a53-9b8e-0d3c6f1a2b01',
    scope: 'orders:read orders:write',
    scopes: new Set(['orders:read', 'orders:write']),
    tokenId: 'token-1',
    issuedAt: startSeconds,
    expiresAt: startSeconds + 300,
    keyId: realm.key.kid,
  })
  assert.ok(Object.isFrozen(verdict.token))
})

const payload = keycloakClaims()
const publicPem = signingKey.verificationKey.publicKey.export({ format: 'pem', type: 'spki' })
const hmac = (alg: string, secret: string | Buffer) => {
  const signed = `${encodeSegment({ ...header, alg })}.${encodeSegment(payload)}`
  const digest = `sha${alg.slice(2)}`
  return `${signed}.${createHmac(digest, secret).update(signed).digest('base64url')}`
}
const attackerKey = aSigningKey('ES256', signingKey.kid)
const [goodHead, goodPayload, goodSignature] = segments(signToken(signingKey, header, payload))

const playbook: Record<string, string> = {
  'alg none': `${encodeSegment({ ...header, alg: 'none' })}.${goodPayload}.`,
  'alg NonE with a signature': `${encodeSegment({ ...header, alg: 'NonE' })}.${goodPayload}.${goodSignature}`,
  'no signature': `${goodHead}.${goodPayload}.`,
  'only two segments': `${goodHead}.${goodPayload}`,
  'four segments': `${goodHead}.${goodPayload}.${goodSignature}.${goodSignature}`,
  'five segments of an encrypted token': `${goodHead}....`,
  'a signature of zeros': `${goodHead}.${goodPayload}.${Buffer.alloc(64).toString('base64url')}`,
  'a DER signature': `${goodHead}.${goodPayload}.${Buffer.concat([Buffer.from('3045', 'hex'), Buffer.alloc(69, 1)]).toString('base64url')}`,
  'changed claims': `${goodHead}.${encodeSegment({ ...payload, scope: 'admin' })}.${goodSignature}`,
  'a changed header': `${encodeSegment({ ...header, x: 1 })}.${goodPayload}.${goodSignature}`,
  'HMAC with the public key': hmac('HS256', publicPem),
  'HMAC with an empty secret': hmac('HS512', ''),
  'another key under the same kid': signToken(attackerKey, header, payload),
  'a jwk brought along': signToken(attackerKey, { ...header, jwk: attackerKey.jwk }, payload),
  'a jku brought along': signToken(attackerKey, { ...header, jku: 'https://evil.example/jwks' }, payload),
  'an x5u brought along': signToken(attackerKey, { ...header, x5u: 'https://evil.example/cert' }, payload),
  'an x5c brought along': signToken(attackerKey, { ...header, x5c: ['MIIB'] }, payload),
  'a kid that is a path': signToken(attackerKey, { ...header, kid: '../../../../dev/null' }, payload),
  'a kid that is SQL': signToken(attackerKey, { ...header, kid: "x' UNION SELECT 'key" }, payload),
  'a kid that is a member of Object': signToken(attackerKey, { ...header, kid: '__proto__' }, payload),
  'a kid that is a number': signToken(attackerKey, { ...header, kid: 1 }, payload),
  'a kid of 257 characters': signToken(attackerKey, { ...header, kid: 'k'.repeat(257) }, payload),
  'no kid': signToken(signingKey, { alg: 'ES256', typ: 'JWT' }, payload),
}

for (const [name, token] of Object.entries(playbook)) {
  test(`abuse 081: ${name} is rejected without a network request`, async (t) => {
    const fetch = t.mock.method(globalThis, 'fetch', () => assert.fail('the guard sent a request'))
    const realm = aRealm({ key: signingKey })
    assert.equal(await realm.denialOf(token), 'invalid-token')
    assert.equal(fetch.mock.callCount(), 0)
  })
}

for (const alg of ['HS256', 'HS384', 'HS512']) {
  test(`abuse 084: ${alg} with any form of the public key as its secret is rejected`, async () => {
    const realm = aRealm({ key: signingKey })
    for (const secret of [
      publicPem,
      JSON.stringify(signingKey.jwk),
      JSON.stringify(await exportJWK(signingKey.verificationKey.publicKey)),
    ]) {
      assert.equal(await realm.denialOf(hmac(alg, secret)), 'invalid-token')
    }
  })
}

test('abuse 085: a known algorithm that is not that of the key is rejected', async () => {
  const realm = aRealm({ key: rsaKey })
  const pss = aSigningKey('PS256')
  const asPss: SigningKey = { ...pss, kid: rsaKey.kid, privateKey: rsaKey.privateKey }
  assert.equal(await realm.denialOf(signToken(asPss, { ...header, alg: 'PS256', kid: rsaKey.kid }, payload)), 'invalid-token')
  assert.equal(await realm.denialOf(realm.token({}, { alg: 'PS256' })), 'invalid-token')
})

test('abuse 085: an algorithm that is excluded by the options is rejected, although a key has it', async () => {
  const realm = aRealm({ key: rsaKey, algorithms: ['ES256'] })
  assert.equal(await realm.denialOf(realm.token()), 'invalid-token')
  const verdict = await realm.guard.verifyToken(realm.token())
  assert.ok(!verdict.valid)
  assert.equal(verdict.denial.detail, 'This API does not accept tokens signed by RS256.')
})

test('abuse 087: a key of this issuer does not verify a token of another issuer, although both are known', async () => {
  const realm = aRealm({ key: signingKey })
  const other = aRealm({ key: rsaKey, issuer: 'https://auth.example.com/realms/prod' })
  assert.equal(await other.denialOf(realm.token({ iss: 'https://auth.example.com/realms/prod' })), 'invalid-token')
  assert.equal(await realm.denialOf(realm.token({ iss: 'https://auth.example.com/realms/prod' })), 'invalid-token')
})

const headers: [name: string, changes: Record<string, unknown>][] = [
  ['crit with an unknown name', { crit: ['unknown'], unknown: 1 }],
  ['crit with a known name', { crit: ['exp'], exp: 1 }],
  ['an empty crit', { crit: [] }],
  ['crit with a name twice', { crit: ['b64', 'b64'], b64: true }],
  ['crit that is not an array', { crit: 'exp' }],
  ['crit that is null', { crit: null }],
  ['crit with b64', { crit: ['b64'], b64: false }],
]
for (const [name, changes] of headers) {
  test(`abuse 089: ${name} is rejected`, async () => {
    const realm = aRealm()
    assert.equal(await realm.denialOf(realm.token({}, changes)), 'invalid-token')
  })
}

for (const changes of [{ b64: false }, { zip: 'DEF' }, { enc: 'A256GCM' }, { cty: 'JWT' }]) {
  test(`abuse 090: the header ${JSON.stringify(changes)} is rejected`, async () => {
    const realm = aRealm()
    assert.equal(await realm.denialOf(realm.token({}, changes)), 'invalid-token')
  })
}

const types: Record<'rfc9068' | 'keycloak' | 'cognito', unknown[]> = {
  rfc9068: ['at+jwt', 'AT+JWT', 'application/at+jwt'],
  // Keycloak can be set to the type of RFC 9068 for a client; its mark, "typ": "Bearer" among the claims, is demanded all the same.
  keycloak: ['JWT', 'jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt'],
  cognito: [undefined],
}
const everyType = [
  undefined,
  null,
  '',
  'JWT',
  'jwt',
  'at+jwt',
  'AT+JWT',
  'application/at+jwt',
  'logout+jwt',
  'dpop+jwt',
  'at+jwt ',
  ['at+jwt'],
]
for (const profile of ['rfc9068', 'keycloak', 'cognito'] as const) {
  test(`abuse 091: the profile ${profile} accepts the "typ" ${types[profile].join(', ') || 'left out'} and no other`, async () => {
    const realm = aRealm({ tokenProfile: profile })
    for (const typ of everyType) {
      const denial = await realm.denialOf(realm.token({ token_use: 'access' }, { typ }))
      assert.equal(denial, types[profile].includes(typ) ? undefined : 'invalid-token', `typ ${String(typ)}`)
    }
  })
}

test('abuse 092: a token without an audience is accepted only by a guard with the Cognito profile', async () => {
  const claims = { aud: undefined, organization_id: undefined, typ: undefined, token_use: 'access' }
  const cognito = aRealm({ tokenProfile: 'cognito' })
  assert.equal(await cognito.denialOf(cognito.token(claims, { typ: undefined })), undefined)
  assert.equal(await cognito.denialOf(cognito.token({ ...claims, token_use: 'id' }, { typ: undefined })), 'invalid-token')
  assert.equal(await cognito.denialOf(cognito.token({ ...claims, token_use: undefined }, { typ: undefined })), 'invalid-token')
  assert.equal(await cognito.denialOf(cognito.token({ ...claims, client_id: undefined }, { typ: undefined })), 'invalid-token')
  const keycloak = aRealm()
  assert.equal(await keycloak.denialOf(keycloak.token(claims)), 'invalid-token')
})

test('a Keycloak token of another kind (an ID or refresh token) is rejected', async () => {
  const realm = aRealm()
  for (const typ of ['ID', 'Refresh', 'bearer', undefined])
    for (const type of ['JWT', 'at+jwt']) assert.equal(await realm.denialOf(realm.token({ typ }, { typ: type })), 'invalid-token')
})

test('abuse 094: every other spelling of a segment is rejected before the key lookup', async () => {
  let lookups = 0
  const realm = aRealm({
    key: signingKey,
    keys: {
      find: () => {
        lookups++
        return signingKey.verificationKey
      },
    },
  })
  const spellings = [
    (segment: string) => `${segment}=`,
    (segment: string) => `${segment}==`,
    (segment: string) => `${segment}\n`,
    (segment: string) => ` ${segment}`,
    (segment: string) => `${segment.slice(0, 8)} ${segment.slice(8)}`,
    (segment: string) => `+${segment}`,
    (segment: string) => `/${segment}`,
    () => '',
  ]
  for (const respell of spellings) {
    for (const position of [0, 1, 2]) {
      const parts = segments(signToken(signingKey, header, payload))
      parts[position] = respell(parts[position] ?? '')
      const verdict = await realm.guard.verifyToken(parts.join('.'))
      assert.equal(verdict.valid ? undefined : verdict.denial.code, 'invalid-token', `${String(respell)} at ${position}`)
    }
  }
  assert.equal(lookups, 0)
})

test('abuse 094: stray low bits in the last character are rejected', async () => {
  const realm = aRealm({ key: signingKey })
  const token = signToken(signingKey, header, payload)
  // Of the last character of 64 bytes only the two high bits count: A, Q, g or w.
  for (const stray of 'BCDERSThijxyz') assert.equal(await realm.denialOf(token.slice(0, -1) + stray), 'invalid-token')
})

test('abuse 094: invalid UTF-8 and a byte order mark are rejected, even with a valid signature', async () => {
  const realm = aRealm({ key: signingKey })
  const text = JSON.stringify(payload)
  for (const bytes of [
    Buffer.concat([Buffer.from(text.slice(0, -1)), Buffer.from(',"x":"'), Buffer.from([0xff]), Buffer.from('"}')]),
    `\uFEFF${text}`,
  ]) {
    const signed = `${encodeSegment(header)}.${Buffer.from(bytes as string).toString('base64url')}`
    const token = `${signed}.${signBytes(signingKey, signed).toString('base64url')}`
    assert.equal(await realm.denialOf(token), 'invalid-token')
  }
})

test('abuse 095: a revoked token stays revoked under every other spelling', async () => {
  const realm = aRealm({ key: signingKey })
  realm.setEntitlement({ client: { revokedTokenIds: ['token-1'] } })
  const respelled = signToken(signingKey, JSON.stringify(header, null, 1), JSON.stringify(payload, null, 1))
  assert.equal(await realm.denialOf(respelled), 'invalid-token')
  assert.equal(await realm.denialOf(`${realm.token()}=`), 'invalid-token')
})

test('abuse 096: a cached token does not make a prefix of it or a longer token valid', async () => {
  const realm = aRealm()
  const token = realm.token()
  assert.equal(await realm.denialOf(token), undefined)
  for (const other of [token.slice(0, -1), token.slice(0, -4), `${token}A`, `${token}AAAA`, `${token}.`]) {
    assert.equal(await realm.denialOf(other), 'invalid-token')
  }
})

test('abuse 097: a cached token expires', async () => {
  const realm = aRealm()
  const token = realm.token()
  assert.equal(await realm.denialOf(token), undefined)
  realm.clock.advance(304)
  assert.equal(await realm.denialOf(token), undefined)
  realm.clock.advance(1)
  assert.equal(await realm.denialOf(token), 'expired-token')
})

test('abuse 097: a cached token is rejected once its key is removed or replaced', async () => {
  const realm = aRealm({ key: signingKey })
  const token = realm.token()
  assert.equal(await realm.denialOf(token), undefined)
  realm.trustedKeys.delete(signingKey.kid)
  assert.equal(await realm.denialOf(token), 'invalid-token')
  realm.trustedKeys.set(signingKey.kid, attackerKey.verificationKey)
  assert.equal(await realm.denialOf(token), 'invalid-token')
})

test('abuse 097: a token that was rejected because it was not valid yet is accepted later: rejections are not cached', async () => {
  const realm = aRealm()
  const token = realm.token({ nbf: startSeconds + 60 })
  assert.equal(await realm.denialOf(token), 'invalid-token')
  realm.clock.advance(60)
  assert.equal(await realm.denialOf(token), undefined)
})

test('abuse 097: a cached token is rejected from the moment its client is disabled', async () => {
  const realm = aRealm()
  const token = realm.token()
  assert.equal(await realm.denialOf(token), undefined)
  realm.setEntitlement({ client: { enabled: false } })
  assert.equal(await realm.denialOf(token), 'invalid-token')
})

test('abuse 119: JSON nested as deep as a token can hold is rejected without a crash', async () => {
  const realm = aRealm({ key: signingKey })
  for (const deep of ['['.repeat(4000), '{"a":'.repeat(800), '{'.repeat(4000), `${'['.repeat(2000)}${']'.repeat(2000)}`]) {
    assert.equal(await realm.denialOf(`${encodeSegment(deep)}.${goodPayload}.${goodSignature}`), 'invalid-token')
    assert.equal(await realm.denialOf(signToken(signingKey, header, deep)), 'invalid-token')
  }
  const verdict = await realm.guard.verifyToken('['.repeat(100_000))
  assert.equal(verdict.valid, false)
})

test('a token of another issuer is rejected before the key lookup, so that it causes no load', async () => {
  const realm = aRealm({ keys: { find: () => assert.fail('the guard looked for a key') } })
  assert.equal(await realm.denialOf(realm.token({ iss: 'https://evil.example' })), 'invalid-token')
})

test('a token longer than a Bearer header is rejected, even with a valid signature', async () => {
  const realm = aRealm()
  assert.equal((await realm.guard.verifyToken(realm.token({ x: 'x'.repeat(5000) }))).valid, true)
  assert.equal((await realm.guard.verifyToken(realm.token({ x: 'x'.repeat(6000) }))).valid, false)
})

test('the denial of a token of another realm names the realm to use, and nothing of the token', async () => {
  const realm = aRealm()
  const denial = await realm.authorize(realm.token({ iss: 'https://evil.example/realms/<script>' }))
  assert.ok(!denial.allowed)
  assert.match(denial.detail ?? '', /issued by another realm.*https:\/\/auth\.example\.com\/realms\/nt24-idp$/)
  assert.doesNotMatch(JSON.stringify(denial), /evil|script/)
})

test('fault 8.5: a token of a realm with another profile is of another realm, whatever the type in its header', async () => {
  for (const typ of ['at+jwt', undefined, 'JWT']) {
    const realm = aRealm()
    const denial = await realm.authorize(realm.token({ iss: 'https://auth.example.com/realms/other' }, { typ }))
    assert.ok(!denial.allowed)
    assert.match(denial.detail ?? '', /issued by another realm/, `typ ${typ}`)
    assert.match(denial.remedy ?? '', /Verify the realm in your token URL/)
  }
})

test('arbitrary strings are never accepted, and never make the guard reject', async () => {
  const realm = aRealm()
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 300 }), async (header) => {
      const verdict = await realm.guard.authorize({ rawHeaders: ['Authorization', header], params: {} }, {})
      assert.ok(!verdict.allowed && verdict.code === 'malformed-authorization')
      assert.equal((await realm.guard.verifyToken(header)).valid, false)
    }),
  )
})

test('a token with any one character replaced is never accepted', async () => {
  const realm = aRealm()
  const token = realm.token()
  assert.equal(await realm.denialOf(token), undefined)
  const alphabet = fc.constantFrom(...'ABCXYZabcxyz0189-_.')
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: token.length - 1 }), alphabet, async (position, character) => {
      fc.pre(token[position] !== character)
      assert.equal(await realm.denialOf(token.slice(0, position) + character + token.slice(position + 1)), 'invalid-token')
    }),
  )
})

test('any JSON as header or payload, with a valid signature, never makes the guard reject or answer 503', async () => {
  const realm = aRealm({ key: signingKey })
  await fc.assert(
    fc.asyncProperty(fc.json(), async (text) => {
      assert.equal(await realm.denialOf(signToken(signingKey, text, payload)), 'invalid-token')
      assert.equal(await realm.denialOf(signToken(signingKey, header, text)), 'invalid-token')
    }),
    { numRuns: 50 },
  )
})
