import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { CompiledQuery, sql } from 'kysely'
import { fillStore } from '../../test/store/fill-store.fixture.ts'
import { aPostgresDatabase, skipWithoutPostgres } from '../../test/store/postgres.fixture.ts'
import { aFileOfSqlite } from '../../test/store/sqlite-file.fixture.ts'
import { createKeyRingFile } from '../keys/key-ring.ts'
import { openStore } from '../store/store.ts'
import { readClients } from './read-clients.ts'
import { readAllCredentials } from './read-credentials.ts'
import { readSecrets } from './read-secrets.ts'

const stores = {
  SQLite: { locate: aFileOfSqlite, skip: false, explain: 'explain query plan', scan: /\bSCAN\b/ },
  PostgreSQL: {
    locate: (t: TestContext) => aPostgresDatabase(t),
    skip: skipWithoutPostgres(),
    explain: 'explain',
    scan: /\bSeq Scan\b/,
  },
}

for (const [kind, { locate, skip, explain, scan }] of Object.entries(stores)) {
  test(`${kind}: clients and their credentials are found by indices, independent of the number of other rows`, { skip }, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-plans-'))
    t.after(() => rmSync(folder, { recursive: true }))
    createKeyRingFile(join(folder, 'pepper'))
    const location = await locate(t)
    await fillStore({ location, pepper: join(folder, 'pepper'), clients: 3000 })
    const { db, close } = await openStore(location)
    t.after(close)
    await sql`analyze`.execute(db)
    const queries: CompiledQuery[] = []
    const listening = db.withPlugin({
      transformQuery({ node, queryId }) {
        queries.push(db.getExecutor().compileQuery(node, queryId))
        return node
      },
      transformResult: async ({ result }) => result,
    })
    const clients = await readClients(listening, 'soak', ['client-7', 'client-8'])
    assert.deepEqual(
      [...clients.values()].map(({ secrets }) => secrets.length),
      [1, 1],
    )
    const ids = [...clients.values()].map(({ id }) => id)
    await readSecrets(listening, ids)
    await readAllCredentials(listening, clients.get('client-7')!.organization.id, () => assert.fail())
    assert.equal(queries.length, 3)
    for (const query of queries) {
      const { rows } = await db.executeQuery(CompiledQuery.raw(`${explain} ${query.sql}`, [...query.parameters]))
      const plan = rows.map((row) => Object.values(row as object).join(' ')).join('\n')
      assert.doesNotMatch(plan, scan, plan)
      assert.match(plan, /credentials_client/)
    }
  })
}
