// A remote guard in front of requests, against a server that listens: what it decides, by which requests, and what it says if its options
// are wrong.
import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { createRemoteGuard, meRequirement, param, type RemoteGuardOptions, type Requirement } from '@countersign/guard'
import { realmPaths } from '../src/realms/realm-paths.ts'
import { addManyPartners } from './many-clients.fixture.ts'
import { shareTestServer, type TestServer } from './test-server.fixture.ts'
import { eventually } from './store/processes.fixture.ts'

const realm = 'nt24-idp'
const partner = '11111111-1111-4111-8111-111111111111'
const ofPartner: Requirement = { partner: param('partner'), dpa: 'any' }

suite('a remote guard and a server that listens', () => {
  const shared = shareTestServer({ nodes: 1 })
  let origin = ''
  before(async () => {
    origin = (await shared().listen()).origin
  })

  /** A guard that finds the server at its port, and what it requests there. */
  function aGuard(server: TestServer, options: Partial<RemoteGuardOptions> & Pick<RemoteGuardOptions, 'credentials'>) {
    const { issuer, audience } = server.realms.get(realm)!
    const requests: string[] = []
    const fetchFromServer = (input: string | URL | Request, init?: RequestInit) => {
      const { pathname, search } = new URL(String(input))
      requests.push(pathname.replace(`/realms/${realm}/`, '') + search)
      return fetch(origin + pathname + search, init)
    }
    const guard = createRemoteGuard({
      issuer,
      realm,
      tokenProfile: 'keycloak',
      audience: audience!,
      clock: server.clock.now,
      fetch: fetchFromServer,
      ...options,
    })
    return { guard, fetchFromServer, requestsSince: () => requests.splice(0) }
  }

  /** A guard that is ready, and a client with its token. */
  async function given() {
    const server = shared()
    const { guard, fetchFromServer, requestsSince } = aGuard(server, {
      credentials: await server.aClient(realm, { scopes: ['entitlements:read'] }),
    })
    await guard.ready()
    const client = await server.aClient(realm)
    const token = await server.tokenOf(realm, client)
    const decide = (requirement: Requirement, params: Record<string, string> = {}) =>
      guard.authorize({ rawHeaders: ['Authorization', `Bearer ${token}`], params }, requirement)
    return {
      ...server,
      guard,
      fetchFromServer,
      client,
      token,
      ofOrganization: { realm, organization: client.slug },
      requestsSince,
      decide,
      /** The code of the denial; undefined if the request is allowed. */
      denialFor: async (id: string) => {
        const verdict = await decide(ofPartner, { partner: id })
        return verdict.allowed ? undefined : verdict.code
      },
      /** Until the guard asks what changed. */
      anInterval: () => server.clock.advance(5000),
    }
  }

  test('what it denied and allowed is kept at the server, under the id of the denial', async () => {
    const server = shared()
    const guardClient = await server.aClient(realm, { scopes: ['entitlements:read', 'decisions:write'] })
    const { guard } = aGuard(server, { credentials: guardClient, reports: { api: 'orders' } })
    const client = await server.aClient(realm)
    const rawHeaders = ['Authorization', `Bearer ${await server.tokenOf(realm, client)}`]
    const asked = { rawHeaders, params: {}, method: 'GET', route: '/v1/orders', address: '2001:db8:9:1::7' }
    const denial = await guard.authorize(asked, { scope: 'orders:read', dpa: 'any' })
    assert.ok((await guard.authorize(asked, { dpa: 'any' })).allowed)
    await guard.close()
    assert.ok(!denial.allowed)
    const { items } = await server.admin('refusals.list', { params: { realm }, query: { client: client.clientId } })
    const [{ requestId, reporter, api, route, code, address, failed, organizationId } = {} as (typeof items)[number]] = items
    assert.deepEqual(
      { requestId, reporter, api, route, code, address, failed, organizationId },
      {
        requestId: denial.requestId,
        reporter: guardClient.clientId,
        api: 'orders',
        route: '/v1/orders',
        code: 'insufficient-scope',
        address: '2001:db8:9:1::/64',
        failed: { check: 'scope', saw: denial.checks.find(({ check }) => check === 'scope')?.saw },
        organizationId: client.organizationId,
      },
    )
    await server.upkeep.writeUsage()
    const counted = await server.database.query<{ outcome: string; count: number }>(
      `select outcome, count from usage where step = 'hour' and subject = 'GET /v1/orders' and client_id = ? order by outcome`,
      client.clientId,
    )
    assert.deepEqual(
      counted.map(({ outcome, count }) => [outcome, Number(count)]),
      [
        ['allowed', 1],
        ['insufficient-scope', 1],
      ],
    )
  })

  test('it asks for a new client in one round trip, and then for nothing', async () => {
    const { admin, client, ofOrganization, requestsSince, denialFor } = await given()
    await admin('partners.authorize', { params: { ...ofOrganization, partner }, body: { name: 'Seller' } })
    requestsSince()
    assert.equal(await denialFor(partner), undefined)
    assert.equal(await denialFor(partner), undefined)
    assert.deepEqual(requestsSince(), [`v1/entitlement?client_id=${client.clientId}&partner=${partner}`])
  })

  test('a partner that is withdrawn is denied with the next pull, and allowed again', async () => {
    const { admin, ofOrganization, denialFor, anInterval, requestsSince } = await given()
    const params = { ...ofOrganization, partner }
    await admin('partners.authorize', { params, body: { name: 'Seller' } })
    assert.equal(await denialFor(partner), undefined)
    await admin('partners.withdraw', { params })
    requestsSince()
    anInterval()
    assert.equal(await denialFor(partner), 'partner-not-authorized')
    // Besides, it may have begun to renew its own token, for which nothing waits.
    const asked = requestsSince().filter((path) => path.startsWith('v1/'))
    assert.deepEqual(
      asked.map((path) => path.split('?')[0]),
      ['v1/changes', 'v1/entitlement'],
    )
    await admin('partners.authorize', { params, body: { name: 'Seller' } })
    anInterval()
    assert.equal(await denialFor(partner), undefined)
  })

  test('an organization that is suspended is denied with the next pull', async () => {
    const { admin, ofOrganization, decide, anInterval } = await given()
    assert.ok((await decide({ dpa: 'any' })).allowed)
    await admin('organizations.suspend', { params: ofOrganization, body: { reason: 'test' } })
    anInterval()
    const verdict = await decide({ dpa: 'any' })
    assert.ok(!verdict.allowed)
    assert.equal(verdict.code, 'organization-suspended')
  })

  test('a token that is revoked is invalid with the next pull, and another one of its client is not', async () => {
    const { client, token, realms, postForm, tokenOf, guard, anInterval } = await given()
    const other = await tokenOf(realm, client)
    assert.ok((await guard.verifyToken(token)).valid)
    const form = { client_id: client.clientId, client_secret: client.clientSecret, token }
    assert.equal((await postForm(realmPaths(realms.get(realm)!).revocation, form)).statusCode, 200)
    anInterval()
    assert.deepEqual([(await guard.verifyToken(token)).valid, (await guard.verifyToken(other)).valid], [false, true])
  })

  test('of an organization with more than 100 partners it asks about single ones, and GET /v1/me names their list', async () => {
    const server = await given()
    const { admin, client, token, ofOrganization, denialFor, decide, anInterval, requestsSince, guard } = server
    const one = await addManyPartners(server, { realm, organizationId: client.organizationId, count: 150 })
    requestsSince()
    assert.equal(await denialFor(one), undefined)
    assert.equal(await denialFor(partner), 'partner-not-authorized')
    assert.equal(await denialFor(partner), 'partner-not-authorized')
    const asked = `v1/entitlement?client_id=${client.clientId}&partner=`
    assert.deepEqual(requestsSince(), [asked + one, asked + partner])

    const access = await decide(meRequirement)
    assert.ok(access.allowed)
    const { partners, partnersTotal, partnersUrl } = guard.me(access)
    assert.deepEqual([partners, partnersTotal], [[], 150])
    const page = await server.fetchFromServer(`${partnersUrl}?limit=2`, { headers: { authorization: `Bearer ${token}` } })
    assert.equal(((await page.json()) as { items: unknown[] }).items.length, 2)

    await admin('partners.withdraw', { params: { ...ofOrganization, partner: one } })
    anInterval()
    assert.equal(await denialFor(one), 'partner-not-authorized')
  })

  test('fault 3.8: ready() names which of its options is wrong', async () => {
    const server = shared()
    const credentials = await server.aClient(realm, { scopes: ['entitlements:read'] })
    const { issuer } = server.realms.get(realm)!
    const mistakes: [fault: string, options: Partial<RemoteGuardOptions>][] = [
      ['credentials', { credentials: { ...credentials, clientSecret: 'another-secret' } }],
      ['credentials', { credentials: { ...credentials, clientId: 'another-client' } }],
      ['credentials', { credentials: { ...(await server.aClient('prod', { scopes: ['entitlements:read'] })) } }],
      ['scope', { credentials: await server.aClient(realm) }],
      ['url', { issuer: `${issuer}-old` }],
      ['url', { credentials: { ...credentials, tokenUrl: `${issuer}/token` } }],
      ['issuer', { issuer: `${issuer}/` }],
      ['audience', { audience: 'another-api' }],
      ['tokens', { tokenProfile: 'rfc9068' }],
      ['tokens', { clock: () => server.clock.now() - 62_000 }],
      ['network', { fetch: (_input, init) => fetch('http://127.0.0.1:2', init) }],
    ]
    for (const [fault, options] of mistakes)
      await assert.rejects(aGuard(server, { credentials, ...options }).guard.ready(), { name: 'RemoteGuardError', fault })
    await aGuard(server, { credentials }).guard.ready()
  })

  test('fault 3.8: a scope that the client loses while the guard runs is named by onError', async () => {
    const server = shared()
    const alarms: Error[] = []
    const credentials = await server.aClient(realm, { scopes: ['entitlements:read'] })
    // A node on PostgreSQL has pulled up to a second ago, on a busy machine more, which is too long ago for this guard. One that failed would
    // ask again after a pause, of which a clock that stands sees no end, so each attempt is a new one.
    const guard = await eventually('a guard is ready', async () => {
      const each = aGuard(server, {
        credentials,
        onError: (error) => alarms.push(error),
        entitlementSeconds: 0,
        staleIfErrorSeconds: 0,
      }).guard
      return each.ready().then(
        () => each,
        () => undefined,
      )
    })
    alarms.length = 0
    await server.admin('clients.update', { params: { realm, client: credentials.clientId }, body: { scopes: ['orders:read'] } })
    await assert.rejects(guard.ready(), { fault: 'scope' })
    assert.match(String(alarms[0]), /lacks the scope "entitlements:read"/)
  })
})
