// A remote guard with its feed against a server that listens, behind a line that can be cut and frozen.
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { createRemoteGuard, param, type Requirement } from '@countersign/guard'
import { realmPaths } from '../src/realms/realm-paths.ts'
import { shareTestServer } from './test-server.fixture.ts'
import { openLine } from './store/line.fixture.ts'
import { eventually } from './store/processes.fixture.ts'

const realm = 'nt24-idp'
const partner = '11111111-1111-4111-8111-111111111111'
const any: Requirement = { dpa: 'any' }
const ofPartner: Requirement = { partner: param('partner'), dpa: 'any' }
const limit = { timeout: 30_000 }

const line = await openLine('http://127.0.0.1:1')
const { origin } = new URL(line.url)

suite('a guard with its feed', () => {
  const guards: { close(): Promise<void> }[] = []
  after(async () => {
    await Promise.all(guards.map((guard) => guard.close()))
    await line.close()
  })
  const shared = shareTestServer({ nodes: 1, settings: `publicUrl: ${origin}` })
  before(async () => line.moveTo((await shared().listen()).origin))

  /** A guard that has its connection, and a client with a token that it has accepted. */
  async function given() {
    const server = shared()
    const { issuer, audience } = server.realms.get(realm)!
    let isAway = false
    const requests: string[] = []
    const reader = await server.aClient(realm, { scopes: ['entitlements:read'] })
    const guard = createRemoteGuard({
      issuer,
      realm,
      tokenProfile: 'keycloak',
      audience: audience!,
      credentials: reader,
      clock: server.clock.now,
      clockSkewSeconds: 60,
      feed: true,
      reports: false, // They need a token of their own, some time after the first decision.
      fetch(input, init) {
        requests.push(new URL(String(input)).pathname.replace(/^.*\//, ''))
        return isAway ? Promise.reject(new TypeError('fetch failed')) : fetch(input, init)
      },
    })
    guards.push(guard)
    await guard.ready()
    const connected = () => eventually('the guard is connected', () => guard.health()[0]!.connected)
    await connected()
    const client = await server.aClient(realm)
    const params = { realm, organization: client.slug }
    await server.admin('partners.authorize', { params: { ...params, partner }, body: { name: 'Seller' } })
    let token = await server.tokenOf(realm, client)
    const decide = async (requirement = any) => {
      const verdict = await guard.authorize({ rawHeaders: ['Authorization', `Bearer ${token}`], params: { partner } }, requirement)
      return verdict.allowed ? undefined : verdict.code
    }
    const becomes = (code: string | undefined, requirement = any) =>
      eventually(`the guard says ${code}`, async () => (await decide(requirement)) === code)
    return {
      ...server,
      guard,
      client,
      reader,
      params,
      requests,
      connected,
      decide,
      becomes,
      renew: async () => void (token = await server.tokenOf(realm, client)),
      revoke: () =>
        server.postForm(realmPaths(server.realms.get(realm)!).revocation, {
          client_id: client.clientId,
          client_secret: client.clientSecret,
          token,
        }),
      /** Nothing gets through: neither events nor answers. */
      goAway() {
        isAway = true
        line.freeze()
      },
      comeBack() {
        isAway = false
        line.heal()
      },
    }
  }

  test('what is taken away is denied without a request for changes: a partner, a token, a client, an organization', limit, async () => {
    const { admin, params, client, becomes, revoke, renew, requests } = await given()
    await becomes(undefined, ofPartner)
    requests.length = 0
    await admin('partners.withdraw', { params: { ...params, partner } })
    await becomes('partner-not-authorized', ofPartner)
    await revoke()
    await becomes('invalid-token')
    await renew()
    await becomes(undefined)
    const ofClient = { params: { realm, client: client.clientId } }
    await admin('clients.update', { ...ofClient, body: { enabled: false } })
    await becomes('invalid-token')
    await admin('clients.update', { ...ofClient, body: { enabled: true } })
    await renew()
    await becomes(undefined)
    await admin('organizations.suspend', { params, body: { reason: 'test' } })
    await becomes('organization-suspended')
    assert.deepEqual([...new Set(requests)], ['entitlement'])
  })

  test('while bytes are held back it decides until its bound and no longer, and what is held back makes nothing newer', limit, async () => {
    const { admin, client, clock, decide, becomes, guard, goAway, comeBack } = await given()
    await becomes(undefined)
    goAway()
    await admin('clients.update', { params: { realm, client: client.clientId }, body: { enabled: false } })
    const { leaseLeftSeconds } = guard.health()[0]!
    assert.ok(leaseLeftSeconds > 290 && leaseLeftSeconds <= 300)
    clock.advance(Math.floor(leaseLeftSeconds - 5) * 1000)
    assert.equal(await decide(), undefined)
    clock.advance(7000)
    assert.equal(await decide(), 'temporarily-unavailable')
    comeBack()
    await becomes('invalid-token')
  })

  test('when it is cut it asks, and connects again where it was', limit, async () => {
    const { admin, params, clock, connected, becomes, decide, requests } = await given()
    await becomes(undefined, ofPartner)
    line.cut()
    clock.advance(5000)
    await admin('partners.withdraw', { params: { ...params, partner } })
    assert.equal(await decide(), undefined)
    line.heal()
    requests.length = 0
    await connected()
    await becomes('partner-not-authorized', ofPartner)
  })

  test('at the end of its token it connects again with another one', limit, async () => {
    const { clock, connected, guard, requests } = await given()
    requests.length = 0
    clock.advance(301_000)
    await eventually('the guard asked for another token', () => requests.includes('token'))
    await connected()
    assert.equal(guard.lastFailure(), undefined)
  })

  test('when its client is disabled, it is told so, and decides no longer than its bound', limit, async () => {
    const { admin, clock, decide, becomes, guard, reader } = await given()
    await becomes(undefined)
    await admin('clients.update', { params: { realm, client: reader.clientId }, body: { enabled: false } })
    await eventually('the guard knows', () => guard.health()[0]!.failure !== null)
    assert.equal(guard.health()[0]!.connected, false)
    assert.match(guard.lastFailure()?.message ?? '', /credentials/)
    // Its server may have read the database up to 5 s before.
    clock.advance(290_000)
    assert.equal(await decide(), undefined)
    clock.advance(11_000)
    assert.equal(await decide(), 'temporarily-unavailable')
  })

  test('after close() it has no connection, and decides as one without a feed', limit, async () => {
    const { admin, client, clock, becomes, decide, guard } = await given()
    await becomes(undefined)
    await guard.close()
    await admin('clients.update', { params: { realm, client: client.clientId }, body: { enabled: false } })
    const { connected, mode } = guard.health()[0]!
    assert.deepEqual([connected, mode, await decide()], [false, 'pull', undefined])
    clock.advance(5000)
    assert.equal(await decide(), 'invalid-token')
  })
})
