// OpenID Connect Back-Channel Logout 1.0: a sign-out at the identity provider ends the sessions here.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { suite, test } from 'node:test'
import { shareTestServer, startTestServer } from '../test-server.fixture.ts'
import { signInAtIdp, withIdp } from './idp-browser.fixture.ts'
import { startSmallIdp } from './small-idp.fixture.ts'

const idp = await startSmallIdp()
const settings = withIdp(idp)
const event = 'http://schemas.openid.net/event/backchannel-logout'
let people = 0

suite('logout by the identity provider', () => {
  const shared = shareTestServer({ settings, realms: ' {}' })
  const header = { alg: 'ES256', kid: 'k1', typ: 'logout+jwt' }

  async function signedIn(claims: { readonly sub?: string; readonly sid?: string } = {}) {
    idp.person = { sub: `person-${++people}`, groups: ['support'], ...claims }
    const browser = await signInAtIdp(shared(), idp)
    return { sub: idp.person.sub, status: async () => (await browser.page().session()).statusCode }
  }

  function claimsOf(more: Record<string, unknown>): Record<string, unknown> {
    const at = Math.floor(shared().clock.now() / 1000)
    return { iss: idp.issuer, aud: idp.clientId, iat: at, exp: at + 120, jti: randomUUID(), events: { [event]: {} }, ...more }
  }

  const post = (token: string, remoteAddress = `192.0.2.${++people % 250}`) =>
    shared().request({
      method: 'POST',
      url: '/console/api/oidc/logout',
      remoteAddress,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams({ logout_token: token }).toString(),
    })

  test('§2.5: by its subject, all sessions of a person end, and those of others go on', async () => {
    const one = await signedIn()
    const other = await signedIn()
    const response = await post(idp.signJwt(header, claimsOf({ sub: one.sub })))
    assert.deepEqual([response.statusCode, response.body, response.headers['cache-control']], [200, '', 'no-store'])
    assert.deepEqual([await one.status(), await other.status()], [401, 200])
    await shared().tokenOf('operators', shared().operator)
    const events = await shared().database.query<Record<string, string>>(
      `select * from audit_events where kind = 'session.end' and outcome = 'success'`,
    )
    assert.match(events.at(-1)!['detail']!, /"proof":"idp"/)
  })

  test('by its session at the identity provider, only what began with it ends', async () => {
    const first = await signedIn({ sid: 'sid-1' })
    const second = await signedIn({ sub: first.sub, sid: 'sid-2' })
    assert.equal((await post(idp.signJwt(header, claimsOf({ sid: 'sid-1' })))).statusCode, 200)
    assert.deepEqual([await first.status(), await second.status()], [401, 200])
  })

  test('a token that is sent once more ends nothing that began since', async () => {
    const before = await signedIn()
    const token = idp.signJwt(header, claimsOf({ sub: before.sub }))
    await post(token)
    const since = await signedIn({ sub: before.sub })
    assert.equal((await post(token)).statusCode, 200)
    assert.deepEqual([await before.status(), await since.status()], [401, 200])
  })

  test('§2.6: whatever is wrong with a token, it ends nothing', async () => {
    const { sub, status } = await signedIn()
    const good = claimsOf({ sub })
    const at = Number(good['iat'])
    const { sub: _, ...withoutSubject } = good
    const tokens = [
      'no token',
      'a.b.c',
      ...[
        { ...good, iss: `${idp.issuer}/` },
        { ...good, aud: 'another-client' },
        { ...good, nonce: 'that of an ID token' },
        { ...good, events: {} },
        { ...good, events: { [`${event}x`]: {} } },
        { ...good, iat: at - 3600 },
        { ...good, iat: at + 3600 },
        { ...good, exp: at - 3600 },
        { ...good, jti: undefined },
        { ...good, sub: 7 },
        withoutSubject,
      ].map((claims) => idp.signJwt(header, claims)),
      idp.signJwt({ ...header, crit: ['x'], x: 1 }, good),
      idp.signJwt({ ...header, kid: 'k2' }, good),
    ]
    for (const signature of ['none', 'hmac', 'other-key', 'altered'] as const) {
      idp.behave({ signature })
      tokens.push(idp.signJwt(header, good))
    }
    idp.behave()
    for (const [number, token] of tokens.entries()) {
      const response = await post(token)
      assert.deepEqual([response.statusCode, response.json()], [400, { error: 'invalid_request' }], `${number}: ${token}`)
    }
    const twice = await shared().request({
      method: 'POST',
      url: '/console/api/oidc/logout',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: `logout_token=${idp.signJwt(header, good)}&logout_token=x`,
    })
    assert.equal(twice.statusCode, 400)
    assert.equal(await status(), 200)
  })

  test('outsiders cannot make this server ask for keys without end', async () => {
    const server = await startTestServer({ settings, realms: ' {}', nodes: 1 })
    const before = idp.requests.get('/jwks') ?? 0
    idp.behave({ signature: 'other-key' })
    const at = Math.floor(server.clock.now() / 1000)
    const claims = { iss: idp.issuer, aud: idp.clientId, iat: at, exp: at + 120, sub: 'x', events: { [event]: {} } }
    const statuses = new Set<number>()
    for (let attempt = 0; attempt < 60; attempt++) {
      const { statusCode } = await server.request({
        method: 'POST',
        url: '/console/api/oidc/logout',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        payload: new URLSearchParams({ logout_token: idp.signJwt(header, { ...claims, jti: randomUUID() }) }).toString(),
      })
      statuses.add(statusCode)
    }
    idp.behave()
    assert.deepEqual([...statuses], [400, 429])
    assert.equal((idp.requests.get('/jwks') ?? 0) - before, 1)
  })
})
