import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { aSigningKey, audience, issuer, startSeconds } from './guard.fixture.ts'
import { createGuard } from './guard.ts'
import type { IssuerOptions, MultiIssuerGuardOptions } from './guard-options.ts'
import { aGuardOfTwo, anIssuer, otherIssuer } from './several-issuers.fixture.ts'

test('a guard accepts the tokens of each of its issuers, and tells whose they are', async () => {
  const { guard, ours, theirs, authorize } = aGuardOfTwo()
  for (const [of, realm] of [
    [ours, 'ours'],
    [theirs, 'theirs'],
  ] as const)
    for (let request = 0; request < 2; request++) {
      const access = await authorize(of.token())
      assert.ok(access.allowed)
      assert.equal(access.token.issuer, of.issuer)
      assert.equal(guard.me(access).client.realm, realm)
    }
})

test('abuse 087: a key of one issuer does not verify a token that names the other, although the ids of the keys are the same', async () => {
  const { ours, theirs, codeOf } = aGuardOfTwo()
  assert.deepEqual([await codeOf(ours.token()), await codeOf(theirs.token())], [undefined, undefined])
  assert.equal(await codeOf(theirs.token({}, ours.key)), 'invalid-token')
  assert.equal(await codeOf(ours.token({}, theirs.key)), 'invalid-token')
})

test('abuse 087: a key id that only the other issuer has is unknown, and that issuer is not asked', async () => {
  const { ours, theirs, codeOf } = aGuardOfTwo({ theirs: { keys: { find: () => assert.fail('the other issuer was asked') } } })
  assert.equal(await codeOf(ours.token({}, { ...theirs.key, kid: 'key-2' })), 'invalid-token')
  assert.deepEqual(ours.lookups, ['key-2'])
})

test('abuse 097: a remembered token stays one of the issuer that verified it', async () => {
  const { ours, theirs, codeOf } = aGuardOfTwo()
  const token = theirs.token()
  for (let request = 0; request < 3; request++) assert.equal(await codeOf(token), undefined)
  assert.deepEqual([ours.lookups, theirs.lookups], [[], ['key-1', 'key-1', 'key-1']])
  theirs.setEntitlement({ client: { revokedTokenIds: ['token-1'] } })
  assert.deepEqual([await codeOf(token), await codeOf(ours.token())], ['invalid-token', undefined])
})

test('each issuer has a profile, an audience and algorithms of its own', async () => {
  const { ours, theirs, codeOf } = aGuardOfTwo({ theirs: { audience: 'their-api', algorithms: ['RS256'] } })
  assert.equal(await codeOf(ours.token({ aud: 'their-api' })), 'invalid-token')
  assert.equal(await codeOf(theirs.token({ aud: audience })), 'invalid-token')
  assert.equal(await codeOf(theirs.token({ aud: 'their-api' })), 'invalid-token')
  const mixed = aGuardOfTwo({ theirs: { tokenProfile: 'rfc9068' } })
  assert.deepEqual([await mixed.codeOf(mixed.ours.token()), await mixed.codeOf(mixed.theirs.token())], [undefined, 'invalid-token'])
})

test('organizations, clients and revocations are those of the issuer, although all ids are the same', async () => {
  const { ours, theirs, codeOf } = aGuardOfTwo()
  ours.setEntitlement({ organization: { status: 'suspended' } })
  assert.deepEqual([await codeOf(ours.token()), await codeOf(theirs.token())], ['organization-suspended', undefined])
  ours.setEntitlement(undefined)
  assert.deepEqual([await codeOf(ours.token()), await codeOf(theirs.token())], ['invalid-token', undefined])
})

test('each issuer has a rate of its own for an organization, and a counter is told which', async () => {
  const rateLimit = { tier: 'standard', limit: 1, windowSeconds: 60 }
  const { ours, theirs, codeOf } = aGuardOfTwo()
  for (const { setEntitlement } of [ours, theirs]) setEntitlement({ organization: { rateLimit } })
  assert.deepEqual([await codeOf(ours.token()), await codeOf(theirs.token())], [undefined, undefined])
  assert.deepEqual([await codeOf(ours.token()), await codeOf(theirs.token())], ['rate-limited', 'rate-limited'])

  const told: string[] = []
  const take = (_: string, limit: typeof rateLimit, of: string) => {
    told.push(of)
    return { ...limit, remaining: 1, resetSeconds: 1 }
  }
  const counted = aGuardOfTwo({ rates: { take } })
  for (const each of [counted.theirs, counted.ours]) {
    each.setEntitlement({ organization: { rateLimit } })
    await counted.codeOf(each.token())
  }
  assert.deepEqual(told, [otherIssuer, issuer])
})

