import assert from 'node:assert/strict'
import { test } from 'node:test'
import { problems } from '@countersign/protocol'
import { aRealm, issuer, listOf, organizationId, partnerId, startSeconds } from './guard.fixture.ts'
import type { GuardOptions } from './guard-options.ts'

const realm = aRealm()
const token = realm.token()
const bearer = `Bearer ${token}`

async function codeOf(rawHeaders: readonly string[]): Promise<string | undefined> {
  const verdict = await realm.guard.authorize({ rawHeaders, params: {} }, {})
  return verdict.allowed ? undefined : verdict.code
}

const malformed = 'malformed-authorization'
const several = 'several-tokens'
const headers: [name: string, values: readonly string[], denial: string | undefined][] = [
  ['none', [], 'missing-token'],
  ['the documented form', [bearer], undefined],
  ['bearer in lower case', [`bearer ${token}`], undefined],
  ['BEARER in upper case', [`BEARER ${token}`], undefined],
  ['two spaces', [`Bearer  ${token}`], malformed],
  ['a tab', [`Bearer\t${token}`], malformed],
  ['a trailing space', [`${bearer} `], malformed],
  ['a leading space', [` ${bearer}`], malformed],
  ['two tokens joined by a comma', [`${bearer}, ${bearer}`], several],
  ['two headers', [bearer, bearer], several],
  ['two headers, one of them empty', [bearer, ''], several],
  ['an empty header', [''], malformed],
  ['the scheme alone', ['Bearer'], malformed],
  ['the scheme and a space', ['Bearer '], malformed],
  ['the token alone', [token], malformed],
  ['quotes', [`Bearer "${token}"`], malformed],
  ['Basic credentials', ['Basic YTpi'], malformed],
  ['the word "repeated"', ['repeated'], several],
  ['64 kB', [`Bearer ${'a'.repeat(65_536)}`], malformed],
]
for (const [name, values, denial] of headers) {
  test(`abuse 111: Authorization with ${name} is ${denial ?? 'accepted'}`, async () => {
    const rawHeaders = ['Host', 'api.example.com', ...values.flatMap((value, i) => [i === 0 ? 'Authorization' : 'authorization', value])]
    assert.equal(await codeOf(rawHeaders), denial)
  })
}

const second = realm.token({ jti: 'token-2' })
const severalTokens: [name: string, values: readonly string[], query: string][] = [
  ['a token in the header and another in the query', [bearer], `?access_token=${second}`],
  ['the same token in header and query', [bearer], `?page=1&access_token=${token}`],
  ['an encoded name in the query', [bearer], `?access%5ftoken=${second}`],
  ['an empty token in the query', [bearer], '?access_token='],
  ['a valid header and one of another scheme', [bearer, 'Basic YTpi'], ''],
  ['a list with another scheme', [`Basic YTpi, ${bearer}`], ''],
  ['an invalid token in the header and one in the query', ['Bearer x'], `?access_token=${token}`],
]
const isInQueryOnly = (values: readonly string[], query: string) => values.length === 1 && query !== ''
for (const [name, values, query] of severalTokens) {
  test(`fault 3.5: ${name}: several-tokens`, async () => {
    const rawHeaders = values.flatMap((value) => ['Authorization', value])
    const verdict = await realm.guard.authorize({ rawHeaders, url: `/v1/me${query}`, params: {} }, {})
    assert.equal(verdict.allowed || verdict.code, several)
    assert.equal(!verdict.allowed && /treat a token that was sent there as known/.test(verdict.remedy ?? ''), isInQueryOnly(values, query))
  })
}

test('abuse 272: two Authorization headers, and the list that a gateway makes of them, are 400', async () => {
  for (const rawHeaders of [
    ['Authorization', bearer, 'authorization', `Bearer ${second}`],
    ['Authorization', `${bearer},Bearer ${second}`],
  ])
    assert.equal(await codeOf(rawHeaders), several)
  assert.equal(problems[several].status, 400)
})

test('abuse 112: a token in the query alone counts as none, beside a malformed header as well', async () => {
  const ask = (rawHeaders: string[]) => realm.guard.authorize({ rawHeaders, url: `/v1/me?access_token=${token}`, params: {} }, {})
  for (const [headers, code] of [
    [[], 'missing-token'],
    [['Authorization', 'Basic YTpi'], malformed],
  ] as const) {
    const verdict = await ask([...headers])
    assert.equal(verdict.allowed || verdict.code, code)
  }
})

