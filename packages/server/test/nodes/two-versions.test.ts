// A rolling upgrade: the next version has migrated the schema, only ever by adding to it, and the previous version keeps working
// beside it and can be restarted.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Kysely } from 'kysely'
import { migrations } from '../../src/store/migrations.ts'
import { skipWithoutPostgres } from '../store/postgres.fixture.ts'
import { openStore } from '../../src/store/store.ts'
import { inRealm, startNodes, type Node } from './nodes.fixture.ts'

const skip = skipWithoutPostgres()

/** Adds a column to every table that requests read or write. */
async function addEverywhere(db: Kysely<unknown>): Promise<void> {
  for (const table of ['organizations', 'clients', 'credentials', 'audit_events', 'audit_seals', 'changes', 'epoch', 'revoked_tokens'])
    await db.schema.alterTable(table).addColumn('of_the_next_version', 'text').execute()
  await db.schema.createTable('next_things').addColumn('name', 'text').execute()
  await db.schema.createIndex('next_clients').on('clients').column('of_the_next_version').execute()
}

test(
  'abuse 224: during and after the migration of the next version both versions serve, and the previous one can be restarted',
  { skip },
  async (t) => {
    const { nodes, url, addNode, aKnownClient, verify } = await startNodes(t, 1)
    const [before] = nodes as [Node]
    const client = await aKnownClient()
    const other = await aKnownClient('beta')
    const statuses = new Set<number>()
    const upgraded = new AbortController()
    const load = Array.from({ length: 4 }, async (_, i) => {
      for (let turn = 0; !upgraded.signal.aborted || turn < 5; turn++) {
        statuses.add((await before.requestToken(client)).status).add((await before.me(client.token)).status)
        await before.admin.call(
          'clients.update',
          { params: { ...inRealm, client: other.clientId }, body: { name: `${i}-${turn}` } },
          { ifMatch: '*' },
        )
      }
    })

    await (await openStore(url, { history: { ...migrations, '999-next': { up: addEverywhere } }, say: () => {} })).close()
    upgraded.abort()
    await Promise.all(load)
    assert.deepEqual(statuses, new Set([200]))

    const again = await addNode()
    for (const node of [before, again]) assert.equal((await node.requestToken(client)).status, 200)
    const params = { ...inRealm, client: client.clientId }
    const { clientSecret } = await before.admin.call('rotation.start', { params, body: {} })
    assert.equal((await again.requestToken({ ...client, clientSecret: clientSecret! })).status, 200)
    await again.admin.call('clients.update', { params, body: { enabled: false } }, { ifMatch: '*' })
    await before.server.pull()
    assert.equal((await before.requestToken(client)).status, 401)
    for (const { server } of nodes) await server.close()
    assert.equal((await verify()).fault, undefined)
  },
)
