import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { shareTestServer, type TestServer } from '../../test/test-server.fixture.ts'

const realm = 'nt24-idp'
const clients = `/admin/v1/realms/${realm}/clients`

/** Sends requests about an organization of the test, each with the name of the organization in front of its key. */
async function withKeys(server: TestServer, slug: string) {
  const countAll = async (kind: string) => (await server.admin('audit.search', { params: {}, query: { kind, realm } })).items.length
  const earlier = new Map<string, number>()
  for (const kind of ['clients.create', 'organizations.create']) earlier.set(kind, await countAll(kind))
  await server.admin('organizations.create', { params: { realm }, body: { slug, name: 'Acme' } })
  const send = async (key: string, payload: object, url = clients) => {
    const authorization = `Bearer ${await server.tokenOf('operators', server.operator)}`
    return server.request({ method: 'POST', url, headers: { authorization, 'idempotency-key': `${slug}-${key}` }, payload })
  }
  /** The events of the test. */
  const count = async (kind: string) => (await countAll(kind)) - earlier.get(kind)!
  const aBody = { organization: slug, clientId: `${slug}-once`, name: 'Once' }
  return { aBody, send, count }
}

suite('keys for requests that are to be applied once', () => {
  const shared = shareTestServer()

  test('abuse 151: a retried create with the same key is applied once, and its secret is not returned again', async () => {
    const { aBody, send, count } = await withKeys(shared(), 'retried')
    const first = await send('key-1', aBody)
    const second = await send('key-1', aBody)
    assert.deepEqual([first.statusCode, second.statusCode, await count('clients.create')], [201, 201, 1])
    assert.match(first.json().clientSecret, /^csk_/)
    assert.deepEqual(second.json(), { ...first.json(), clientSecret: null })
  })

  test('abuse 151: of ten concurrent requests with the same key one is applied, and all get its response', async () => {
    const { aBody, send, count } = await withKeys(shared(), 'concurrent')
    const answers = await Promise.all(Array.from({ length: 10 }, () => send('key-1', aBody)))
    assert.deepEqual(new Set(answers.map(({ statusCode }) => statusCode)), new Set([201]))
    assert.equal(answers.filter((answer) => answer.json().clientSecret !== null).length, 1)
    assert.equal(new Set(answers.map((answer) => answer.json().client.id)).size, 1)
    assert.equal(await count('clients.create'), 1)
  })

  test('abuse 151: a key reused with another body or for another operation is rejected without effect', async () => {
    const { aBody, send, count } = await withKeys(shared(), 'reused')
    await send('key-1', aBody)
    const others = [
      await send('key-1', { ...aBody, name: 'Other' }),
      await send('key-1', { slug: 'other', name: 'Other' }, `/admin/v1/realms/${realm}/organizations`),
    ]
    assert.deepEqual(
      others.map(({ statusCode }) => statusCode),
      [422, 422],
    )
    assert.equal((await count('clients.create')) + (await count('organizations.create')), 2)
  })

  test('abuse 151: a rejected request can be retried with its key', async () => {
    const { aBody, send } = await withKeys(shared(), 'rejected')
    const refused = await send('key-1', { ...aBody, organization: 'later' })
    assert.equal(refused.statusCode, 404)
    await send('key-2', { slug: 'later', name: 'Later' }, `/admin/v1/realms/${realm}/organizations`)
    assert.equal((await send('key-1', { ...aBody, organization: 'later' })).statusCode, 201)
  })
})