test('a token of another issuer is denied without a key lookup, and the denial does not list whose tokens are accepted', async () => {
  const { ours, theirs, authorize } = aGuardOfTwo()
  for (const iss of ['https://evil.example', `${issuer}/`, issuer.toUpperCase(), `${issuer} ${otherIssuer}`, '__proto__']) {
    const denial = await authorize(ours.token({ iss }))
    assert.ok(!denial.allowed)
    assert.equal(denial.code, 'invalid-token')
    assert.match(denial.detail ?? '', /issued by another realm/)
    assert.doesNotMatch(JSON.stringify(denial), /evil|example\.com|example\.org/)
  }
  for (const iss of [[issuer], [issuer, otherIssuer], { 0: issuer }, null, 7, undefined, '']) {
    const denial = await authorize(ours.token({ iss }))
    assert.equal(!denial.allowed && denial.code, 'invalid-token')
  }
  assert.deepEqual([ours.lookups, theirs.lookups], [[], []])
})

test('a denial has the challenge and the problem page of the issuer of the token if it is known, otherwise of the first', async () => {
  const { ours, theirs, namesOf, clock } = aGuardOfTwo()
  assert.equal(await namesOf(ours.token(), { scope: 'admin' }), 'auth.example.com ours')
  assert.equal(await namesOf(theirs.token(), { scope: 'admin' }), 'id.example.org theirs')
  assert.equal(await namesOf(theirs.token(), { capability: 'other' }), 'id.example.org -')
  assert.equal(await namesOf(theirs.token({}, ours.key)), 'id.example.org theirs')
  assert.equal(await namesOf(theirs.token({ iss: 'https://evil.example' })), 'auth.example.com ours')
  assert.equal(await namesOf('no.jwt.here'), 'auth.example.com ours')
  assert.equal(await namesOf('two words'), 'auth.example.com ours')
  theirs.setEntitlement({ organization: { rateLimit: { tier: 'standard', limit: 0, windowSeconds: 1 } } })
  assert.equal(await namesOf(theirs.token()), 'id.example.org -')
  clock.advance(3600)
  assert.equal(await namesOf(theirs.token()), 'id.example.org theirs')
})

test('where an issuer cannot be asked, its tokens get 503 on its own page, and those of the others are decided on', async () => {
  const fail = () => Promise.reject(new Error('down'))
  for (const down of [{ keys: { find: fail } }, { entitlements: { find: fail } }] as Partial<IssuerOptions>[]) {
    const { ours, theirs, codeOf, namesOf } = aGuardOfTwo({ theirs: down })
    assert.deepEqual([await codeOf(ours.token()), await codeOf(theirs.token())], [undefined, 'temporarily-unavailable'])
    assert.equal(await namesOf(theirs.token()), 'id.example.org -')
  }
})

test('a genuine token of the future is told with its issuer', async () => {
  const told: unknown[] = []
  const { theirs, codeOf } = aGuardOfTwo({ onIssuedAhead: (seconds, of) => told.push([seconds, of]) })
  assert.equal(await codeOf(theirs.token({ iat: startSeconds + 60 })), 'invalid-token')
  assert.deepEqual(told, [[60, otherIssuer]])
})

test('a requirement may name only what each issuer has that tells what it has', async () => {
  const scopes = (names: string[] | undefined, others: string[] | undefined) =>
    aGuardOfTwo({ ours: { ...(names && { scopes: names }) }, theirs: { ...(others && { scopes: others }) } })
  const check = ({ guard }: ReturnType<typeof scopes>) => guard.checkRequirement({ scope: 'orders:read' }, [])
  check(scopes(['orders:read'], ['orders:read', 'more']))
  check(scopes(['orders:read'], undefined))
  assert.throws(() => check(scopes(['orders:read'], ['more'])), /the realm "theirs" has no scope "orders:read"; it has more/)
})