test('abuse 112: a token anywhere but in the Authorization header is ignored', async () => {
  assert.equal(await codeOf(['X-Access-Token', token, 'Cookie', `access_token=${token}`, 'Proxy-Authorization', bearer]), 'missing-token')
})

const fail = (): never => {
  throw new Error('out of order')
}
const faults: Record<string, Partial<GuardOptions>> = {
  'the key source throws': { keys: { find: fail } },
  'the key source rejects': { keys: { find: async () => fail() } },
  'the key source rejects late': { keys: { find: () => new Promise((_, reject) => setImmediate(() => reject(new Error('late')))) } },
  'the entitlement source throws': { entitlements: { find: fail } },
  'the entitlement source rejects': { entitlements: { find: async () => fail() } },
  'the entitlement source throws no error': { entitlements: { find: () => Promise.reject(undefined) } },
  'the entitlement is of another shape': { entitlements: { find: () => ({}) as never } },
  'the key is of another shape': { keys: { find: () => ({ algorithm: 'ES256', signatureBytes: 64 }) as never } },
  'the clock throws': { clock: fail },
  'the counter throws': { rates: { take: fail } },
  'the counter rejects': { rates: { take: async () => fail() } },
  'the counter is of another shape': { rates: { take: () => undefined as never } },
}
for (const [name, options] of Object.entries(faults)) {
  test(`abuse 114: where ${name}, the answer is 503 and never 401, and no request is allowed`, async () => {
    const faulty = aRealm(options)
    faulty.setEntitlement({ organization: { rateLimit: { tier: 'standard', limit: 100, windowSeconds: 1 } } })
    const denial = await faulty.authorize(token)
    assert.ok(!denial.allowed)
    assert.equal(denial.code, 'temporarily-unavailable')
    assert.equal(denial.retryAfterSeconds, 5)
    assert.equal('cause' in denial, true)
  })
}

test('abuse 114: with a clock that returns NaN no request is allowed', async () => {
  assert.equal((await aRealm({ clock: () => Number.NaN }).authorize(token)).allowed, false)
})

test('abuse 114: an invalid request or requirement object is never allowed', async () => {
  for (const requirement of [undefined, null]) {
    const verdict = await realm.guard.authorize({ rawHeaders: ['Authorization', bearer], params: {} }, requirement as never)
    assert.equal(verdict.allowed, false)
  }
  assert.equal((await realm.guard.authorize(undefined as never, {})).allowed, false)
})

test('abuse 115: with sources that resolve to undefined no request is allowed', async () => {
  for (const options of [{ keys: { find: async () => undefined } }, { entitlements: { find: async () => undefined } }]) {
    const faulty = aRealm(options)
    faulty.setEntitlement({ organization: { rateLimit: { tier: 'standard', limit: 100, windowSeconds: 1 } } })
    const denial = await faulty.authorize(token)
    assert.ok(!denial.allowed)
    assert.equal(denial.code, 'invalid-token')
  }
})

test('abuse 110: a guard that has not loaded revocations yet answers 503', async () => {
  const denial = await aRealm({ entitlements: { find: fail } }).authorize(token)
  assert.ok(!denial.allowed)
  assert.equal(denial.code, 'temporarily-unavailable')
})

test('a withdrawn partner is denied on the next request, even with a cached token', async () => {
  const realm = aRealm()
  const token = realm.token()
  const requirement = { partner: { param: 'sellerId' } }
  assert.equal((await realm.authorize(token, requirement, { sellerId: partnerId })).allowed, true)
  realm.setEntitlement({ organization: { partners: listOf() } })
  assert.equal((await realm.authorize(token, requirement, { sellerId: partnerId })).allowed, false)
})

