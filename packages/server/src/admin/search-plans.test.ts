import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { suite, test, type TestContext } from 'node:test'
import { sql } from 'kysely'
import { aFileOfSqlite } from '../../test/store/sqlite-file.fixture.ts'
import { writeCursor } from '../api/page.ts'
import type { Realm } from '../realms/realm.ts'
import { openStore, type Store } from '../store/store.ts'
import { findInRealm } from './find-in-realm.ts'
import { listClients } from './list-clients.ts'
import { listOrganizations } from './list-organizations.ts'

const realm = { name: 'r' } as Realm
const page = { limit: 50, organizationId: undefined }
const circumstances = { required: null, scopes: new Set<string>(), now: 0 }

suite('SQLite, without statistics of its tables', () => {
  /** The plans of the statements that it runs, by their texts. */
  async function plansOf(t: TestContext, run: (db: Store['db']) => Promise<unknown>): Promise<[statement: string, plan: string][]> {
    const { db, close } = await openStore(aFileOfSqlite(t))
    const prepare = t.mock.method(DatabaseSync.prototype, 'prepare')
    await run(db)
    const statements = prepare.mock.calls.map(({ arguments: [statement] }) => String(statement)).filter((text) => text.startsWith('select'))
    prepare.mock.restore()
    const plans = statements.map(async (statement): Promise<[string, string]> => {
      const { rows } = await sql<{ detail: string }>`explain query plan ${sql.raw(statement.replaceAll('?', "'1'"))}`.execute(db)
      return [statement, rows.map(({ detail }) => detail).join('; ')]
    })
    const all = await Promise.all(plans)
    await close()
    return all
  }

  const kinds = new Set(['organization', 'client', 'partner'] as const)
  const searches: Record<string, (db: Store['db']) => Promise<unknown>> = {
    find: (db) => findInRealm(db, realm, 'text', kinds),
  }
  for (const sort of ['clientId', '-clientId', 'createdAt', '-createdAt'] as const)
    searches[`clients by ${sort}`] = (db) =>
      listClients(db, realm, { ...page, sort, search: 'text', after: writeCursor({ by: sort }, sort.endsWith('At') ? 1 : 'a', 'a') }, 0)
  for (const sort of ['slug', 'name', '-name', 'createdAt', '-createdAt'] as const)
    searches[`organizations by ${sort}`] = (db) =>
      listOrganizations(
        db,
        realm,
        { ...page, sort, search: 'text', after: writeCursor({ by: sort }, sort.endsWith('At') ? 1 : 'a', 'a') },
        circumstances,
      )

  for (const [name, run] of Object.entries(searches))
    test(`${name}: a search reads an index and no row, and sorts nothing`, async (t) => {
      const found = (await plansOf(t, run)).filter(([statement]) => statement.includes(' like '))
      assert.ok(found.length > 0)
      for (const [statement, plan] of found) {
        assert.match(plan, /^SEARCH \w+ USING COVERING INDEX/, statement)
        assert.doesNotMatch(plan, /TEMP B-TREE/, statement)
      }
    })

  const after = writeCursor({ by: 'clientId' }, 'a', 'a')
  for (const [name, more] of Object.entries({
    'the first ones': {},
    'later ones': { after },
    'those of a search': { search: 'text', after },
  }))
    test(`of the clients of an organization, ${name} are read by the organization, and not all of the realm`, async (t) => {
      const query = { ...page, sort: 'clientId', organizationId: 'o', ...more } as const
      const plans = (await plansOf(t, (db) => listClients(db, realm, query, 0))).filter(([text]) => text.includes('"organization_id" = ?'))
      assert.ok(plans.length > 0)
      for (const [statement, plan] of plans) assert.match(plan, /^SEARCH clients USING INDEX clients_of_organization /, statement)
    })
})
