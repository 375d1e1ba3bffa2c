import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { addManyClients } from '../../test/many-clients.fixture.ts'
import { seedRealms, shareTestServer } from '../../test/test-server.fixture.ts'

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

suite('the entitlement document of version 0.1.0', () => {
  const shared = shareTestServer({ realms: seedRealms })
  async function withGuardOf(realm: string) {
    const server = shared()
    const client = await server.aClient(realm)
    const guard = await server.aClient(realm, { scopes: ['entitlements:read'] })
    return { ...server, client, headers: bearer(await server.tokenOf(realm, guard)) }
  }

  test('a guard of version 0.1.0 reads an organization with its clients by its id', async () => {
    const { request, client, headers, requestToken } = await withGuardOf('prod')
    const { clientId, clientSecret } = client
    const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }
    const { access_token: token } = (await requestToken('prod', form)).json<{ access_token: string }>()
    const credentials = { authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}` }
    const type = { 'content-type': 'application/x-www-form-urlencoded' }
    const url = '/auth/realms/prod/protocol/openid-connect/revoke'
    assert.equal((await request({ method: 'POST', url, headers: { ...credentials, ...type }, payload: `token=${token}` })).statusCode, 200)

    const response = await request({ url: `/auth/realms/prod/v1/organizations/${client.organizationId}/entitlement`, headers })
    const { organization, clients, partners, requestors, rateLimit, revocations } = response.json()
    assert.deepEqual(organization, { id: client.organizationId, slug: client.slug, name: client.slug, status: 'active' })
    assert.deepEqual([clients.length, clients[0].clientId, clients[0].enabled], [1, clientId, true])
    assert.deepEqual([partners, requestors, rateLimit, revocations.tokensNotBefore, revocations.tokenIds.length], [[], [], null, 0, 1])
  })

  test('a guard of version 0.1.0 reads it by the client in a realm whose tokens name no organization', async () => {
    const { request, client, headers } = await withGuardOf('nxtsoft')
    const response = await request({ url: `/v1/clients/${client.clientId}/entitlement`, headers })
    assert.equal(response.json().organization.id, client.organizationId)
  })

  test('an unchanged entitlement gets 304, a changed one is sent', async () => {
    const { request, client, headers, admin } = await withGuardOf('prod')
    const url = `/auth/realms/prod/v1/organizations/${client.organizationId}/entitlement`
    const { etag } = (await request({ url, headers })).headers
    const unchanged = await request({ url, headers: { ...headers, 'if-none-match': String(etag) } })
    assert.deepEqual([unchanged.statusCode, unchanged.body], [304, ''])
    assert.equal((await request({ url, headers: { ...headers, 'if-none-match': `"other", W/${String(etag)}` } })).statusCode, 304)
    await admin('organizations.update', { params: { realm: 'prod', organization: client.slug }, body: { status: 'suspended' } })
    assert.equal((await request({ url, headers: { ...headers, 'if-none-match': String(etag) } })).json().organization.status, 'suspended')
  })

  test('an entitlement requires the scope and a token of its realm, and never contains a digest', async () => {
    const { request, client, headers, tokenOf, aClient } = await withGuardOf('prod')
    const elsewhere = await aClient('partner-api', { scopes: ['entitlements:read'] })
    const paths = [`organizations/${client.organizationId}/entitlement`, `entitlement?client_id=${client.clientId}`, 'changes']
    for (const path of paths) {
      const url = `/auth/realms/prod/v1/${path}`
      const refused = await request({ url, headers: bearer(await tokenOf('prod', client)) })
      assert.deepEqual([refused.statusCode, refused.json().type], [403, 'http://localhost:8080/problems/insufficient-scope'])
      assert.equal((await request({ url, headers: bearer(await tokenOf('partner-api', elsewhere)) })).statusCode, 401)
      const response = await request({ url, headers })
      assert.deepEqual([response.statusCode, /digest|csk_/.test(response.body)], [200, false])
    }
  })

  test('an organization or a client of another realm is not found', async () => {
    const { request, headers, aClient } = await withGuardOf('prod')
    const { organizationId, clientId } = await aClient('partner-api')
    const paths = [`organizations/${organizationId}/entitlement`, `clients/${clientId}x/entitlement`, 'organizations/unknown/entitlement']
    for (const path of [...paths, `entitlement?client_id=${clientId}x`]) {
      assert.equal((await request({ url: `/auth/realms/prod/v1/${path}`, headers })).statusCode, 404)
    }
  })

  test('fault 5.1: a guard of version 0.1.0 is refused an organization that is too large for it, and told why', async () => {
    const server = await withGuardOf('prod')
    const { request, headers, client } = server
    await addManyClients(server, { realm: 'prod', organizationId: client.organizationId, prefix: client.slug, count: 499 })
    const url = `/auth/realms/prod/v1/organizations/${client.organizationId}/entitlement`
    assert.equal((await request({ url, headers })).json().clients.length, 500)
    await addManyClients(server, { realm: 'prod', organizationId: client.organizationId, prefix: `${client.slug}-more`, count: 1 })
    const refused = await request({ url, headers })
    assert.deepEqual([refused.statusCode, refused.json().type], [410, 'http://localhost:8080/problems/guard-outdated'])
    assert.match(refused.json().detail, /more than 500 clients/)
  })
})
