// What ready() and onError of a remote guard say is wrong.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { issuer } from './guard.fixture.ts'
import type { RemoteGuardOptions } from './remote-guard.ts'
import { aRemoteGuard, changesUrl, discoveryUrl, json, jwksUrl, tokenUrl } from './remote.fixture.ts'

const refused = (status: number, error?: string) => () =>
  json({ error }, { status, headers: error ? { 'www-authenticate': `Bearer error="${error}"` } : {} })
const page = () => new Response('<html>Log in</html>')
const unreachable = () => Promise.reject(Object.assign(new TypeError('fetch failed'), { cause: { code: 'ENOTFOUND' } }))

const mistakes: [mistake: string, url: string, answer: () => Response | Promise<Response>, fault: string, message: RegExp][] = [
  ['no realm at the issuer', discoveryUrl, refused(404), 'url', /URL .+HTTP 404.+Check "issuer"/],
  ['a page of a proxy', discoveryUrl, page, 'url', /URL .+Check "issuer"/],
  ['a redirect', discoveryUrl, () => Response.redirect('https://www.example.com'), 'url', /redirect/],
  ['another issuer', discoveryUrl, () => json({ issuer: `${issuer}/` }), 'issuer', /The issuer .+, but "https:.+idp\/"/],
  ['no such host', discoveryUrl, unreachable, 'network', /network .+ENOTFOUND.+Check .+ host name/],
  ['a closed key document', jwksUrl, refused(403), 'url', /HTTP 403/],
  ['no keys', jwksUrl, () => json({ keys: [] }), 'server', /no usable verification key/],
  ['a wrong secret', tokenUrl, refused(401, 'invalid_client'), 'credentials', /credentials .+invalid_client.+Check "credentials"/],
  ['a client without the scope', tokenUrl, refused(400, 'invalid_scope'), 'scope', /lacks the scope "entitlements:read".+client update/],
  ['a token endpoint that is none', tokenUrl, refused(404), 'url', /"credentials.tokenUrl"/],
  ['a token endpoint out of reach', tokenUrl, unreachable, 'network', /ENOTFOUND/],
  ['a token of another realm', changesUrl, refused(401, 'invalid_token'), 'credentials', /realm of "issuer"/],
  ['a token without the scope', changesUrl, refused(403, 'insufficient_scope'), 'scope', /"entitlements:read"/],
  ['a suspended organization', changesUrl, refused(403), 'credentials', /HTTP 403/],
  ['a server of 0.1.0', changesUrl, refused(404), 'url', /Upgrade the server first/],
  ['a proxy before the changes', changesUrl, page, 'url', /did not return JSON/],
  ['a server that fails', changesUrl, refused(503), 'server', /HTTP 503/],
]

for (const [mistake, url, answer, fault, message] of mistakes)
  test(`fault 3.8: ready() rejects for ${mistake}, and names what is wrong: ${fault}`, async () => {
    const alarms: Error[] = []
    const { guard, server } = aRemoteGuard({ onError: (error) => alarms.push(error) })
    server.answer(url, answer)
    await assert.rejects(guard.ready(), (error: Error & { fault?: string }) => {
      assert.deepEqual([error.name, error.fault], ['RemoteGuardError', fault])
      assert.match(error.message, message)
      assert.doesNotMatch(error.message, /not-a-real-secret|own-token/)
      return true
    })
    assert.equal(guard.lastFailure(), alarms[0])
    assert.match(String(alarms[0]), message)
  })

test('fault 3.8: ready() rejects if the secret cannot be read', async () => {
  const clientSecret = () => Promise.reject(Object.assign(new Error('csk_canary'), { code: 'ENOENT' }))
  const { guard } = aRemoteGuard({ credentials: { clientId: 'nt24-api', clientSecret: clientSecret as never } })
  await assert.rejects(guard.ready(), { fault: 'credentials', message: /could not be read \(ENOENT\)/ })
})

test('fault 3.8: during the pause after a refused secret, ready() still says that it is the secret', async () => {
  const { guard, server, clock } = aRemoteGuard()
  server.answer(tokenUrl, refused(401, 'invalid_client'))
  await assert.rejects(guard.ready())
  clock.advance(2)
  await assert.rejects(guard.ready(), { fault: 'credentials', code: 'gated' })
})

const audiences: [what: string, options: Partial<RemoteGuardOptions>, audiences: string[] | undefined, message: RegExp | undefined][] = [
  [
    'another audience',
    {},
    ['other-api'],
    /the tokens of https:\S+ have the audience "other-api", but "audience" is "nt24-integration-api"/,
  ],
  ['another audience of several', {}, ['a', 'b'], /the audience "a" or "b", but "audience" is/],
  ['no audience', {}, [], /no audience, but "audience" is "nt24-integration-api".+"tokenProfile"/],
  [
    'an audience, but not the profile of the guard',
    { tokenProfile: 'cognito', audience: undefined! },
    ['a'],
    /"a", but "tokenProfile" has none/,
  ],
  ['its audience among several', {}, ['a', 'nt24-integration-api'], undefined],
  ['an audience that the server does not tell', {}, undefined, undefined],
]
for (const [what, options, told, message] of audiences)
  test(`fault 3.8: ready() ${message ? 'rejects' : 'resolves'} if the tokens of the realm have ${what}`, async () => {
    const alarms: Error[] = []
    const { guard, server } = aRemoteGuard({ onError: (error) => alarms.push(error), ...options })
    server.realm.audiences = told
    if (message) await assert.rejects(guard.ready(), { name: 'RemoteGuardError', fault: 'audience', message })
    else await guard.ready()
    assert.deepEqual([guard.lastFailure(), alarms.length], [alarms[0], message ? 1 : 0])
  })

