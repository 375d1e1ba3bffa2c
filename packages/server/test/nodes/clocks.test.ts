// The clocks of two nodes differ by as much as allowed: a cut at either node includes every token that was issued before the cut
// was acknowledged, and tokens issued afterwards are valid at once.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeClockMovable, moveDatabaseClock } from '../store/database-clock.fixture.ts'
import { aPostgresDatabase, skipWithoutPostgres } from '../store/postgres.fixture.ts'
import { eventually } from '../store/processes.fixture.ts'
import { inRealm, startNodes, type Credentials, type Node } from './nodes.fixture.ts'

const skip = skipWithoutPostgres()

/** Requests tokens from every node, one after another, until it is stopped. */
function aThief(nodes: readonly Node[], client: Credentials) {
  const tokens: string[] = []
  const stopped = new AbortController()
  const loops = nodes.map(async (node) => {
    while (!stopped.signal.aborted) {
      const { status, json } = await node.requestToken(client)
      if (status === 200 && !stopped.signal.aborted) tokens.push(String(json['access_token']))
    }
  })
  return {
    tokens,
    async stop() {
      stopped.abort()
      await Promise.all(loops)
    },
  }
}

const seconds = 1000
const apart = { 'the slower': [-4.8, 4.8], 'the faster': [4.8, -4.8], 'one beside a faster': [0, 4.8] }

for (const [which, differences] of Object.entries(apart)) {
  const startApart = (t: Parameters<typeof startNodes>[0]) =>
    startNodes(t, 2, { clockOf: (node) => () => Date.now() + differences[node]! * seconds })

  test(`fault 9.3: a cut of an organization at ${which} node includes all tokens issued before it`, { skip }, async (t) => {
    const { nodes, aKnownClient } = await startApart(t)
    const [one, other] = nodes as [Node, Node]
    const client = await aKnownClient()
    const thief = aThief(nodes, client)
    await eventually('the thief has tokens', () => thief.tokens.length > 5)
    await one.admin.call('organizations.cutTokens', { params: { ...inRealm, organization: client.slug }, body: { reason: 'a test' } })
    const given = thief.tokens.slice()
    // The owner requests a token at once, also from the node that may not know of the cut yet.
    const owned: string[] = []
    for (const node of [other, one]) owned.push(String((await node.requestToken(client)).json['access_token']))
    await thief.stop()
    for (const node of nodes) {
      await node.server.pull()
      for (const token of given) assert.equal((await node.me(token)).status, 401)
      for (const token of owned) assert.equal((await node.me(token)).status, 200)
    }
  })

  test(`fault 9.3: a secret revoked at ${which} node gets no more tokens, and those it got are rejected`, { skip }, async (t) => {
    const { nodes, aKnownClient } = await startApart(t)
    const [one, other] = nodes as [Node, Node]
    const client = await aKnownClient()
    const params = { ...inRealm, client: client.clientId }
    const started = await one.admin.call('rotation.start', { params, body: {} })
    const owner = { ...client, clientSecret: started.clientSecret! }
    other.line.cutHints()
    const thief = aThief(nodes, client)
    await eventually('the thief has tokens', () => thief.tokens.length > 5)
    await one.admin.call('secrets.revoke', { params: { ...params, secret: started.secrets[1]!.id }, body: { reason: 'a test' } })
    // Requests after the revocation are denied, too.
    const late = [await other.requestToken(client), await one.requestToken(client)].map(({ status }) => status)
    await thief.stop()
    assert.deepEqual(late, [401, 401])
    const owned: string[] = []
    for (const node of nodes) owned.push(String((await node.requestToken(owner)).json['access_token']))
    for (const node of nodes) {
      await node.server.pull()
      for (const token of thief.tokens) assert.equal((await node.me(token)).status, 401)
      for (const token of owned) assert.equal((await node.me(token)).status, 200)
    }
  })
}

test(
  'fault 9.3: a cut includes tokens of a node that noticed before this one that the clock of the database was set',
  { skip },
  async (t) => {
    const drops: (() => Promise<void>)[] = []
    const database = await aPostgresDatabase({ after: (drop) => void drops.push(drop) }, { isMigrated: true })
    await makeClockMovable(database)
    const { nodes, aKnownClient, tokenAt } = await startNodes(t, 2, { database })
    t.after(() => Promise.all(drops.map((drop) => drop()))) // After the nodes.
    const [first, second] = nodes as [Node, Node]
    const client = await aKnownClient()
    await moveDatabaseClock(database, 4 * seconds)
    await first.server.pull()
    const token = await tokenAt(first, client)
    await second.admin.call('organizations.cutTokens', { params: { ...inRealm, organization: client.slug }, body: { reason: 'a test' } })
    for (const node of nodes) {
      await node.server.pull()
      assert.equal((await node.me(token)).status, 401)
      assert.equal((await node.me(await tokenAt(node, client))).status, 200)
    }
  },
)
