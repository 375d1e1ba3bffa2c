import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aSigningKey } from './guard.fixture.ts'
import { aRemoteGuard, changesUrl, entitlementUrl, json, jwksUrl, tokenUrl } from './remote.fixture.ts'

test('it verifies with the keys of the issuer and reads the entitlement with its own token', async () => {
  const { codeOf, server } = aRemoteGuard()
  assert.equal(await codeOf(), undefined)
  const tokenRequest = server.requests.find((request) => request.url === tokenUrl)
  assert.match((await tokenRequest?.text()) ?? '', /scope=entitlements%3Aread/)
  for (const url of [changesUrl, entitlementUrl]) {
    const request = server.requests.find((each) => each.url.startsWith(url))
    assert.equal(request?.headers.get('authorization'), 'Bearer own-token-1')
  }
})

test('its own token is sent only to the entitlements, and the secret only to the token endpoint', async () => {
  const { codeOf, server } = aRemoteGuard()
  await codeOf()
  const withCredentials = server.requests
    .filter((request) => request.headers.has('authorization'))
    .map(({ url }) => url.replace(/\?.*/, ''))
  assert.deepEqual(withCredentials.toSorted(), [tokenUrl, changesUrl, entitlementUrl].toSorted())
})

test('a cached token with a fresh entitlement causes no request', async () => {
  const { codeOf, server } = aRemoteGuard()
  await codeOf()
  const asked = server.requests.length
  assert.equal(await codeOf(), undefined)
  assert.equal(server.requests.length, asked)
})

for (const [name, url] of Object.entries({ keys: jwksUrl, entitlements: entitlementUrl, changes: changesUrl, 'its own token': tokenUrl })) {
  for (const status of [401, 403, 429, 500, 503]) {
    test(`if the server answers ${status} for ${name}, callers get 503 and never 401`, async () => {
      const { codeOf, server } = aRemoteGuard()
      server.answer(url, () => json({ error: 'invalid_client' }, { status }))
      assert.equal(await codeOf(), 'temporarily-unavailable')
    })
  }
}

test('a network failure gives 503, and cached values are still used', async () => {
  const { clock, codeOf, server } = aRemoteGuard()
  assert.equal(await codeOf(), undefined)
  for (const url of [jwksUrl, changesUrl, entitlementUrl]) server.answer(url, () => Promise.reject(new TypeError('fetch failed')))
  clock.advance(200)
  assert.equal(await codeOf(), undefined)
  const fresh = aRemoteGuard()
  fresh.server.answer(jwksUrl, () => Promise.reject(new TypeError('fetch failed')))
  assert.equal(await fresh.codeOf(), 'temporarily-unavailable')
})

test('fault 8.7: a guard whose fetch is a mock without a response reports what it lacks', async () => {
  const alarms: unknown[] = []
  const { codeOf } = aRemoteGuard({ fetch: (async () => undefined) as never, onError: (error) => void alarms.push(error) })
  assert.equal(await codeOf(), 'temporarily-unavailable')
  assert.match(String(alarms[0]), /"fetch" returned undefined in place of a response/)
})

test('abuse 135: when an issuer withdraws a key, cached tokens of that key are rejected', async () => {
  const { clock, codeOf, server } = aRemoteGuard({ clockSkewSeconds: 60 })
  assert.equal(await codeOf(), undefined)
  server.answer(jwksUrl, () => json({ keys: [aSigningKey('ES256', 'next').jwk] }))
  clock.advance(300)
  assert.equal(await codeOf(), 'invalid-token')
})

test('a client that the realm does not know makes the token invalid', async () => {
  const { codeOf, server } = aRemoteGuard()
  server.answer(entitlementUrl, () => new Response(null, { status: 404 }))
  assert.equal(await codeOf(), 'invalid-token')
})

test('it is ready when it has keys, and its problem pages are at the origin of the issuer by default', async () => {
  const { guard } = aRemoteGuard()
  await guard.ready()
  assert.equal(guard.publicUrl, 'https://auth.example.com')
  assert.equal(aRemoteGuard({ publicUrl: 'https://id.example.com' }).guard.publicUrl, 'https://id.example.com')
})

test('http is allowed for issuers on loopback, including names below localhost', () => {
  for (const local of ['http://localhost:8080', 'http://auth.localhost:8080/realms/nt24-idp', 'http://127.0.0.1:8080', 'http://[::1]:8080'])
    assert.equal(aRemoteGuard({ issuer: local }).guard.issuer, local)
})

const wrongOptions: [name: string, options: Record<string, unknown>, message: RegExp][] = [
  ['a misspelt option', { entitlementsSeconds: 5 }, /createRemoteGuard: unknown option "entitlementsSeconds"/],
  ['an issuer without https', { issuer: 'http://auth.example.com/realms/nt24-idp' }, /"issuer" is not an https URL/],
  ['no audience', { audience: undefined }, /"audience" is missing/],
  ['no secret', { credentials: { clientId: 'nt24-api' } }, /clientSecret/],
  ['a freshness of NaN', { entitlementSeconds: Number.NaN }, /"entitlementSeconds"/],
  ['an endless staleness', { staleIfErrorSeconds: Infinity }, /"staleIfErrorSeconds"/],
]
for (const [name, options, message] of wrongOptions) {
  test(`createRemoteGuard throws for ${name}`, () => {
    assert.throws(() => aRemoteGuard(options), { name: 'TypeError', message })
  })
}

for (const clientSecret of ['csk_canary\r', '\uFEFFcsk_canary', 'csk_canary ', '“csk_canary”']) {
  test(`fault 7.12: createRemoteGuard names what is wrong with the secret ${encodeURI(clientSecret)}, and does not repeat it`, () => {
    assert.throws(
      () => aRemoteGuard({ credentials: { clientId: 'nt24-api', clientSecret } }),
      (error: Error) => /"clientSecret" (?:contains|begins)/.test(error.message) && !error.message.includes('canary'),
    )
  })
}
