import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aRealm, aSigningKey, audience, keycloakClaims, organizationId, signToken, startSeconds } from './guard.fixture.ts'

const wrongInstants: unknown[] = ['1800000300', 1_800_000_300.5, null, true, [1_800_000_300], {}, -1, 2 ** 53, '', 'Infinity']

for (const claim of ['exp', 'iat', 'nbf']) {
  test(`abuse 099: "${claim}" must be a whole number of seconds`, async () => {
    const realm = aRealm()
    for (const value of wrongInstants) {
      assert.equal(await realm.denialOf(realm.token({ [claim]: value })), 'invalid-token', JSON.stringify(value))
    }
    assert.equal(await realm.denialOf(realm.token({ [claim]: undefined })), claim === 'nbf' ? undefined : 'invalid-token', 'left out')
  })

  test(`abuse 099: "${claim}" of 1e400 is rejected`, async () => {
    const key = aSigningKey()
    const realm = aRealm({ key })
    const text = JSON.stringify(keycloakClaims({ [claim]: 0 })).replace(`"${claim}":0`, `"${claim}":1e400`)
    assert.equal(await realm.denialOf(signToken(key, { alg: 'ES256', typ: 'JWT', kid: key.kid }, text)), 'invalid-token')
  })
}

// Seconds from now; the skew is 5.
const instants: [claim: string, offset: number, denial: string | undefined][] = [
  ['exp', 1, undefined],
  ['exp', 0, undefined],
  ['exp', -4, undefined],
  ['exp', -5, 'expired-token'],
  ['exp', -6, 'expired-token'],
  ['nbf', 0, undefined],
  ['nbf', 5, undefined],
  ['nbf', 6, 'invalid-token'],
]
for (const [claim, offset, denial] of instants) {
  test(`abuse 100: "${claim}" at now${offset < 0 ? '' : '+'}${offset} with a skew of 5 is ${denial ?? 'accepted'}`, async () => {
    const realm = aRealm()
    assert.equal(await realm.denialOf(realm.token({ [claim]: startSeconds + offset })), denial)
  })
}

test('abuse 101: "iat" may be in the future by the skew at most', async () => {
  const realm = aRealm()
  assert.equal(await realm.denialOf(realm.token({ iat: startSeconds + 5 })), undefined)
  assert.equal(await realm.denialOf(realm.token({ iat: startSeconds + 6 })), 'invalid-token')
})

test('the denial of a token from the future sends the caller to the provider, and not for a new token', async () => {
  const realm = aRealm()
  const verdict = await realm.authorize(realm.token({ iat: startSeconds + 600 }))
  assert.match(verdict.allowed ? '' : (verdict.remedy ?? ''), /^A new token does not help\. Tell the provider/)
})

test('fault 9.4: the issuer may be further ahead than a token may be expired', async () => {
  const realm = aRealm({ clockSkewSeconds: 0, issuedAheadSeconds: 10 })
  assert.equal(await realm.denialOf(realm.token({ iat: startSeconds + 10, nbf: startSeconds + 10 })), undefined)
  assert.equal(await realm.denialOf(realm.token({ iat: startSeconds + 11 })), 'invalid-token')
  assert.equal(await realm.denialOf(realm.token({ nbf: startSeconds + 11 })), 'invalid-token')
  assert.equal(await realm.denialOf(realm.token({ exp: startSeconds })), 'expired-token')
})

test('abuse 101: without skew, "iat" may be two seconds ahead, which the server uses for tokens after a cut', async () => {
  const realm = aRealm({ clockSkewSeconds: 0 })
  assert.equal(await realm.denialOf(realm.token({ iat: startSeconds + 2 })), undefined)
  assert.equal(await realm.denialOf(realm.token({ iat: startSeconds + 3 })), 'invalid-token')
})

test('abuse 100: without skew, a token is valid to the last millisecond of its lifetime', async () => {
  const realm = aRealm({ clockSkewSeconds: 0 })
  const token = realm.token({ exp: startSeconds + 1 })
  realm.clock.advance(0.999)
  assert.equal(await realm.denialOf(token), undefined)
  realm.clock.advance(0.001)
  assert.equal(await realm.denialOf(token), 'expired-token')
})

for (const skew of [Number.NaN, Infinity, -1, 61, '5', null]) {
  test(`abuse 100: a skew of ${String(skew)} (${typeof skew}) is rejected when the guard is created`, () => {
    assert.throws(() => aRealm({ clockSkewSeconds: skew as number }), TypeError)
  })
}

test('a token that is expired and invalid in another way is denied for the other reason', async () => {
  const realm = aRealm()
  assert.equal(await realm.denialOf(realm.token({ exp: startSeconds - 60, jti: 7 })), 'invalid-token')
  assert.equal(await realm.denialOf(realm.token({ exp: startSeconds - 60, aud: 'other' })), 'invalid-token')
})

