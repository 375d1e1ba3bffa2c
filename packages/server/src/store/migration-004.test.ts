import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { migrations } from './migrations.ts'
import { aPostgresDatabase, skipWithoutPostgres } from '../../test/store/postgres.fixture.ts'
import { openStore } from './store.ts'

/** The migrations of version 0.1.0, the version before this one. */
const before = Object.fromEntries(Object.entries(migrations).filter(([name]) => name < '004'))

const locations = {
  async SQLite(t: TestContext) {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-migration-'))
    t.after(() => rmSync(folder, { recursive: true }))
    return `sqlite:${join(folder, 'store.db')}`
  },
  PostgreSQL: (t: TestContext) => aPostgresDatabase(t),
}

for (const [kind, locate] of Object.entries(locations)) {
  const skip = kind === 'PostgreSQL' && skipWithoutPostgres()
  for (const [what, changes, last] of [
    ['a store with changes', 3, 3],
    ['a store whose changes were all deleted', 0, 7],
    ['a store without changes', 0, 0],
  ] as const) {
    test(`fault 9.1: ${kind}: ${what} gets an identity, and of two stores each has its own`, { skip }, async (t) => {
      const identities = new Set<unknown>()
      for (let i = 0; i < 2; i++) {
        const location = await locate(t)
        const old = await openStore(location, { history: before })
        const rows = Array.from({ length: changes }, (_row, n) => ({ number: n + 1, realm: 'prod', organization_id: null, at: 1 }))
        for (const row of rows)
          await old.db
            .insertInto('changes')
            .values(row as typeof row & { identity: null })
            .execute()
        await old.db.updateTable('epoch').set({ value: last }).execute()
        await old.close()
        const store = await openStore(location)
        const { identity } = await store.db.selectFrom('changes').select('identity').where('number', '=', last).executeTakeFirstOrThrow()
        identities.add(identity)
        await store.close()
      }
      assert.equal(identities.size, 2)
      assert.ok(!identities.has(null))
    })
  }
}

test(
  'fault 9.1: a change written by a server of the previous version on PostgreSQL has an identity',
  { skip: skipWithoutPostgres() },
  async (t) => {
    const store = await openStore(await aPostgresDatabase(t))
    t.after(() => store.close())
    const row = { number: 1, realm: 'prod', organization_id: null, at: 1 }
    await store.db
      .insertInto('changes')
      .values(row as typeof row & { identity: null })
      .execute()
    const { identity } = await store.db.selectFrom('changes').select('identity').where('number', '=', 1).executeTakeFirstOrThrow()
    assert.match(identity ?? '', /^[0-9a-f-]{36}$/)
  },
)
