import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { parseChanges, parseEntitlement, type ChangesDocument, type EntitlementDocument } from '@countersign/protocol'
import { addManyPartners } from '../../test/many-clients.fixture.ts'
import { seedRealms, shareTestServer, startTestServer, type TestServer } from '../../test/test-server.fixture.ts'

const partner = '11111111-1111-4111-8111-111111111111'
const stranger = '22222222-2222-4222-8222-222222222222'

/** A guard's view of a realm. */
async function aGuardOf(server: TestServer, realm: string, slug?: string) {
  const { aClient, tokenOf, request, realms } = server
  const headers = {
    authorization: `Bearer ${await tokenOf(realm, await aClient(realm, { scopes: ['entitlements:read'], ...(slug !== undefined && { slug }) }))}`,
  }
  const get = (path: string) => request({ url: `${realms.get(realm)!.issuerPath}/v1/${path}`, headers })
  const entitlement = async (clientId: string, more = ''): Promise<EntitlementDocument> =>
    parseEntitlement((await get(`entitlement?client_id=${clientId}${more}`)).json())
  const changes = async (after?: string): Promise<ChangesDocument> =>
    parseChanges((await get(after === undefined ? 'changes' : `changes?after=${encodeURIComponent(after)}`)).json())
  return { get, entitlement, changes }
}

suite('what a guard reads', () => {
  const shared = shareTestServer({ realms: seedRealms })

  for (const realm of ['nt24-idp', 'prod', 'partner-api', 'nxtsoft'])
    test(`fault 5.1: the entitlement is found by the client of a token in ${realm}`, async () => {
      const server = shared()
      const client = await server.aClient(realm)
      const { entitlement } = await aGuardOf(server, realm)
      const document = await entitlement(client.clientId)
      assert.deepEqual([document.organization.id, document.client.clientId], [client.organizationId, client.clientId])
      assert.deepEqual([document.organization.partners, document.client.enabled], [{ total: 0, list: [] }, true])
      assert.deepEqual([document.asOf.ageSeconds < 60, document.partner, document.requestor], [true, undefined, undefined])
    })

  test('it is asked for one partner and one requestor, which the organization has or not', async () => {
    const server = shared()
    const client = await server.aClient('prod')
    const params = { realm: 'prod', organization: client.slug }
    await server.admin('partners.authorize', { params: { ...params, partner }, body: { name: 'Seller' } })
    const requestor = await server.admin('requestors.create', { params, body: { permissions: ['payments:create'] } })
    const { entitlement } = await aGuardOf(server, 'prod')
    const known = await entitlement(client.clientId, `&partner=${partner}&requestor=${requestor.id}`)
    assert.deepEqual(known.partner, { id: partner, name: 'Seller' })
    assert.deepEqual(known.requestor, { id: requestor.id, permissions: ['payments:create'] })
    const unknown = await entitlement(client.clientId, `&partner=${stranger}&requestor=${stranger}`)
    assert.deepEqual([unknown.partner, unknown.requestor], [null, null])
  })

  test('fault 5.1: with 101 partners and requestors it has their numbers, and still answers about single ones', async () => {
    const server = shared()
    const client = await server.aClient('prod')
    const some = await addManyPartners(server, { realm: 'prod', organizationId: client.organizationId, count: 101 })
    const requestors = `with recursive n (i) as (select 1 union all select i + 1 from n where i < 101)
      select 'of ' || ? || cast(i as text), ?, '["a"]', 1, 1 from n`
    const insert = `insert into requestors (id, organization_id, permissions, created_at, updated_at) ${requestors}`
    await server.database.query(insert, client.organizationId, client.organizationId)
    const { entitlement } = await aGuardOf(server, 'prod')
    const document = await entitlement(client.clientId, `&partner=${some}&requestor=${stranger}`)
    assert.deepEqual([document.organization.partners, document.organization.requestors], [{ total: 101 }, { total: 101 }])
    assert.deepEqual([document.partner?.id, document.requestor], [some, null])
  })

  test('fault 8.5: a query that is incomplete, repeated or not a UUID is an error that names it', async () => {
    const { get } = await aGuardOf(shared(), 'prod')
    const queries = {
      entitlement: '/query/client_id',
      'entitlement?client_id=': '/query/client_id',
      'entitlement?client_id=a&client_id=b': '/query/client_id',
      [`entitlement?client_id=${'a'.repeat(256)}`]: '/query/client_id',
      'entitlement?client_id=a&partner=b': '/query/partner',
      [`entitlement?client_id=a&requestor=${partner.toUpperCase().replaceAll('1', 'A')}`]: '/query/requestor',
      'entitlement?client_id=a&organization=b': '/query/organization',
      'changes?after=7': '/query/after',
      'changes?after=bm8': '/query/after',
      [`changes?after=${'a'.repeat(513)}`]: '/query/after',
    }
    for (const [path, pointer] of Object.entries(queries)) {
      const response = await get(path)
      assert.equal(response.statusCode, 400, path)
      assert.equal(response.json().errors[0].pointer, pointer)
    }
    for (const path of ['entitlement?client_id=a&client_id=b', 'changes?after=a&after=b', 'me/partners?limit=1&limit=2']) {
      const { detail } = (await get(path)).json() as { detail: string }
      assert.match(detail, /^\/query\/(\w+): "\1" must be given once$/, path)
    }
  })
})

