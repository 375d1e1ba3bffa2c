import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { sql } from 'kysely'
import { aPostgresDatabase, skipWithoutPostgres } from '../../test/store/postgres.fixture.ts'
import { aFileOfSqlite } from '../../test/store/sqlite-file.fixture.ts'
import { migrations } from './migrations.ts'
import { openStore } from './store.ts'

const every = ['organizations:read', 'organizations:write', 'clients:read', 'clients:write', 'secrets:write', 'audit:read']
const clients = [
  { id: 'all', realm: 'operators', scopes: JSON.stringify(every), role: 'owner' },
  { id: 'all in another order', realm: 'operators', scopes: JSON.stringify(every.toReversed()), role: 'owner' },
  { id: 'damaged', realm: 'operators', scopes: '["organizations:read",', role: null },
  { id: 'of another realm', realm: 'prod', scopes: JSON.stringify(every), role: null },
  { id: 'one less', realm: 'operators', scopes: JSON.stringify(every.slice(1)), role: null },
]

const locations = { SQLite: aFileOfSqlite, PostgreSQL: (t: TestContext) => aPostgresDatabase(t) }
for (const [kind, locate] of Object.entries(locations)) {
  for (const last of ['003-rotation', '008-credentials']) {
    const skip = kind === 'PostgreSQL' && skipWithoutPostgres()
    test(`${kind}: operators with every scope of a store up to ${last} become owners, and no other client`, { skip }, async (t) => {
      const location = await locate(t)
      const history = Object.fromEntries(Object.entries(migrations).filter(([name]) => name <= last))
      const { db, close } = await openStore(location, { history })
      await sql`insert into organizations (id, realm, slug, name, status, capabilities, created_at, updated_at)
        values ('o', 'operators', 'operators', 'Operators', 'active', '{}', 1, 1)`.execute(db)
      for (const { id, realm, scopes } of clients)
        await sql`insert into clients (id, realm, client_id, organization_id, name, enabled, service_account_enabled, scopes, created_at, updated_at)
          values (${id}, ${realm}, ${id}, 'o', 'One', 1, 1, ${scopes}, 1, 1)`.execute(db)
      await close()
      const store = await openStore(location)
      t.after(() => store.close())
      const rows = await store.db.selectFrom('clients').select(['id', 'role']).orderBy('id').execute()
      assert.deepEqual(
        rows.map(({ id, role }) => ({ id, role })),
        clients.map(({ id, role }) => ({ id, role })),
      )
    })
  }
}
