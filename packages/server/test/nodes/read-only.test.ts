// A database that is writable again, while sessions that began before go on as they began.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { skipWithoutPostgres } from '../store/postgres.fixture.ts'
import { eventually } from '../store/processes.fixture.ts'
import { startNodes, type Node } from './nodes.fixture.ts'

const skip = skipWithoutPostgres()

const settings = { 'was read-only': 'default_transaction_read_only = on', 'had no schema': 'search_path = nowhere' }

for (const [what, setting] of Object.entries(settings)) {
  test(
    `fault 6.2: sessions from when the database ${what} are replaced, so the spool empties and changes are made`,
    { skip },
    async (t) => {
      const { nodes, aKnownClient, aClient, query, spooled, url } = await startNodes(t, 1)
      const [node] = nodes as [Node]
      const client = await aKnownClient()
      const database = `"${new URL(url).pathname.slice(1)}"`
      const alter = (change: string) => query(`begin read write; alter database ${database} ${change}; commit`)
      await alter(`set ${setting}`)
      await query('select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()')
      await eventually('events are spooled', async () => {
        await node.requestToken(client)
        return spooled(0) > 0
      })
      await alter(`reset ${setting.split(' ')[0]}`)
      await eventually('the spool is empty', () => spooled(0) === 0, 10)
      await eventually('changes are made', () =>
        aClient('beta').then(
          () => true,
          () => false,
        ),
      )
      assert.equal((await node.requestToken(client)).status, 200)
    },
  )
}
