import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createRemoteGuard } from '@countersign/guard'
import { shareTestServer, startTestServer, type TestServer } from '../../test/test-server.fixture.ts'

const realm = 'nt24-idp'
const issuer = 'http://localhost:8080/realms/nt24-idp'

const startWithAcme = async () => withClient(await startTestServer())

async function withClient(server: TestServer) {
  const client = await server.aClient(realm)
  const ofAcme = { realm, organization: client.slug }
  const accept = (version: string) => server.admin('dpa.accept', { params: ofAcme, body: { version, acceptedBy: 'Ada Lovelace' } })
  const publish = (version: string, requiredFrom: string) =>
    server.requestAdmin('dpa.publish', { params: { realm }, body: { version, requiredFrom } })
  return { ...server, client, ofAcme, accept, publish }
}

/** The DPA status by GET /v1/me and the decision of a remote guard, for the same fresh token. */
async function standing({ aClient, client, request, tokenOf, clock }: Awaited<ReturnType<typeof startWithAcme>>) {
  const credentials = await aClient(realm, { slug: 'the-api', scopes: ['entitlements:read'] })
  const guard = createRemoteGuard({
    issuer,
    realm,
    tokenProfile: 'keycloak',
    audience: 'nt24-integration-api',
    credentials,
    entitlementSeconds: 1,
    clock: clock.now,
    fetch: async (input, init) => {
      const { method, url, headers, body } = new Request(input as string, init)
      const payload = body ? { payload: await new Response(body).text() } : {}
      const answer = await request({ method: method as 'GET', url, headers: Object.fromEntries(headers), ...payload })
      return new Response(answer.statusCode === 304 ? null : answer.body, {
        status: answer.statusCode,
        headers: answer.headers as Record<string, string>,
      })
    },
  })
  return async () => {
    clock.advance(2000)
    const authorization = `Bearer ${await tokenOf(realm, client)}`
    const me = await request({ url: '/realms/nt24-idp/v1/me', headers: { authorization } })
    const access = await guard.authorize({ rawHeaders: ['authorization', authorization], params: {} }, {})
    return [me.json().dpa.status as string, access.allowed ? 'allowed' : access.code]
  }
}

test('the previous version is accepted until the grace date and outdated from then on, without a restart', async () => {
  const server = await startWithAcme()
  const { accept, publish, clock, admin } = server
  const now = await standing(server)
  await accept('2026-01')
  assert.deepEqual(await now(), ['accepted', 'allowed'])
  const published = await publish('2026-07', new Date(clock.now() + 3_600_000).toISOString())
  assert.equal(published.statusCode, 201)
  assert.deepEqual(await now(), ['accepted', 'allowed'])
  clock.advance(3_600_000)
  assert.deepEqual(await now(), ['outdated', 'dpa-outdated'])
  assert.equal((await admin('realms.list', { params: {} })).items[0]?.requiredDpaVersion, '2026-07')
  await accept('2026-07')
  assert.deepEqual(await now(), ['accepted', 'allowed'])
})

test('an acceptance before the grace date stays valid, also if an older one is recorded later', async () => {
  const server = await startWithAcme()
  const { accept, publish, clock } = server
  const now = await standing(server)
  await publish('2026-07', new Date(clock.now() + 3_600_000).toISOString())
  await accept('2026-07')
  assert.deepEqual(await now(), ['accepted', 'allowed'])
  clock.advance(3_600_000)
  await accept('2025-01')
  assert.deepEqual(await now(), ['accepted', 'allowed'])
})

test('a version whose grace date has passed is required at once', async () => {
  const server = await startWithAcme()
  const { accept, publish } = server
  const now = await standing(server)
  await accept('2026-01')
  assert.deepEqual(await now(), ['accepted', 'allowed'])
  await publish('2026-02', '2020-01-01T00:00:00Z')
  assert.deepEqual(await now(), ['outdated', 'dpa-outdated'])
})

test('fault 4.5: the end of the grace period is read with an offset and recorded in UTC', async () => {
  const { publish, admin } = await startWithAcme()
  assert.equal((await publish('2026-07', '2030-01-31T14:00:00+02:00')).json().requiredFrom, '2030-01-31T12:00:00.000Z')
  const { items } = await admin('audit.search', { params: {}, query: { kind: 'dpa.publish' } })
  assert.deepEqual(
    items.map(({ detail }) => detail['requiredFrom']),
    ['2030-01-31T12:00:00.000Z'],
  )
})

test('versions are listed with that of the configuration, in descending order, in pages', async () => {
  const { admin, publish } = await startWithAcme()
  for (const version of ['2026-10', '2025-01', '2026-9']) await publish(version, '2030-01-01T00:00:00Z')
  const first = await admin('dpa.versions', { params: { realm }, query: { limit: 3 } })
  const second = await admin('dpa.versions', { params: { realm }, query: { limit: 3, after: first.next! } })
  assert.deepEqual(
    [...first.items, ...second.items].map(({ version }) => version),
    ['2026-10', '2026-9', '2026-01', '2025-01'],
  )
  assert.deepEqual(second.next, null)
  assert.deepEqual(first.items[2], { version: '2026-01', requiredFrom: null, description: null, publishedAt: null, textDigest: null })
})

suite('versions that are not required yet', () => {
  const shared = shareTestServer()

  for (const version of ['2026-01', '2026-1', '2026-07', '2026-7']) {
    test(`"${version}" is not published if an equal version exists`, async () => {
      const { publish } = await withClient(shared())
      await publish('2026-07', '2030-01-01T00:00:00Z')
      const response = await publish(version, '2030-01-01T00:00:00Z')
      assert.equal(response.statusCode, 409)
      assert.match(response.json().detail, /has the version "2026-0[17]" already/)
    })
  }

  test('acceptances are listed with the name of the person and the time, newest first', async () => {
    const { admin, accept, clock, ofAcme } = await withClient(shared())
    for (const version of ['2025-01', '2026-01']) {
      clock.advance(1000)
      await accept(version)
    }
    const { items, next } = await admin('dpa.acceptances', { params: ofAcme })
    assert.deepEqual([items.map(({ version }) => version), next], [['2026-01', '2025-01'], null])
    const acceptedAt = new Date(clock.now()).toISOString()
    assert.deepEqual(items[0], { version: '2026-01', acceptedBy: 'Ada Lovelace', acceptedAt, textDigest: null, person: null })
  })

  test('accepting a version above all published ones is rejected, because it would count as accepted for ever', async () => {
    const { requestAdmin, publish, ofAcme } = await withClient(shared())
    await publish('2026-07', '2030-01-01T00:00:00Z')
    const response = await requestAdmin('dpa.accept', { params: ofAcme, body: { version: '2062-07', acceptedBy: 'Ada' } })
    assert.deepEqual([response.statusCode, response.json().errors[0].pointer], [400, '/version'])
    assert.match(response.json().errors[0].detail, /2026-07, 2026-01/)
  })

  test('in a realm without a Data Processing Agreement nothing can be accepted until a version is published', async () => {
    const { admin, requestAdmin, aClient } = shared()
    const { slug } = await aClient('prod')
    const accept = { params: { realm: 'prod', organization: slug }, body: { version: '1', acceptedBy: 'Ada' } }
    assert.equal((await requestAdmin('dpa.accept', accept)).statusCode, 400)
    await admin('dpa.publish', { params: { realm: 'prod' }, body: { version: '1', requiredFrom: '2030-01-01T00:00:00Z' } })
    assert.equal((await admin('dpa.accept', accept)).dpa.status, 'not-required')
  })
})