test('fault 3.8: a guard is told the audience of the tokens of its realm, which a Cognito realm does not have', async () => {
  const server = await startTestServer({ realms: seedRealms, nodes: 1 })
  const audiencesIn = async (realm: string) => (await (await aGuardOf(server, realm)).changes()).audiences
  assert.deepEqual([await audiencesIn('nt24-idp'), await audiencesIn('nxtsoft')], [['nt24-integration-api'], []])
})

suite('what a guard is told of changes', () => {
  const shared = shareTestServer()

  test('fault 5.1: each change names what it is about, in its realm only, and is told once', async () => {
    const server = shared()
    const { admin, aClient, tokenOf, request } = server
    const client = await aClient('prod')
    const other = await aClient('partner-api')
    const { changes, entitlement } = await aGuardOf(server, 'prod')
    const token = await tokenOf('prod', client)
    const first = await changes()
    assert.equal(first.changes, null)
    assert.deepEqual((await changes(first.cursor)).changes, [])

    const organization = client.slug
    await admin('clients.update', { params: { realm: 'prod', client: client.clientId }, body: { name: 'once' } })
    await admin('clients.update', { params: { realm: 'prod', client: client.clientId }, body: { name: 'twice' } })
    await admin('organizations.suspend', { params: { realm: 'partner-api', organization: other.slug }, body: {} })
    await request({
      method: 'POST',
      url: '/auth/realms/prod/protocol/openid-connect/revoke',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: `token=${token}&client_id=${client.clientId}&client_secret=${client.clientSecret}`,
    })
    await admin('organizations.suspend', { params: { realm: 'prod', organization }, body: {} })
    const next = await changes(first.cursor)
    const of = { organizationId: client.organizationId }
    assert.deepEqual(next.changes, [
      { what: 'client', ...of, clientId: client.clientId },
      { what: 'token', ...of, clientId: client.clientId },
      { what: 'rights', ...of, clientId: null },
    ])
    assert.deepEqual([(await changes(next.cursor)).changes, next.asOf.state], [[], first.asOf.state])
    const { asOf, client: rights, organization: its } = await entitlement(client.clientId)
    assert.deepEqual([asOf.state, asOf.revision >= next.asOf.revision], [next.asOf.state, true])
    assert.deepEqual([rights.revokedTokenIds.length, its.status], [1, 'suspended'])
  })

  test('a version of the agreement that becomes required by the clock is another state', async () => {
    const server = shared()
    const client = await server.aClient('nt24-idp')
    const { changes, entitlement } = await aGuardOf(server, 'nt24-idp')
    const requiredFrom = new Date(server.clock.now() + 60_000).toISOString()
    await server.admin('dpa.publish', { params: { realm: 'nt24-idp' }, body: { version: '2026-02', requiredFrom } })
    const before = await changes()
    assert.deepEqual((await changes(before.cursor)).changes, [])
    server.clock.advance(60_000)
    const after = await changes(before.cursor)
    assert.deepEqual([after.changes, after.asOf.state === before.asOf.state], [null, false])
    const { organization, asOf } = await entitlement(client.clientId)
    assert.deepEqual([organization.dpa.requiredVersion, asOf.state], ['2026-02', after.asOf.state])
  })
})

test('fault 5.1: a guard is told to forget everything after a restore', async () => {
  const server = await startTestServer({ nodes: 1 })
  const { changes } = await aGuardOf(server, 'prod')
  const { cursor } = await changes()
  await server.recordRestore()
  server.clock.advance(2000)
  const again = await aGuardOf(server, 'prod', 'another')
  assert.equal((await again.changes(cursor)).changes, null)
})