test('verifyToken distinguishes a valid token, a revoked token and a failing source', async () => {
  const realm = aRealm()
  const verdict = await realm.guard.verifyToken(realm.token())
  assert.ok(verdict.valid)
  assert.equal(verdict.entitlement.organization.rights.id, organizationId)
  realm.setEntitlement({ organization: { tokensNotBefore: startSeconds + 1 } })
  const revoked = await realm.guard.verifyToken(realm.token())
  assert.equal(revoked.valid ? undefined : revoked.denial.code, 'invalid-token')
  const unknown = await aRealm({ entitlements: { find: fail } }).guard.verifyToken(realm.token())
  assert.equal(unknown.valid ? undefined : unknown.denial.code, 'temporarily-unavailable')
})

test('me() returns the document of the client that holds the token', async () => {
  const access = await realm.authorize(token)
  assert.ok(access.allowed)
  const me = realm.guard.me(access)
  assert.equal(me.organization.slug, 'acme')
  assert.deepEqual(me.client, { clientId: 'api-client-acme', realm: 'nt24-idp', secret: null })
  assert.equal(me.token.expiresAt, new Date((startSeconds + 300) * 1000).toISOString())
  assert.equal('clients' in me || 'requestors' in me, false)
})

test('a second requirement of a request counts it once, neither against the rate nor for the listener', async () => {
  const told: string[] = []
  const realm = aRealm({ onDecision: ({ outcome }) => told.push(outcome) })
  realm.setEntitlement({ organization: { rateLimit: { tier: 'standard', limit: 2, windowSeconds: 1 } } })
  const request = { rawHeaders: ['Authorization', `Bearer ${realm.token()}`], params: {} }
  const first = await realm.guard.authorize(request, {})
  assert.ok(first.allowed)
  const second = await realm.guard.authorize(request, { scope: 'orders:read' }, first)
  assert.ok(second.allowed)
  assert.deepEqual([second.rate, told], [first.rate, ['allowed']])
  const third = await realm.guard.authorize(request, { scope: 'admin' }, second)
  assert.deepEqual([third.allowed, told], [false, ['allowed', 'insufficient-scope']])
})

test('abuse 107: a parameter counts only if it is the own one of the route, and one text', async () => {
  const rawHeaders = ['Authorization', bearer]
  const ask = async (params: object, name = 'sellerId') =>
    (await realm.guard.authorize({ rawHeaders, params: params as Record<string, string> }, { partner: { param: name } })).allowed
  assert.equal(await ask({ sellerId: partnerId }), true)
  assert.equal(await ask(Object.create({ sellerId: partnerId }) as object), false)
  assert.equal(await ask({ sellerId: [partnerId] }), false)
  for (const name of ['constructor', '__proto__', 'toString']) assert.equal(await ask({}, name), false)
})

const wrongOptions: [name: string, options: Record<string, unknown>, message: RegExp][] = [
  ['a misspelt option', { clockSkew: 5 }, /createGuard: unknown option "clockSkew"/],
  ['an empty issuer', { issuer: '' }, /"issuer"/],
  ['no realm', { realm: undefined }, /"realm"/],
  ['an unknown profile', { tokenProfile: 'auth0' }, /"tokenProfile" is not one of rfc9068, keycloak, cognito/],
  ['a profile named like a member of Object', { tokenProfile: 'toString' }, /"tokenProfile"/],
  ['no audience where the profile has one', { audience: undefined }, /"audience" is missing/],
  ['an audience where the profile has none', { tokenProfile: 'cognito', audience: 'x' }, /"audience" cannot be checked/],
  ['no algorithm', { algorithms: [] }, /"algorithms"/],
  ['an algorithm outside the table', { algorithms: ['HS256'] }, /"algorithms"/],
  ['room for one remembered token', { rememberedTokens: 1 }, /"rememberedTokens"/],
  ['endless room for tokens', { rememberedTokens: Infinity }, /"rememberedTokens"/],
  ['no key source', { keys: undefined }, /"keys"/],
  ['no entitlement source', { entitlements: {} }, /"entitlements"/],
  ['a clock that is not a function', { clock: 5 }, /"clock"/],
]
for (const [name, options, message] of wrongOptions) {
  test(`createGuard throws for ${name}`, () => {
    assert.throws(() => aRealm(options), { name: 'TypeError', message })
  })
}

test('a guard is frozen and has its realm and issuer', () => {
  assert.ok(Object.isFrozen(realm.guard))
  assert.equal(realm.guard.issuer, issuer)
  assert.equal(realm.guard.realm, 'nt24-idp')
})
