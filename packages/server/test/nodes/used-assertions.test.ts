// Assertions of clients at several nodes: each is used once, whichever nodes it reaches, and not at all if that cannot be recorded.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { assertionBy, createClientKey, tokenRequestBy } from '../client-key.fixture.ts'
import { injectRequest } from '../inject.fixture.ts'
import { skipWithoutPostgres } from '../store/postgres.fixture.ts'
import { inRealm, startNodes, type Node } from './nodes.fixture.ts'

const skip = skipWithoutPostgres()

async function given(t: TestContext, count: number) {
  const started = await startNodes(t, count)
  const client = await started.aKnownClient()
  const key = createClientKey()
  await started.nodes[0]!.admin.call('keys.add', { params: { ...inRealm, client: client.clientId }, body: { key: key.jwk } })
  const { issuer } = started.nodes[0]!.server.realms.get('prod')!
  const sign = () => assertionBy(key, { clientId: client.clientId, issuer, now: Date.now() })
  const present = async ({ server }: Node, assertion: string) => {
    const response = await injectRequest(server.app, {
      method: 'POST',
      url: '/prod/token',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams(tokenRequestBy(assertion)).toString(),
    })
    return response.statusCode
  }
  for (const node of started.nodes) assert.equal(await present(node, sign()), 200)
  return { ...started, client, sign, present }
}

test('abuse 069: an assertion that reaches three nodes 200 times at once is one token', { skip }, async (t) => {
  const { nodes, sign, present } = await given(t, 3)
  const assertion = sign()
  const statuses = await Promise.all(Array.from({ length: 200 }, (_, i) => present(nodes[i % 3]!, assertion)))
  assert.equal(statuses.filter((status) => status === 200).length, 1)
})

test(
  'abuse 072: without the store no assertion is accepted, not even of a client that is known; afterwards, and at a new node, used ones stay used',
  { skip },
  async (t) => {
    const { nodes, sign, present, client, addNode } = await given(t, 1)
    const [node] = nodes as [Node]
    const used = sign()
    assert.equal(await present(node, used), 200)
    node.line.cut()
    assert.equal((await node.requestToken(client)).status, 200, 'a secret needs no record')
    const during = sign()
    assert.equal(await present(node, during), 503)
    node.line.heal()
    assert.deepEqual([await present(node, used), await present(node, during)], [401, 401])
    const another = await addNode()
    assert.deepEqual([await present(another, used), await present(another, sign())], [401, 200])
  },
)
