import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { shareTestServer, startTestServer, tokenRequest, type TestServer } from './test-server.fixture.ts'

const realm = 'nt24-idp'
const partner = '11111111-1111-4111-8111-111111111111'

/** A client and its token, and what both get. */
async function givenToken(server: TestServer) {
  const client = await server.aClient(realm)
  const headers = { authorization: `Bearer ${await server.tokenOf(realm, client)}` }
  const statuses = async () => [
    (await server.requestToken(realm, tokenRequest(client))).statusCode,
    (await server.request({ url: '/realms/nt24-idp/v1/me', headers })).statusCode,
  ]
  const me = async () => (await server.request({ url: '/realms/nt24-idp/v1/me', headers })).json()
  return { ...server, client, params: { realm, client: client.clientId }, ofAcme: { realm, organization: client.slug }, statuses, me }
}

suite('changes in force at once', () => {
  const shared = shareTestServer()

  for (const setting of ['enabled', 'serviceAccountEnabled'] as const) {
    test(`a client whose "${setting}" is off gets no token, and its token is rejected, until it is on again`, async () => {
      const { admin, params, statuses } = await givenToken(shared())
      assert.deepEqual(await statuses(), [200, 200])
      await admin('clients.update', { params, body: { [setting]: false } })
      assert.deepEqual(await statuses(), [401, 401])
      await admin('clients.update', { params, body: { [setting]: true } })
      assert.deepEqual(await statuses(), [200, 200])
    })
  }

  test('a suspended organization gets no token, and GET /v1/me gives the reason', async () => {
    const { admin, ofAcme, statuses, me } = await givenToken(shared())
    await admin('organizations.update', { params: ofAcme, body: { status: 'suspended' } })
    assert.deepEqual(await statuses(), [401, 200])
    assert.equal((await me()).organization.status, 'suspended')
    await admin('organizations.update', { params: ofAcme, body: { status: 'active' } })
    assert.deepEqual(await statuses(), [200, 200])
  })

  test('authorizing and withdrawing a partner take effect with the same token', async () => {
    const { admin, ofAcme, me } = await givenToken(shared())
    const counts = [(await me()).partners.length]
    await admin('partners.authorize', { params: { ...ofAcme, partner }, body: { name: 'Seller' } })
    counts.push((await me()).partners.length)
    await admin('partners.withdraw', { params: { ...ofAcme, partner } })
    counts.push((await me()).partners.length)
    assert.deepEqual(counts, [0, 1, 0])
  })

  test('a change of capabilities and an acceptance of the DPA take effect with the same token', async () => {
    const { admin, ofAcme, me } = await givenToken(shared())
    await admin('organizations.update', { params: ofAcme, body: { capabilities: { allowMarketplaceLedKyc: true } } })
    await admin('dpa.accept', { params: ofAcme, body: { version: '2026-01', acceptedBy: 'Ada' } })
    const { capabilities, dpa } = await me()
    assert.deepEqual([capabilities, dpa.status], [{ allowMarketplaceLedKyc: true }, 'accepted'])
  })

  test('a disabled operator is denied every request', async () => {
    const { admin, createOperator, tokenOf, request, requestToken } = await givenToken(shared())
    const other = await createOperator()
    const headers = { authorization: `Bearer ${await tokenOf('operators', other)}` }
    await admin('clients.update', { params: { realm: 'operators', client: other.clientId }, body: { enabled: false } })
    assert.equal((await request({ url: `/admin/v1/realms/${realm}/organizations`, headers })).statusCode, 401)
    assert.equal((await requestToken('operators', tokenRequest(other))).statusCode, 401)
  })

  test('every call of createOperator creates another operator', async () => {
    const { operator, tokenOf } = shared()
    assert.match(operator.clientId, /^operator-[0-9a-f]{8}$/)
    assert.equal((await tokenOf('operators', operator)).split('.').length, 3)
  })
})

test('abuse 157: a new server has no operator and no client until one is created', async () => {
  const { database } = await startTestServer()
  const events = await database.query("select kind, detail from audit_events where kind <> 'token.request' order by id")
  assert.deepEqual(
    events.map(({ kind, detail }) => [kind, (JSON.parse(String(detail)) as { by: { client: string } }).by.client]),
    [
      ['organizations.create', 'setup'],
      ['clients.create', 'setup'],
    ],
  )
  assert.equal((await database.query('select count(*) as count from clients'))[0]?.['count'], 1)
})
