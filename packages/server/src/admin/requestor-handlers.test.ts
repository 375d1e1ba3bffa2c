import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { shareTestServer, type TestServer } from '../../test/test-server.fixture.ts'

const realm = 'partner-api'
/** Ids of requestors are unique in the store, so each organization gets some of its own. */
let organizations = 0

async function withPersons(server: TestServer) {
  const { slug } = await server.aClient(realm)
  const ofAcme = { realm, organization: slug }
  const group = ++organizations
  const person = (n: number) => `00000000-0000-4000-8000-00000000${group}00${n}`
  for (const n of [2, 1, 3])
    await server.admin('requestors.create', { params: ofAcme, body: { id: person(n), permissions: ['payments:create'] } })
  return { ...server, ofAcme, person }
}

suite('requestors of organizations that each test creates', () => {
  const shared = shareTestServer()

  test('requestors are listed by id, in pages, and read', async () => {
    const { admin, ofAcme, person } = await withPersons(shared())
    const first = await admin('requestors.list', { params: ofAcme, query: { limit: 2 } })
    const second = await admin('requestors.list', { params: ofAcme, query: { limit: 2, after: first.next! } })
    assert.deepEqual(
      [...first.items, ...second.items].map(({ id }) => id),
      [1, 2, 3].map(person),
    )
    assert.equal(second.next, null)
    const { version } = await admin('organizations.get', { params: ofAcme })
    assert.deepEqual(await admin('requestors.get', { params: { ...ofAcme, requestor: person(2) } }), { ...first.items[1], version })
  })

  test('the permissions of a requestor are replaced as a whole, and change the ETag of the organization', async () => {
    const { admin, ofAcme, person } = await withPersons(shared())
    const { version } = await admin('organizations.get', { params: ofAcme })
    const params = { ...ofAcme, requestor: person(1) }
    const body = { permissions: ['customers:read', 'customers:read'] }
    assert.deepEqual(await admin('requestors.update', { params, body }), {
      id: person(1),
      permissions: ['customers:read'],
      version: version + 1,
    })
    assert.deepEqual((await admin('requestors.update', { params, body: { permissions: [] } })).permissions, [])
    assert.equal((await admin('organizations.get', { params: ofAcme })).version, version + 2)
  })

  test('abuse 147: a requestor that was deleted or belongs to another organization is not found', async () => {
    const { admin, requestAdmin, aClient, ofAcme, person } = await withPersons(shared())
    await aClient(realm, { slug: 'borealis' })
    await admin('requestors.delete', { params: { ...ofAcme, requestor: person(1) } })
    const paths = [
      { ...ofAcme, requestor: person(1) },
      { realm, organization: 'borealis', requestor: person(2) },
    ]
    for (const params of paths) {
      const answers = [
        await requestAdmin('requestors.get', { params }),
        await requestAdmin('requestors.update', { params, body: { permissions: [] } }),
        await requestAdmin('requestors.delete', { params }),
      ]
      assert.deepEqual(
        answers.map(({ statusCode }) => statusCode),
        [404, 404, 404],
      )
    }
    assert.deepEqual((await admin('requestors.get', { params: { ...ofAcme, requestor: person(2) } })).permissions, ['payments:create'])
  })
})
