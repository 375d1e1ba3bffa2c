// A remote guard of two servers that have the same ids of keys, clients and organizations.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aClock, aSigningKey, audience, clientId, issuer, keycloakClaims, organizationId, signToken } from './guard.fixture.ts'
import { createRemoteGuard, type MultiIssuerRemoteGuardOptions, type RemoteGuardSettings } from './remote-guard.ts'
import type { RemoteIssuerOptions } from './remote-issuer.ts'
import { aRemoteServerOf, changesUrl, discoveryUrl, entitlementUrl, json, jwksUrl, tokenUrl } from './remote.fixture.ts'
import { otherIssuer } from './several-issuers.fixture.ts'

function anIssuer(name: string) {
  const key = aSigningKey('ES256', 'key-1')
  const server = aRemoteServerOf(name, [key])
  const sign = (claims = {}) => signToken(key, { alg: 'ES256', typ: 'JWT', kid: key.kid }, keycloakClaims({ iss: name, ...claims }))
  const ofServer = (url: string) => url.replace(issuer, name)
  const ownToken = sign({ jti: 'own' })
  server.answer(ofServer(tokenUrl), () => json({ access_token: ownToken, token_type: 'Bearer', expires_in: 300 }))
  const authorizationAt = (url: string) =>
    server.requests.find((request) => request.url.startsWith(ofServer(url)))?.headers.get('authorization') ?? ''
  const sentSecret = () => Buffer.from(authorizationAt(tokenUrl).slice('Basic '.length), 'base64').toString().split(':')[1]
  return { server, sign, ofServer, ownToken, authorizationAt, sentSecret }
}

const entry = (name: string): RemoteIssuerOptions => ({
  issuer: name,
  realm: new URL(name).host,
  tokenProfile: 'keycloak',
  audience,
  credentials: { clientId: 'nt24-api', clientSecret: `secret-of-${new URL(name).host}` },
})

function aGuardOfTwo(settings: RemoteGuardSettings = {}) {
  const [ours, theirs] = [anIssuer(issuer), anIssuer(otherIssuer)]
  const clock = aClock()
  const alarms: [message: string, issuer: string][] = []
  const guard = createRemoteGuard({
    issuers: [entry(issuer), entry(otherIssuer)],
    fetch: (input, init) => (String(input).startsWith(issuer) ? ours : theirs).server.fetch(input, init),
    clock: clock.now,
    reports: false,
    onError: (error, of) => alarms.push([String(error), of]),
    ...settings,
  })
  const codeOf = async (token: string) => {
    const verdict = await guard.authorize({ rawHeaders: ['Authorization', `Bearer ${token}`], params: {} }, {})
    return verdict.allowed ? undefined : verdict.code
  }
  return { guard, ours, theirs, clock, alarms, codeOf }
}

const down = () => Promise.reject(Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } }))

test('each issuer is asked about its own tokens, with its own credentials and its own token', async () => {
  const { ours, theirs, codeOf } = aGuardOfTwo()
  assert.deepEqual([await codeOf(ours.sign()), await codeOf(theirs.sign())], [undefined, undefined])
  for (const { ownToken, authorizationAt } of [ours, theirs]) assert.equal(authorizationAt(entitlementUrl), `Bearer ${ownToken}`)
  assert.deepEqual([ours.sentSecret(), theirs.sentSecret()], ['secret-of-auth.example.com', 'secret-of-id.example.org'])
})

test('abuse 087: a token signed by one server that names the other is denied', async () => {
  const { ours, theirs, codeOf } = aGuardOfTwo()
  assert.equal(await codeOf(ours.sign({ iss: otherIssuer })), 'invalid-token')
  assert.equal(await codeOf(theirs.sign({ iss: issuer })), 'invalid-token')
})

test('what one server revokes, suspends and deletes leaves the same ids of the other alone', async () => {
  const { ours, theirs, clock, codeOf } = aGuardOfTwo()
  const both = async () => [await codeOf(ours.sign()), await codeOf(theirs.sign())]
  assert.deepEqual(await both(), [undefined, undefined])
  ours.server.realm.organization = { status: 'suspended' }
  ours.server.realm.change('rights', organizationId)
  theirs.server.realm.client = () => ({ revokedTokenIds: ['token-1'] })
  theirs.server.realm.change('token', organizationId, clientId)
  clock.advance(5)
  assert.deepEqual(await both(), ['organization-suspended', 'invalid-token'])
})

for (const [what, url] of Object.entries({ keys: jwksUrl, metadata: discoveryUrl, changes: changesUrl, entitlements: entitlementUrl }))
  test(`while the ${what} of one server cannot be had, the tokens of the other are decided on, and onError says which it is`, async () => {
    const { ours, theirs, guard, alarms, codeOf } = aGuardOfTwo()
    ours.server.answer(url, down)
    assert.deepEqual([await codeOf(ours.sign()), await codeOf(theirs.sign())], ['temporarily-unavailable', undefined])
    assert.ok(alarms.length > 0)
    assert.ok(alarms.every(([message, of]) => of === issuer && message.includes('ECONNREFUSED')))
    await guard.ready(otherIssuer)
  })

