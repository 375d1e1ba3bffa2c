// Rotation and compromise of signing keys where several servers share a store: they never disagree, whichever of them takes the steps.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { keyIdOf, markCompromised } from '../signing-key-change.fixture.ts'
import { skipWithoutPostgres } from '../store/postgres.fixture.ts'
import { startNodes, type Node } from './nodes.fixture.ts'

const skip = skipWithoutPostgres()
const day = 86_400_000
const lease = 300_000

async function start(t: TestContext, count: number, ofRealm?: (node: number) => string) {
  const startedAt = Date.now()
  let passed = 0
  const clockOf = () => () => startedAt + passed
  const cluster = await startNodes(t, count, { clockOf, systemClockOf: () => Date.now, ...(ofRealm && { ofRealm }) })
  const { nodes, query } = cluster
  const rotateAll = () => Promise.all(nodes.map(({ server }) => server.upkeep.rotateKeys()))
  const pullAll = () => Promise.all(nodes.map(({ server }) => server.pull()))
  const states = async () =>
    (await query<{ state: string }>(`select state from signing_keys where realm = 'prod'`)).map(({ state }) => state).toSorted()
  return { ...cluster, rotateAll, pullAll, states, advance: (milliseconds: number) => void (passed += milliseconds) }
}

test(
  'abuse 198: three servers rotate at once: one key signs, all publish it before, and every token is accepted by each',
  { skip },
  async (t) => {
    const { nodes, aKnownClient, tokenAt, publishedKeys, rotateAll, pullAll, states, advance } = await start(t, 3)
    const client = await aKnownClient()
    await rotateAll()
    await pullAll()
    assert.deepEqual(await states(), ['active', 'staged', 'staged'])
    const published = await Promise.all(nodes.map(publishedKeys))
    advance(90 * day)
    await rotateAll()
    const signed = await Promise.all(nodes.map((node) => tokenAt(node, client)))
    const kids = new Set(signed.map(keyIdOf))
    assert.equal(kids.size, 1)
    for (const keys of published) assert.ok(keys.includes([...kids][0]!))
    for (const node of nodes) for (const token of signed) assert.equal((await node.me(token)).status, 200)
    await rotateAll()
    advance(day)
    await rotateAll()
    await pullAll()
    assert.deepEqual(await states(), ['active', 'retired', 'staged', 'staged'])
    assert.equal(new Set((await Promise.all(nodes.map(publishedKeys))).map((keys) => keys.toSorted().join(' '))).size, 1)
  },
)

test('abuse 135: what one server marks as compromised no other accepts or signs with, once it has read the change', { skip }, async (t) => {
  const { nodes, folder, aKnownClient, tokenAt, publishedKeys, rotateAll, pullAll, advance } = await start(t, 2)
  const [one, other] = nodes as [Node, Node]
  const client = await aKnownClient()
  await rotateAll()
  await pullAll()
  advance(lease + 10_000)
  const before = await tokenAt(other, client)
  const { replacedBy } = await markCompromised(one.server, 'prod', folder, keyIdOf(before))
  // Not told: it learns of the change from the audit row of the token.
  assert.equal(keyIdOf(await tokenAt(other, client)), replacedBy)
  for (const node of nodes) {
    assert.equal((await node.me(before)).status, 401)
    assert.equal((await publishedKeys(node)).includes(keyIdOf(before)), false)
    assert.equal(keyIdOf(await tokenAt(node, client)), replacedBy)
  }
})

test(
  'a server that starts after a compromise does not bring the key back, and the next key signs when every server knows it',
  { skip },
  async (t) => {
    const { nodes, folder, addNode, aKnownClient, publishedKeys, rotateAll, pullAll, advance, states } = await start(t, 1)
    const [one] = nodes as [Node]
    const client = await aKnownClient()
    const { replacedBy, signsFrom } = await markCompromised(one.server, 'prod', folder, keyIdOf(client.token))
    assert.equal(replacedBy, null)
    assert.ok(signsFrom !== null)
    const again = await addNode()
    const [next] = await publishedKeys(again)
    for (const node of nodes) {
      const refused = await node.requestToken(client)
      assert.deepEqual([refused.status, (await node.me(client.token)).status, await publishedKeys(node)], [503, 401, [next]])
      assert.ok(Number(refused.headers['retry-after']) >= lease / 1000)
    }
    await rotateAll()
    assert.deepEqual(await states(), ['compromised', 'staged'])
    advance(lease + 10_000)
    await rotateAll()
    await pullAll()
    for (const node of nodes) assert.equal((await node.requestToken(client)).status, 200)
  },
)

test(
  'abuse 207: servers with the algorithm before and with the new one serve beside each other until all have the new one',
  { skip },
  async (t) => {
    const ofRealm = (node: number) => (node === 0 ? ', signingAlgorithm: EdDSA' : ', signingAlgorithm: ES256')
    const { nodes, aKnownClient, tokenAt, rotateAll, pullAll, advance } = await start(t, 2, ofRealm)
    const client = await aKnownClient()
    const everywhere = async () => {
      const tokens = await Promise.all(nodes.map((node) => tokenAt(node, client)))
      for (const node of nodes) for (const token of tokens) assert.equal((await node.me(token)).status, 200)
      return tokens.map((token) => (JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString()) as { alg: string }).alg)
    }
    assert.deepEqual(await everywhere(), ['EdDSA', 'EdDSA'])
    await rotateAll()
    await pullAll()
    advance(day + lease + 10_000)
    await rotateAll()
    await pullAll()
    assert.deepEqual(await everywhere(), ['EdDSA', 'ES256'])
  },
)