const audiences: [aud: unknown, passes: boolean][] = [
  [audience, true],
  [[audience], true],
  [['other', audience], true],
  [['other'], false],
  [[], false],
  [[[audience]], false],
  [[audience, 1], false],
  [audience.slice(1), false],
  [audience.slice(0, -1), false],
  [`${audience}x`, false],
  [audience.toUpperCase(), false],
  ['.*', false],
  ['nt24-integration.api', false],
  [{ toString: audience }, false],
  [{ 0: audience, length: 1 }, false],
  [1, false],
  [null, false],
  [undefined, false],
  ['', false],
]
for (const [aud, passes] of audiences) {
  test(`abuse 102: the audience ${JSON.stringify(aud)} is ${passes ? 'accepted' : 'refused'}`, async () => {
    const realm = aRealm()
    assert.equal(await realm.denialOf(realm.token({ aud })), passes ? undefined : 'invalid-token')
  })
}

test('abuse 120: an audience is compared literally, even if it looks like a pattern', async () => {
  const realm = aRealm({ audience: 'api.*' })
  assert.equal(await realm.denialOf(realm.token({ aud: 'api.orders' })), 'invalid-token')
  assert.equal(await realm.denialOf(realm.token({ aud: 'api.*' })), undefined)
})

const scopes: [scope: unknown, denial: string | undefined][] = [
  ['read', undefined],
  ['write read', undefined],
  ['read read', undefined],
  ['admin read:admin2', 'insufficient-scope'],
  ['READ', 'insufficient-scope'],
  ['', 'insufficient-scope'],
  [undefined, 'insufficient-scope'],
  ['write\tread', 'invalid-token'],
  ['write  read', 'invalid-token'],
  [['read'], 'invalid-token'],
  [{ read: true }, 'invalid-token'],
  [null, 'invalid-token'],
]
for (const [scope, denial] of scopes) {
  test(`abuse 104: the scope ${JSON.stringify(scope)} for a route that needs "read" is ${denial ?? 'enough'}`, async () => {
    const realm = aRealm()
    realm.setEntitlement({ client: { scopes: ['read', 'write', 'admin', 'read:admin2', 'READ'] } })
    const verdict = await realm.authorize(realm.token({ scope }), { scope: 'read' })
    assert.equal(verdict.allowed ? undefined : verdict.code, denial)
  })
}

test('abuse 105: claims named like members of Object are plain data and have no effect', async () => {
  const key = aSigningKey()
  const realm = aRealm({ key })
  const text = JSON.stringify(keycloakClaims({ constructor: 'x', hasOwnProperty: 'x', toString: 'x' }))
  const smuggled = `${text.slice(0, -1)},"__proto__":{"scope":"admin","allowed":true}}`
  const verdict = await realm.authorize(signToken(key, { alg: 'ES256', typ: 'JWT', kid: key.kid }, smuggled))
  assert.ok(verdict.allowed)
  assert.equal(verdict.token.scopes.has('admin'), false)
  const facts = 'clientId expiresAt issuedAt issuer keyId organizationId scope scopes subject tokenId'
  assert.equal(Object.keys(verdict.token).toSorted().join(' '), facts)
})

test('abuse 105: a missing claim is not read from "__proto__"', async () => {
  const key = aSigningKey()
  const realm = aRealm({ key })
  const text = JSON.stringify(keycloakClaims({ jti: undefined }))
  const smuggled = `${text.slice(0, -1)},"__proto__":{"jti":"token-1"}}`
  assert.equal(await realm.denialOf(signToken(key, { alg: 'ES256', typ: 'JWT', kid: key.kid }, smuggled)), 'invalid-token')
})

test('abuse 106: a claim must be an own member, even if Object.prototype has been polluted', async (t) => {
  // eslint-disable-next-line no-extend-native -- it is the attack
  Object.defineProperty(Object.prototype, 'jti', { value: 'inherited', configurable: true })
  t.after(() => Reflect.deleteProperty(Object.prototype, 'jti'))
  const realm = aRealm()
  assert.equal(await realm.denialOf(realm.token({ jti: undefined })), 'invalid-token')
})

for (const claim of ['client_id', 'sub', 'jti', 'organization_id']) {
  test(`"${claim}" must be a string`, async () => {
    const realm = aRealm()
    for (const value of ['', 1, null, true, ['x'], {}]) assert.equal(await realm.denialOf(realm.token({ [claim]: value })), 'invalid-token')
  })
}

test('abuse 107: an organization claim in another spelling is not this organization', async () => {
  const realm = aRealm()
  for (const id of [organizationId.toUpperCase(), `{${organizationId}}`, '*', 'x', [organizationId]]) {
    assert.equal(await realm.denialOf(realm.token({ organization_id: id })), 'invalid-token')
  }
})

for (const cnf of [{ jkt: 'x' }, { 'x5t#S256': 'x' }, {}, null]) {
  test(`abuse 122: a token with "cnf" ${JSON.stringify(cnf)} is rejected as a Bearer token, and the detail gives the reason`, async () => {
    const realm = aRealm()
    const verdict = await realm.authorize(realm.token({ cnf }))
    assert.ok(!verdict.allowed)
    assert.equal(verdict.code, 'invalid-token')
    assert.match(verdict.detail ?? '', /binds it to its sender/)
  })
}
