import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { shareTestServer } from '../../test/test-server.fixture.ts'

const realm = 'nt24-idp'
const partner = 'b42d0000-0000-4000-8000-000000001a7a'

suite('a search in a realm', () => {
  const shared = shareTestServer()
  let acme: { readonly id: string; readonly client: string }

  before(async () => {
    const { admin, aClient } = shared()
    const { organizationId } = await aClient(realm, { slug: 'acme', name: 'Order backend' })
    await aClient(realm, { slug: 'borealis', name: 'Acme proxy' })
    await admin('partners.register', { params: { realm, partner }, body: { name: 'Alder Retail' } })
    await aClient('prod', { slug: 'acme', name: 'Order backend' })
    const { id } = await admin('clients.get', { params: { realm, client: 'api-client-acme' } })
    acme = { id: organizationId, client: id }
  })

  const find = async (q: string) => {
    const { items } = await shared().admin('find', { params: { realm }, query: { q } })
    return items.map(({ kind, id, match }) => `${kind} ${id} ${match}`)
  }

  test('ids that begin with the text come first, then ids and names that contain it', async () => {
    assert.deepEqual(await find('acm'), ['organization acme id', 'client api-client-acme text', 'client api-client-borealis text'])
    assert.deepEqual(await find('api-client-b'), ['client api-client-borealis id'])
    assert.deepEqual(await find('ORDER'), ['client api-client-acme text'])
    assert.deepEqual(await find('alder'), [`partner ${partner} text`])
    assert.deepEqual(await find('%'), [])
    assert.deepEqual(await find('nothing of the kind'), [])
  })

  test('organizations, clients and partners are found by their UUIDs and the beginnings of these', async () => {
    assert.deepEqual(await find(acme.id), ['organization acme id'])
    assert.deepEqual(await find(acme.id.slice(0, 8).toUpperCase()), ['organization acme id'])
    assert.deepEqual(await find(acme.client), ['client api-client-acme id'])
    assert.deepEqual(await find('b42d'), [`partner ${partner} id`])
  })

  test('each says where it is', async () => {
    const { items } = await shared().admin('find', { params: { realm }, query: { q: 'acme' } })
    assert.deepEqual(
      items.map(({ kind, name, where }) => [kind, name, where]),
      [
        ['organization', 'acme', acme.id],
        ['client', 'Order backend', 'acme'],
        ['client', 'Acme proxy', 'borealis'],
      ],
    )
  })

  test('of many the first 20 are returned, of each kind in turn', async () => {
    const { admin } = shared()
    for (let number = 10; number < 32; number++)
      await admin('organizations.create', { params: { realm }, body: { slug: `many-${number}`, name: 'One of many' } })
    await admin('clients.create', { params: { realm }, body: { organization: 'many-10', clientId: 'many-clients', name: 'Many' } })
    const { items, more } = await admin('find', { params: { realm }, query: { q: 'many' } })
    assert.deepEqual([items.length, more, items[1]!.id], [20, true, 'many-clients'])
  })

  test('abuse 147: nothing of another realm is found, and clients only with the scope for them', async () => {
    const { admin, request, tokenOf, aClient } = shared()
    const { slug } = await aClient('prod', { slug: 'only-there' })
    assert.deepEqual(await find(slug), [])
    assert.ok((await find('acme')).some((item) => item.startsWith('client ')))
    const body = { organization: 'operators', clientId: 'reader', name: 'Reader', scopes: ['organizations:read'] }
    const { clientSecret } = await admin('clients.create', { params: { realm: 'operators' }, body })
    const authorization = `Bearer ${await tokenOf('operators', { clientId: 'reader', clientSecret: clientSecret! })}`
    const found = await request({ url: `/admin/v1/realms/${realm}/find?q=acme`, headers: { authorization } })
    assert.deepEqual(
      found.json<{ items: { kind: string }[] }>().items.map(({ kind }) => kind),
      ['organization'],
    )
  })
})