test('ready() and lastFailure() are about all issuers, or about the one that is named', async () => {
  const { ours, theirs, guard, clock } = aGuardOfTwo()
  await guard.ready()
  assert.deepEqual([guard.lastFailure(), ours.server.calls(jwksUrl), theirs.server.calls(theirs.ofServer(jwksUrl))], [undefined, 1, 1])
  theirs.server.answer(theirs.ofServer(changesUrl), down)
  clock.advance(301)
  await assert.rejects(guard.ready(), { name: 'RemoteGuardError', fault: 'network', issuer: otherIssuer })
  await assert.rejects(guard.ready(otherIssuer), { fault: 'network' })
  await guard.ready(issuer)
  assert.equal((guard.lastFailure() as { issuer?: string }).issuer, otherIssuer)
  assert.deepEqual([guard.lastFailure(issuer), guard.lastFailure(otherIssuer)], [undefined, guard.lastFailure()])
  await assert.rejects(guard.ready('https://evil.example'), /none of the issuers/)
})

test('ready() tries all issuers, also if the first of them fails', async () => {
  const { ours, theirs, guard, codeOf } = aGuardOfTwo()
  ours.server.answer(discoveryUrl, down)
  await assert.rejects(guard.ready(), { issuer })
  const before = theirs.server.requests.length
  assert.equal(await codeOf(theirs.sign()), undefined)
  assert.deepEqual(
    theirs.server.requests.slice(before).map(({ url }) => url.split('?')[0]),
    [theirs.ofServer(entitlementUrl)],
  )
})

test('a failure that names no URL says whose it is', async () => {
  const clientSecret = () => Promise.reject(Object.assign(new Error('csk_canary'), { code: 'ENOENT' }))
  const guard = createRemoteGuard({
    issuers: [{ ...entry(issuer), credentials: { clientId: 'nt24-api', clientSecret: clientSecret as never } }],
    fetch: anIssuer(issuer).server.fetch,
  })
  await assert.rejects(guard.ready(), { fault: 'credentials', issuer, message: /ENOENT/ })
})

test('a clock that is behind that of one server is told with that server, once a minute for each', async () => {
  const { ours, theirs, alarms, codeOf } = aGuardOfTwo()
  const ahead = { iat: 1_800_000_100, exp: 1_800_000_400 }
  for (let call = 0; call < 3; call++) for (const { sign } of [theirs, ours]) assert.equal(await codeOf(sign(ahead)), 'invalid-token')
  assert.deepEqual(
    alarms.map(([message, of]) => [message.includes(`behind that of the authorization server ${of}:`), of]),
    [
      [true, otherIssuer],
      [true, issuer],
    ],
  )
})

test('a new secret is for one issuer, which has to be named', async () => {
  const { ours, theirs, guard, codeOf } = aGuardOfTwo()
  assert.throws(() => guard.updateSecret('new-secret'), { name: 'TypeError', message: /several issuers/ })
  assert.throws(() => guard.updateSecret('new-secret', 'https://evil.example'), { name: 'TypeError', message: /none of the issuers/ })
  guard.updateSecret('new-secret', otherIssuer)
  await codeOf(ours.sign())
  await codeOf(theirs.sign())
  assert.deepEqual([ours.sentSecret(), theirs.sentSecret()], ['secret-of-auth.example.com', 'new-secret'])
})

const wrongOptions: [name: string, options: Record<string, unknown>, message: RegExp][] = [
  ['an empty list', { issuers: [] }, /createRemoteGuard: "issuers" is not a list of at least one issuer/],
  ['credentials beside the list', { issuers: [entry(issuer)], credentials: {} }, /"credentials" stands beside "issuers"/],
  ['an issuer twice', { issuers: [entry(issuer), entry(issuer)] }, /"issuers\[1\].issuer" is that of issuers\[0\]/],
  ['a shared option inside', { issuers: [{ ...entry(issuer), fetch }] }, /issuers\[0\]: unknown option "fetch"/],
  [
    'an issuer without https',
    { issuers: [{ ...entry(issuer), issuer: 'http://auth.example.com' }] },
    /"issuers\[0\].issuer" is not an https/,
  ],
  ['an issuer without credentials', { issuers: [{ ...entry(issuer), credentials: null }] }, /"issuers\[0\].credentials" must be an object/],
  ['an issuer with a bad algorithm', { issuers: [{ ...entry(issuer), algorithms: ['HS256'] }] }, /"issuers\[0\].algorithms" is not a list/],
  ['an issuer without an audience', { issuers: [{ ...entry(issuer), audience: undefined }] }, /"issuers\[0\].audience" is missing/],
]
for (const [name, options, message] of wrongOptions)
  test(`createRemoteGuard throws for ${name}`, () => {
    assert.throws(() => createRemoteGuard(options as unknown as MultiIssuerRemoteGuardOptions), { name: 'TypeError', message })
  })
