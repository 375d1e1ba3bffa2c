import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { shareTestServer, startTestServer, type TestServer } from '../../test/test-server.fixture.ts'

const realm = 'nt24-idp'
const partnerId = (n: number) => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`

const startWithAcme = async () => withAcme(await startTestServer())

async function withAcme(server: TestServer) {
  const acme = await server.aClient(realm)
  const ofAcme = { realm, organization: acme.slug }
  const version = async () => (await server.admin('organizations.get', { params: ofAcme })).version
  const change = (body: object) => server.requestAdmin('partners.change', { params: ofAcme, body })
  return { ...server, acme, ofAcme, version, change }
}

test('a partner is registered, renamed, listed, found and read', async () => {
  const { admin } = await startWithAcme()
  const params = { realm, partner: partnerId(1) }
  const registered = await admin('partners.register', { params, body: { name: 'Alder' } })
  assert.deepEqual([registered.name, registered.organizations], ['Alder', 0])
  await admin('partners.register', { params: { realm, partner: partnerId(2) }, body: { name: 'Birch' } })
  const renamed = await admin('partners.register', { params, body: { name: 'Alder Retail' } })
  assert.deepEqual(renamed, { ...registered, name: 'Alder Retail' })
  assert.deepEqual(await admin('partners.get', { params }), renamed)
  const first = await admin('partners.list', { params: { realm }, query: { limit: 1 } })
  const second = await admin('partners.list', { params: { realm }, query: { limit: 1, after: first.next! } })
  assert.deepEqual([first.items, second.items.map(({ name }) => name), second.next], [[renamed], ['Birch'], null])
  const found = await admin('partners.list', { params: { realm }, query: { search: 'retail' } })
  assert.deepEqual(found.items, [renamed])
  const byId = await admin('partners.list', { params: { realm }, query: { search: partnerId(1).toUpperCase() } })
  assert.deepEqual(byId.items, [renamed])
})

suite('partners that no other test names', () => {
  const shared = shareTestServer()

  test('a partner that is registered is not renamed where only a new one is meant', async () => {
    const { admin, requestAdmin } = shared()
    const params = { realm, partner: partnerId(70_001) }
    const body = { name: 'Alder', onlyNew: true }
    assert.equal((await admin('partners.register', { params, body })).name, 'Alder')
    const again = await requestAdmin('partners.register', { params, body: { ...body, name: 'Birch' } })
    assert.deepEqual([again.statusCode, again.json().detail], [409, 'The partner "Alder" has this id.'])
    assert.equal((await admin('partners.get', { params })).name, 'Alder')
  })

  test('the organizations that may act for a partner are listed in pages, with their status', async () => {
    const { admin, requestAdmin, aClient } = shared()
    const partner = partnerId(70_000)
    const params = { realm, partner }
    await admin('partners.register', { params, body: { name: 'Alder' } })
    const list = (query = {}) => admin('partners.organizations', { params, query })
    assert.deepEqual(await list(), { items: [], next: null })
    const clients = [await aClient(realm), await aClient(realm)]
    for (const { slug } of clients) await admin('partners.authorize', { params: { ...params, organization: slug }, body: {} })
    await admin('organizations.suspend', { params: { realm, organization: clients[0]!.slug }, body: { reason: 'test' } })
    const all = (await list()).items
    assert.deepEqual(
      all.map(({ id, slug, status }) => [id, slug, status]),
      clients
        .map(({ organizationId, slug }, index) => [organizationId, slug, index === 0 ? 'suspended' : 'active'])
        .toSorted(([one], [other]) => (one! < other! ? -1 : 1)),
    )
    const first = await list({ limit: 1 })
    assert.deepEqual([...first.items, ...(await list({ limit: 1, after: first.next! })).items], all)
    for (const wrong of [
      { ...params, realm: 'prod' },
      { realm, partner: partnerId(99) },
    ])
      assert.equal((await requestAdmin('partners.organizations', { params: wrong, query: {} })).statusCode, 404)
  })

  test('a renamed partner has its new name at once in every organization, and changes their ETags', async () => {
    const { admin, request, tokenOf, aClient, ofAcme, version } = await withAcme(shared())
    const other = await aClient(realm, { slug: 'borealis' })
    const headers = { authorization: `Bearer ${await tokenOf(realm, other)}` }
    const namesAtMe = async () =>
      (await request({ url: '/realms/nt24-idp/v1/me', headers })).json().partners.map(({ name }: { name: string }) => name)
    const partner = partnerId(5)
    await admin('partners.authorize', { params: { ...ofAcme, partner }, body: { name: 'Old' } })
    await admin('partners.authorize', { params: { realm, organization: 'borealis', partner }, body: {} })
    assert.deepEqual(await namesAtMe(), ['Old'])
    const before = await version()
    await admin('partners.register', { params: { realm, partner }, body: { name: 'New' } })
    assert.deepEqual([await namesAtMe(), await version()], [['New'], before + 1])
  })

  test('a partner with authorized organizations is deleted only with force, which withdraws it', async () => {
    const { admin, requestAdmin, ofAcme, version } = await withAcme(shared())
    const partner = partnerId(6)
    await admin('partners.authorize', { params: { ...ofAcme, partner }, body: { name: 'Seller' } })
    const refused = await requestAdmin('partners.delete', { params: { realm, partner } })
    assert.equal(refused.statusCode, 409)
    assert.match(refused.json().detail, /^1 organization is authorized for the partner "Seller"/)
    const before = await version()
    await admin('partners.delete', { params: { realm, partner }, query: { force: 'true' } })
    assert.deepEqual((await admin('organizations.get', { params: ofAcme })).partners.list, [])
    assert.equal(await version(), before + 1)
    assert.equal((await requestAdmin('partners.get', { params: { realm, partner } })).statusCode, 404)
  })

  test('abuse 147: a partner of another realm is not found, not listed and cannot be registered again', async () => {
    const { admin, requestAdmin, aClient } = await withAcme(shared())
    const { slug } = await aClient('prod')
    const partner = partnerId(7)
    await admin('partners.register', { params: { realm, partner }, body: { name: 'Seller' } })
    const foreign = { realm: 'prod', partner }
    const refused = [
      await requestAdmin('partners.get', { params: foreign }),
      await requestAdmin('partners.delete', { params: foreign }),
      await requestAdmin('partners.register', { params: foreign, body: { name: 'Mine' } }),
      await requestAdmin('partners.change', { params: { realm: 'prod', organization: slug }, body: { authorize: [{ id: partner }] } }),
    ]
    assert.deepEqual(
      refused.map(({ statusCode }) => statusCode),
      [404, 404, 409, 400],
    )
    assert.ok(refused.every(({ body }) => !body.includes('Seller')))
    assert.deepEqual((await admin('partners.list', { params: { realm: 'prod' } })).items, [])
  })

  test('many partners are authorized and withdrawn in one request, and listed in pages', async () => {
    const { admin, acme, ofAcme, change } = await withAcme(shared())
    await change({ authorize: [1, 2, 3].map((n) => ({ id: partnerId(n), name: `Partner ${n}` })) })
    const response = await change({ authorize: [{ id: partnerId(1) }, { id: partnerId(4), name: 'Partner 4' }], withdraw: [partnerId(2)] })
    assert.equal(response.statusCode, 200)
    const first = await admin('partners.ofOrganization', { params: ofAcme, query: { limit: 2 } })
    const second = await admin('partners.ofOrganization', { params: ofAcme, query: { limit: 2, after: first.next! } })
    assert.deepEqual(
      [...first.items, ...second.items].map(({ name }) => name),
      ['Partner 1', 'Partner 3', 'Partner 4'],
    )
    assert.equal(second.next, null)
    const search = async (text: string, page = {}) =>
      admin('partners.ofOrganization', { params: ofAcme, query: { search: text, ...page } }).then(({ items, next }) => ({
        names: items.map(({ name }) => name),
        next,
      }))
    assert.deepEqual(await search('NER 3'), { names: ['Partner 3'], next: null })
    assert.deepEqual(await search(partnerId(4).slice(-6)), { names: ['Partner 4'], next: null })
    assert.deepEqual(await search('100%'), { names: [], next: null })
    const some = await search('partner', { limit: 2 })
    assert.deepEqual(some.names, ['Partner 1', 'Partner 3'])
    assert.deepEqual(await search('partner', { after: some.next }), { names: ['Partner 4'], next: null })
    const query = { kind: 'partners.change', organization: acme.organizationId }
    const [event] = (await admin('audit.search', { params: {}, query })).items
    assert.deepEqual([event?.detail['authorized'], event?.detail['withdrawn']], [[partnerId(4)], [partnerId(2)]])
  })
})

suite('batches that change nothing', () => {
  const shared = shareTestServer()

  const faulty = [
    ['a new partner has no name', { authorize: [{ id: partnerId(8), name: 'x' }, { id: partnerId(9) }] }, '/authorize/1/name'],
    [
      'a partner is listed twice',
      {
        authorize: [
          { id: partnerId(8), name: 'x' },
          { id: partnerId(8), name: 'y' },
        ],
      },
      '/authorize/1/id',
    ],
    ['a partner is on both lists', { authorize: [{ id: partnerId(1) }], withdraw: [partnerId(1)] }, '/withdraw/0'],
    ['a partner to withdraw is not authorized', { withdraw: [partnerId(1), partnerId(7)] }, '/withdraw/1'],
    [
      'an id is invalid',
      {
        authorize: [
          { id: partnerId(8), name: 'x' },
          { id: '*', name: 'x' },
        ],
      },
      '/authorize/1/id',
    ],
    ['a name contains a line break', { authorize: [{ id: partnerId(8), name: 'a\r\nb' }] }, '/authorize/0/name'],
    ['a row has an unknown member', { authorize: [{ id: partnerId(8), name: 'x', realm: 'prod' }] }, '/authorize/0/realm'],
  ] as const
  for (const [what, body, pointer] of faulty) {
    test(`abuse 161: no partner of a batch is changed if ${what}, and the row is named`, async () => {
      const { admin, ofAcme, change } = await withAcme(shared())
      await change({ authorize: [{ id: partnerId(1), name: 'Partner 1' }] })
      const before = await admin('organizations.get', { params: ofAcme })
      const response = await change(body)
      assert.deepEqual([response.statusCode, response.json().errors[0].pointer], [400, pointer])
      assert.deepEqual(await admin('organizations.get', { params: ofAcme }), before)
      assert.equal((await admin('partners.list', { params: { realm } })).items.length, 1)
    })
  }
})

test('abuse 161: 5,000 partners are taken at once, 5,001 are rejected, 5,000 errors get a short response', async () => {
  const { admin, ofAcme, change } = await startWithAcme()
  const authorize = Array.from({ length: 5001 }, (_, n) => ({ id: partnerId(n), name: `Partner ${n}` }))
  assert.equal((await change({ authorize })).statusCode, 400)
  assert.equal((await change({ authorize: authorize.slice(1) })).statusCode, 200)
  assert.equal((await admin('organizations.get', { params: ofAcme })).partners.total, 5000)
  const faults = await change({ authorize: authorize.slice(0, 5000).map(() => ({ id: 'x' })) })
  assert.equal(faults.json().errors.length, 100)
  assert.equal((await change({ withdraw: authorize.slice(1).map(({ id }) => id) })).statusCode, 200)
  assert.deepEqual((await admin('organizations.get', { params: ofAcme })).partners.list, [])
})

test('fault 5.3: a partner of 1,100 organizations is renamed and deleted in parts, none of which is missed', async () => {
  const { admin, database } = await startTestServer()
  const params = { realm: 'prod', partner: '33333333-3333-4333-8333-333333333333' }
  await admin('partners.register', { params, body: { name: 'Shared' } })
  const numbers = `with recursive n (i) as (select 1 union all select i + 1 from n where i < 1100)`
  const id = `'organization-' || cast(i as text)`
  await database.query(
    `insert into organizations (id, realm, slug, name, status, capabilities, tokens_not_before, created_at, updated_at)
     ${numbers} select ${id}, 'prod', ${id}, 'one of many', 'active', '{}', 0, 1, 1 from n`,
  )
  const authorize = `insert into partner_authorizations (organization_id, partner_id, created_at) ${numbers} select ${id}, ?, 1 from n`
  await database.query(authorize, params.partner)
  const versions = async () =>
    (await database.query(`select version, count(*) as count from organizations where name = 'one of many' group by version`)).map(
      ({ version, count }) => [version, Number(count)],
    )
  await admin('partners.register', { params, body: { name: 'Renamed' } })
  assert.deepEqual(await versions(), [[2, 1100]])
  await admin('partners.delete', { params, query: { force: 'true' } })
  assert.deepEqual(await versions(), [[3, 1100]])
  assert.deepEqual(await database.query('select organization_id from partner_authorizations'), [])
})
