// An organization with more clients than a statement of SQLite can have parameters (32,766). Once, on SQLite: the lists of either store are
// tested by oneOf() in store-contract.fixture.ts.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { addManyClients } from './many-clients.fixture.ts'
import { shareTestServerOnAnyStore } from './test-server.fixture.ts'

const realm = 'nt24-idp'
const clientCount = 33_000

suite('an organization with 33,000 clients', () => {
  const shared = shareTestServerOnAnyStore()

  async function given(slug: string) {
    const server = shared()
    const { organizationId, ...credentials } = await server.aClient(realm, { slug })
    await addManyClients(server, { realm, organizationId, prefix: slug, count: clientCount })
    return { ...server, organizationId, credentials }
  }

  test('fault 5.2: its entitlement is read by a guard', async () => {
    const { aClient, tokenOf, request, organizationId } = await given('read-by-guard')
    const token = await tokenOf(realm, await aClient(realm, { slug: 'the-api', scopes: ['entitlements:read'] }))
    const url = `/realms/${realm}/v1/organizations/${organizationId}/entitlement`
    const response = await request({ url, headers: { authorization: `Bearer ${token}` } })
    assert.equal(response.statusCode, 200)
    assert.equal(response.json<{ clients: unknown[] }>().clients.length, clientCount + 1)
  })

  test('fault 5.2: it is read, listed, changed and deleted through the admin API', async () => {
    const { admin, requestToken, credentials, organizationId, database } = await given('changed')
    const params = { realm, organization: 'changed' }
    assert.equal((await admin('organizations.get', { params })).clients.length, clientCount + 1)
    const page = await admin('clients.list', { params: { realm }, query: { organization: 'changed', sort: 'clientId', limit: 200 } })
    assert.deepEqual([page.items.length, page.next !== null], [200, true])
    assert.equal((await admin('organizations.suspend', { params, body: { reason: 'test' } })).status, 'suspended')
    const { clientId, clientSecret } = credentials
    const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }
    assert.equal((await requestToken(realm, form)).statusCode, 401)
    await admin('organizations.delete', { params })
    const left = await database.query('select count(*) as left from clients where organization_id = ?', organizationId)
    assert.equal(Number(left[0]!['left']), 0)
  })
})
