// An organization with more clients than a statement of SQLite can have parameters (32,766), and with many partners. Once, on SQLite: the
// lists of either store are tested by oneOf() in store-contract.fixture.ts.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { addManyClients, addManyPartners } from './many-clients.fixture.ts'
import { shareTestServerOnAnyStore } from './test-server.fixture.ts'

const realm = 'nt24-idp'
const clientCount = 33_000
const partnerCount = 10_000

suite('an organization with 33,000 clients and 10,000 partners', () => {
  const shared = shareTestServerOnAnyStore()

  async function given(slug: string) {
    const server = shared()
    const { organizationId, ...credentials } = await server.aClient(realm, { slug })
    await addManyClients(server, { realm, organizationId, prefix: slug, count: clientCount })
    const partner = await addManyPartners(server, { realm, organizationId, count: partnerCount })
    return { ...server, organizationId, credentials, partner }
  }

  test('fault 5.1: a guard reads one client and one partner of it, in a small document', async () => {
    const { aClient, tokenOf, request, organizationId, partner } = await given('read-by-guard')
    const token = await tokenOf(realm, await aClient(realm, { slug: 'the-api', scopes: ['entitlements:read'] }))
    const url = `/realms/${realm}/v1/entitlement?client_id=read-by-guard-9&partner=${partner}`
    const response = await request({ url, headers: { authorization: `Bearer ${token}` } })
    const document = response.json()
    assert.deepEqual([document.organization.id, document.client.clientId], [organizationId, 'read-by-guard-9'])
    assert.deepEqual([document.organization.partners, document.partner.id], [{ total: partnerCount }, partner])
    assert.ok(response.body.length < 1500, response.body)
  })

  test('fault 5.2: it is read, listed, changed and deleted through the admin API', async () => {
    const { admin, requestToken, credentials, organizationId, database } = await given('changed')
    const params = { realm, organization: 'changed' }
    const { clients, partners, requestors } = await admin('organizations.get', { params })
    assert.deepEqual([clients, partners, requestors], [{ total: clientCount + 1 }, { total: partnerCount }, { total: 0, list: [] }])
    const page = await admin('clients.list', { params: { realm }, query: { organization: 'changed', sort: 'clientId', limit: 200 } })
    assert.deepEqual([page.items.length, page.next !== null], [200, true])
    const found: string[] = []
    for (let after: string | undefined, isLast = false; !isLast;) {
      const query = { organization: 'changed', search: 'changed-3299', sort: '-createdAt' as const, limit: 4, ...(after && { after }) }
      const { items, next } = await admin('clients.list', { params: { realm }, query })
      found.push(...items.map((client) => client.clientId))
      after = next ?? undefined
      isLast = next === null
    }
    assert.deepEqual(found.toSorted(), ['changed-3299', ...Array.from({ length: 10 }, (_, i) => `changed-3299${i}`)])
    assert.equal((await admin('organizations.suspend', { params, body: { reason: 'test' } })).status, 'suspended')
    const { clientId, clientSecret } = credentials
    const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }
    assert.equal((await requestToken(realm, form)).statusCode, 401)
    await admin('organizations.delete', { params })
    const left = await database.query('select count(*) as left from clients where organization_id = ?', organizationId)
    assert.equal(Number(left[0]!['left']), 0)
  })

  test('fault 5.1: a client of it reads its partners in pages', async () => {
    const { tokenOf, request, credentials } = await given('reads-itself')
    const headers = { authorization: `Bearer ${await tokenOf(realm, credentials)}` }
    const me = (await request({ url: `/realms/${realm}/v1/me`, headers })).json()
    const partnersUrl = `http://localhost:8080/realms/${realm}/v1/me/partners`
    assert.deepEqual([me.partners, me.partnersTotal, me.partnersUrl], [[], partnerCount, partnersUrl])
    for (const path of [`/realms/${realm}/v1/me/partners`, '/v1/me/partners']) {
      const first = (await request({ url: `${path}?limit=200`, headers })).json()
      const second = (await request({ url: `${path}?limit=200&after=${first.next}`, headers })).json()
      const ids = [...first.items, ...second.items].map(({ id }: { id: string }) => id)
      assert.deepEqual([new Set(ids).size, ids], [400, ids.toSorted()])
    }
    assert.equal((await request({ url: `/realms/${realm}/v1/me/partners?limit=0`, headers })).statusCode, 400)
  })
})
