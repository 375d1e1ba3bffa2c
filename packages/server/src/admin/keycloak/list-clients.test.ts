// Keycloak 26.7.3 was asked the same; its clients expect these answers.
import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { addManyClients } from '../../../test/many-clients.fixture.ts'
import { shareTestServer } from '../../../test/test-server.fixture.ts'

const realm = 'nt24-idp'
/** More than two portions. */
const count = 1100
const names = Array.from({ length: count }, (_, i) => `many-${i + 1}`).toSorted()

suite("Keycloak's list of 1,100 clients", () => {
  const shared = shareTestServer()
  let token = ''
  before(async () => {
    const server = shared()
    const { organizationId, clientId } = await server.aClient(realm)
    await server.admin('clients.delete', { params: { realm, client: clientId } })
    await addManyClients(server, { realm, organizationId, prefix: 'many', count })
    token = await server.tokenOf('operators', server.operator)
  })

  const list = (query: string) =>
    shared().request({ url: `/admin/realms/${realm}/clients${query}`, headers: { authorization: `Bearer ${token}` } })
  const listed = async (query: string) => {
    const response = await list(query)
    assert.equal(response.statusCode, 200, response.body)
    assert.equal(response.headers['content-type'], 'application/json; charset=utf-8')
    return response.json<{ clientId: string }[]>().map(({ clientId }) => clientId)
  }

  for (const [query, expected] of Object.entries({
    '': names,
    '?max=-1': names,
    '?max=-7&first=0': names,
    '?max=1050': names.slice(0, 1050),
    '?max=5000': names,
    '?max=2147483647': names,
    '?max=-2147483648': names,
    '?first=2147483647': [],
    '?max=0': [],
    '?first=60': names.slice(60),
    '?first=60&max=-1': names.slice(60),
    '?first=-1&max=2': names.slice(0, 2),
    '?first=5&max=5': names.slice(5, 10),
    '?first=5000&max=5': [],
    '?first=5000': [],
    '?search=true&clientId=MANY-110': ['many-110', 'many-1100'],
    '?search=true&clientId=any': names,
    '?clientId=MANY-110': [],
    '?clientId=many-110': ['many-110'],
    '?search=true&clientId=m%25y': [],
  })) {
    test(`fault 5.5: "${query}" lists ${expected.length} clients`, async () => {
      assert.deepEqual(await listed(query), expected)
    })
  }

  for (const query of [
    '?max=abc',
    '?max=',
    '?first=1.5',
    '?max=1e3',
    '?max=99999999999',
    '?max=2147483648',
    '?first=-2147483649',
    '?max=1&max=2',
  ]) {
    test(`fault 5.5: "${query}" is refused, not taken for another number`, async () => {
      const response = await list(query)
      assert.equal(response.statusCode, 400)
      assert.match(response.json().detail, /^\/query\/(?:max|first): (?:expected|"max" must be given once)/)
    })
  }
})
