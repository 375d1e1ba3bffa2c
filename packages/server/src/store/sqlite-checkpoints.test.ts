import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { Kysely, sql } from 'kysely'
import type { Schema } from './schema.ts'
import { sqliteDialect } from './sqlite.ts'
import { createSqliteTransactions } from './sqlite-checkpoints.ts'

async function aFile(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-checkpoints-'))
  const file = join(folder, 'store.db')
  const db = new Kysely<Schema>({ dialect: sqliteDialect(file) })
  t.after(async () => {
    await db.destroy()
    rmSync(folder, { recursive: true })
  })
  await sql`create table texts (text text)`.execute(db)
  const insert = async (on: Kysely<Schema>, count: number) => {
    const numbers = sql`with recursive n (i) as (select 1 union all select i + 1 from n where i < ${count})`
    await sql`insert into texts ${numbers} select hex(zeroblob(250)) from n`.execute(on)
  }
  const pages = async () => (await sql<{ wal_autocheckpoint: number }>`pragma wal_autocheckpoint`.execute(db)).rows[0]?.wal_autocheckpoint
  return { ...createSqliteTransactions(db, file), db, insert, pages, fileSize: () => statSync(file).size }
}

test('fault 5.3: the log of a large change is copied by a thread and not by its commit', async (t) => {
  const { transact, settled, insert, pages, fileSize } = await aFile(t)
  await transact((db) => insert(db, 100))
  assert.equal(await pages(), 1000)
  const before = fileSize()
  await transact((db) => insert(db, 20_000))
  assert.equal(fileSize(), before)
  await settled()
  assert.ok(fileSize() > 10_000_000)
  assert.equal(await pages(), 1000)
})

test('a large change that fails leaves the next commits as they were', async (t) => {
  const { transact, settled, insert, pages, db } = await aFile(t)
  const failing = transact(async (transaction) => {
    await insert(transaction, 20_000)
    throw new Error('no')
  })
  await assert.rejects(failing, /no/)
  await settled()
  assert.equal(await pages(), 1000)
  assert.deepEqual((await sql`select 1 from texts`.execute(db)).rows, [])
})