test('with one issuer in the list a guard is the same as with that issuer alone', async () => {
  const [only, clock] = [anIssuer(issuer, 'ours'), () => startSeconds * 1000]
  const [listed, alone] = [createGuard({ issuers: [only.options], clock }), createGuard({ ...only.options, clock })]
  for (const token of [only.token(), only.token({ aud: 'x' }), only.token({ iss: 'https://evil.example' }), 'x'])
    assert.deepEqual(await listed.verifyToken(token), await alone.verifyToken(token))
  assert.deepEqual([listed.issuer, listed.realm, listed.publicUrl], [alone.issuer, alone.realm, alone.publicUrl])
})

test('me() is only for tokens that the guard accepts', async () => {
  const { guard, theirs } = aGuardOfTwo()
  const alone = createGuard({ ...anIssuer(issuer, 'ours').options, clock: () => startSeconds * 1000 })
  const verdict = await guard.verifyToken(theirs.token())
  assert.ok(verdict.valid)
  assert.throws(() => alone.me(verdict), /does not accept tokens of "https:\/\/id\.example\.org/)
})

const known = anIssuer(issuer, 'ours').options
const second = anIssuer(otherIssuer, 'theirs').options
const wrongOptions: [name: string, options: Record<string, unknown>, message: RegExp][] = [
  ['an empty list', { issuers: [] }, /"issuers" is not a list of at least one issuer/],
  ['an object in place of the list', { issuers: known }, /"issuers" is not a list/],
  ['null in place of the list', { issuers: null }, /"issuers" is not a list/],
  [
    'a URL in place of an issuer',
    { issuers: [known, otherIssuer] },
    /createGuard, issuers\[1\]: expected an object of options, found string/,
  ],
  ['an issuer twice', { issuers: [known, second, { ...second, realm: 'again' }] }, /"issuers\[2\].issuer" is that of issuers\[1\]/],
  ['an issuer beside the list', { issuers: [known], issuer }, /"issuer" stands beside "issuers"/],
  ['an audience beside the list', { issuers: [known], audience }, /"audience" stands beside "issuers"/],
  ['a shared option inside the list', { issuers: [{ ...known, rememberedTokens: 5 }] }, /issuers\[0\]: unknown option "rememberedTokens"/],
  ['an issuer without its audience', { issuers: [known, { ...second, audience: undefined }] }, /"issuers\[1\].audience" is missing/],
  [
    'an issuer with an unknown profile',
    { issuers: [known, { ...second, tokenProfile: 'x' }] },
    /"issuers\[1\].tokenProfile" is not one of/,
  ],
  ['an issuer without keys', { issuers: [known, { ...second, keys: undefined }] }, /"issuers\[1\].keys" is not a source/],
  ['an issuer without a name', { issuers: [{ ...known, issuer: undefined }] }, /"issuers\[0\].issuer" is not a string/],
  ['an issuer with bad algorithms', { issuers: [known, { ...second, algorithms: 'ES256' }] }, /"issuers\[1\].algorithms" is not a list/],
  ['one source of keys for two issuers', { issuers: [known, { ...second, keys: known.keys }] }, /"issuers\[1\].keys" are also the keys/],
]
for (const [name, options, message] of wrongOptions)
  test(`abuse 085: createGuard throws for ${name}`, () => {
    assert.throws(() => createGuard(options as unknown as MultiIssuerGuardOptions), { name: 'TypeError', message })
  })

test('arbitrary tokens never make a guard of several issuers reject, nor are they accepted', async () => {
  const { guard } = aGuardOfTwo()
  const stranger = aSigningKey('ES256', 'key-1')
  const forged = anIssuer(issuer, 'ours')
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 200 }), fc.jsonValue(), async (text, iss) => {
      for (const token of [text, forged.token({ iss }, stranger), `${text}.${text}.${text}`]) {
        assert.equal((await guard.verifyToken(token)).valid, false)
        const verdict = await guard.authorize({ rawHeaders: ['Authorization', `Bearer ${token}`], params: {} }, {})
        assert.ok(!verdict.allowed && verdict.code !== 'internal-error' && verdict.code !== 'temporarily-unavailable')
      }
    }),
    { numRuns: 60 },
  )
})
