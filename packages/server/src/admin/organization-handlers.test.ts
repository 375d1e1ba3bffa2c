import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { shareTestServer, tokenRequest, type TestServer } from '../../test/test-server.fixture.ts'

const realm = 'nt24-idp'
const me = '/realms/nt24-idp/v1/me'

async function withClient(server: TestServer) {
  const client = await server.aClient(realm)
  const ofAcme = { realm, organization: client.slug }
  const tokenNow = () => server.tokenOf(realm, client)
  const statusOf = async (token: string) => (await server.request({ url: me, headers: { authorization: `Bearer ${token}` } })).statusCode
  const lastDetail = async (kind: string) =>
    (await server.admin('audit.search', { params: {}, query: { kind, organization: client.organizationId } })).items[0]?.detail
  return { ...server, client, ofAcme, tokenNow, statusOf, lastDetail }
}

suite('organizations that each test creates', () => {
  const shared = shareTestServer()

  test('a slug that could be the id of another organization is rejected', async () => {
    const { client, requestAdmin } = await withClient(shared())
    const refused = await requestAdmin('organizations.create', {
      params: { realm },
      body: { slug: client.organizationId, name: 'Not Acme' },
    })
    assert.deepEqual([refused.statusCode, refused.json().errors[0].pointer], [400, '/slug'])
  })

  test('suspending and resuming an organization are idempotent, and the reason is in the audit log', async () => {
    const { admin, client, ofAcme, requestToken, lastDetail } = await withClient(shared())
    const token = async () => (await requestToken(realm, tokenRequest(client))).statusCode
    const suspend = { params: ofAcme, body: { reason: 'unpaid' } }
    assert.equal((await admin('organizations.suspend', suspend)).status, 'suspended')
    assert.equal((await admin('organizations.suspend', suspend)).status, 'suspended')
    assert.equal(await token(), 401)
    assert.equal((await lastDetail('organizations.suspend'))?.['reason'], 'unpaid')
    assert.equal((await admin('organizations.resume', { params: ofAcme })).status, 'active')
    assert.equal((await admin('organizations.resume', { params: ofAcme })).status, 'active')
    assert.equal(await token(), 200)
  })

  for (const millisecond of [0, 1, 400, 999]) {
    test(`tokens cut ${millisecond} ms into a second: earlier ones are rejected, later ones are valid`, async () => {
      const { clock } = shared()
      clock.advance(1000 - (clock.now() % 1000)) // to the start of a second
      const { admin, ofAcme, tokenNow, statusOf } = await withClient(shared())
      const old = [await tokenNow()]
      clock.advance(1000 + millisecond)
      old.push(await tokenNow())
      const before = await admin('organizations.get', { params: ofAcme })
      const after = await admin('organizations.cutTokens', { params: ofAcme, body: { reason: 'a laptop was stolen' } })
      assert.equal(after.version, before.version + 1)
      const fresh = [await tokenNow()]
      assert.deepEqual(await Promise.all([...old, ...fresh].map(statusOf)), [401, 401, 200])
      clock.advance(1500)
      fresh.push(await tokenNow())
      assert.deepEqual(await Promise.all(old.map(statusOf)), [401, 401])
      assert.deepEqual(await Promise.all(fresh.map(statusOf)), [200, 200])
    })
  }

  test('deleting an organization cascades to its dependents, its tokens are rejected, and its slug can be reused', async () => {
    const { admin, requestAdmin, ofAcme, tokenNow, statusOf, requestToken, client, lastDetail, aClient } = await withClient(shared())
    const partner = '11111111-1111-4111-8111-111111111111'
    await admin('partners.authorize', { params: { ...ofAcme, partner }, body: { name: 'Seller' } })
    await admin('dpa.accept', { params: ofAcme, body: { version: '2026-01', acceptedBy: 'Ada' } })
    await admin('requestors.create', { params: ofAcme, body: { id: partner } })
    const token = await tokenNow()
    assert.deepEqual(await admin('organizations.delete', { params: ofAcme }), { deleted: true })
    assert.deepEqual([await statusOf(token), (await requestToken(realm, tokenRequest(client))).statusCode], [401, 401])
    assert.deepEqual(await lastDetail('organizations.delete').then((detail) => detail?.['clients']), [client.clientId])
    const gone = [
      await requestAdmin('organizations.get', { params: ofAcme }),
      await requestAdmin('organizations.delete', { params: ofAcme }),
      await requestAdmin('clients.get', { params: { realm, client: client.clientId } }),
    ]
    assert.deepEqual(
      gone.map(({ statusCode }) => statusCode),
      [404, 404, 404],
    )
    assert.equal((await admin('partners.get', { params: { realm, partner } })).organizations, 0)
    await aClient(realm, { slug: client.slug }) // reuses slug and client id
    assert.equal(await statusOf(token), 401)
    assert.equal((await admin('organizations.get', { params: ofAcme })).dpa.status, 'missing')
  })

  test('a single capability is set and removed', async () => {
    const { admin, requestAdmin, ofAcme } = await withClient(shared())
    const flag = { ...ofAcme, capability: 'allowMarketplaceLedKyc' }
    await admin('capabilities.set', { params: { ...ofAcme, capability: 'rateLimitTier' }, body: { value: 'standard' } })
    const { capabilities } = await admin('capabilities.set', { params: flag, body: { value: false } })
    assert.deepEqual(capabilities, { rateLimitTier: 'standard', allowMarketplaceLedKyc: false })
    assert.deepEqual((await admin('capabilities.remove', { params: flag })).capabilities, { rateLimitTier: 'standard' })
    const again = await requestAdmin('capabilities.remove', { params: flag })
    assert.deepEqual([again.statusCode, again.json().remedy], [404, 'It has rateLimitTier.'])
  })

  const wrongCapabilities = [
    ['freeLunch', true, '/params/capability', /the realm declares allowMarketplaceLedKyc, rateLimitTier/],
    ['constructor', true, '/params/capability', /no such capability/],
    ['rateLimitTier', 'gold', '/value', /expected one of standard/],
    ['allowMarketplaceLedKyc', 'yes', '/value', /expected true or false/],
  ] as const
  for (const [capability, value, pointer, detail] of wrongCapabilities) {
    test(`setting the capability ${capability} to ${value} names ${pointer} and the valid values`, async () => {
      const { requestAdmin, ofAcme } = await withClient(shared())
      const response = await requestAdmin('capabilities.set', { params: { ...ofAcme, capability }, body: { value } })
      const [error] = response.json().errors
      assert.deepEqual([response.statusCode, error.pointer], [400, pointer])
      assert.match(error.detail, detail)
    })
  }

  test('a capability that the realm no longer declares can be removed', async () => {
    const { admin, database, aClient } = shared()
    const { slug, organizationId } = await aClient('prod')
    const params = { realm: 'prod', organization: slug, capability: 'leftover' }
    await database.query(`update organizations set capabilities = '{"leftover":true}' where id = ?`, organizationId)
    assert.deepEqual((await admin('capabilities.remove', { params })).capabilities, {})
  })

  test('realms are listed with their declarations and without secrets', async () => {
    const { admin } = shared()
    const { items, next } = await admin('realms.list', { params: {} })
    assert.deepEqual([items.map(({ name }) => name), next], [['nt24-idp', 'prod', 'partner-api', 'operators'], null])
    const { capabilities, rateLimitTiers, requiredDpaVersion, tokenUrl, clientIds } = items[0]!
    assert.deepEqual([clientIds, items.find(({ name }) => name === 'operators')?.clientIds], ['any', 'plain'])
    assert.deepEqual(capabilities, { allowMarketplaceLedKyc: 'flag', rateLimitTier: ['standard'] })
    assert.deepEqual([rateLimitTiers, requiredDpaVersion], [['standard'], '2026-01'])
    assert.equal(tokenUrl, 'http://localhost:8080/realms/nt24-idp/protocol/openid-connect/token')
  })
})