test('fault 3.8: an audience that the realm changes later is told once, and tokens from before are still decided on', async () => {
  const alarms: Error[] = []
  const { guard, server, clock, codeOf } = aRemoteGuard({ onError: (error) => alarms.push(error) })
  await guard.ready()
  server.realm.audiences = ['other-api']
  for (let pull = 0; pull < 80; pull++) {
    clock.advance(5)
    assert.equal(await codeOf({ exp: 1_900_000_000 }), undefined)
  }
  await assert.rejects(guard.ready(), { fault: 'audience' })
  assert.equal(alarms.length, 1)
  server.realm.audiences = ['nt24-integration-api']
  clock.advance(5)
  await guard.ready()
  assert.equal(guard.lastFailure(), undefined)
})

test('fault 3.8: ready() rejects for a token of its own that it would deny, also if the server does not tell its audiences; once it has resolved it does not ask again', async () => {
  const own = aRemoteGuard()
  const answerToken = ({ server, sign }: typeof own) =>
    server.answer(tokenUrl, () => json({ access_token: sign(), token_type: 'Bearer', expires_in: 300 }))
  answerToken(own)
  await own.guard.ready()
  own.clock.advance(299)
  await own.guard.ready()
  assert.equal(own.server.calls(tokenUrl), 1)

  const other = aRemoteGuard({ audience: 'another-api' })
  other.server.realm.audiences = undefined
  answerToken(other)
  await assert.rejects(other.guard.ready(), {
    fault: 'tokens',
    message: /deny every token .+ audience .+ Check "tokenProfile" and "audience"/,
  })
})

const ownAudiences: [what: string, aud: unknown][] = [
  ['another API of the realm', 'billing-api'],
  ['several APIs of the realm', ['billing-api', 'reports-api']],
  ['no API', undefined],
]
for (const [what, aud] of ownAudiences)
  test(`ready() resolves although its own token is for ${what}, if the server says that tokens can have the audience of the guard`, async () => {
    const own = aRemoteGuard()
    own.server.realm.audiences = ['billing-api', 'nt24-integration-api', 'reports-api']
    own.server.answer(tokenUrl, () => json({ access_token: own.sign({ aud }), token_type: 'Bearer', expires_in: 300 }))
    await own.guard.ready()
    assert.equal(own.guard.lastFailure(), undefined)
    assert.equal(await own.codeOf({ aud }), 'invalid-token') // Those of callers are not meant for this API either.
  })

test('ready() still rejects for an own token that it would deny for another reason, whatever its audience', async () => {
  const own = aRemoteGuard()
  const token = own.sign({ aud: 'billing-api', typ: undefined })
  own.server.answer(tokenUrl, () => json({ access_token: token, token_type: 'Bearer', expires_in: 300 }))
  await assert.rejects(own.guard.ready(), { fault: 'tokens', message: /"typ"/, issuer })
})

test('ready() resolves if the server cannot list the audiences of the realm, whatever its own token has', async () => {
  const own = aRemoteGuard({ audience: 'orders-api' })
  own.server.realm.audiences = null
  own.server.answer(tokenUrl, () => json({ access_token: own.sign({ aud: undefined }), token_type: 'Bearer', expires_in: 300 }))
  await own.guard.ready()
  assert.equal(await own.codeOf({ aud: 'orders-api' }), undefined)
})

const lists: [what: string, told: string[], message: RegExp | undefined][] = [
  ['has one of its audiences', ['a', 'orders-api'], undefined],
  ['has none of its audiences', ['a', 'b'], /the audience "a" or "b", but "audience" is "orders-api" or "billing-api"/],
]
for (const [what, told, message] of lists)
  test(`ready() of a guard of two audiences ${message ? 'rejects' : 'resolves'} if the realm ${what}`, async () => {
    const { guard, server } = aRemoteGuard({ audience: ['orders-api', 'billing-api'] })
    server.realm.audiences = told
    if (message) await assert.rejects(guard.ready(), { fault: 'audience', message })
    else await guard.ready()
  })

test('ready() resolves after it fetched the keys, an own token and the changes, and asks for nothing that it has', async () => {
  const { guard, server, codeOf } = aRemoteGuard()
  await guard.ready()
  assert.deepEqual(
    [jwksUrl, tokenUrl, changesUrl].map((url) => server.calls(url)),
    [1, 1, 1],
  )
  await guard.ready()
  assert.equal(await codeOf(), undefined)
  assert.deepEqual(
    [jwksUrl, tokenUrl, changesUrl].map((url) => server.calls(url)),
    [1, 1, 1],
  )
  assert.equal(guard.lastFailure(), undefined)
})

test('fault 3.8: a scope that is removed later is named by onError and lastFailure(), by the cause of denials, and at last by ready()', async () => {
  const alarms: Error[] = []
  const { guard, server, clock, codeOf } = aRemoteGuard({ onError: (error) => alarms.push(error) })
  await guard.ready()
  assert.equal(await codeOf(), undefined)
  server.answer(changesUrl, refused(403, 'insufficient_scope'))
  clock.advance(5)
  assert.equal(await codeOf(), undefined)
  await guard.ready()
  assert.match(String(alarms[0]), /lacks the scope/)
  assert.equal(guard.lastFailure(), alarms[0])
  clock.advance(299)
  await assert.rejects(guard.ready(), { fault: 'scope' })
  assert.equal(await codeOf(), 'temporarily-unavailable')
})
