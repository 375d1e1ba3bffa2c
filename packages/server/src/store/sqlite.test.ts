import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test, type TestContext } from 'node:test'
import { sql, type Kysely } from 'kysely'
import { testStoreContract } from '../../test/store/store-contract.fixture.ts'
import { migrations } from './migrations.ts'
import { isStoreUnavailable, StoreError } from './store-errors.ts'
import { openStore } from './store.ts'

testStoreContract('SQLite in memory', () => openStore('sqlite::memory:'))
testStoreContract('SQLite in a file', (t) => openStore(`sqlite:${aFile(t)}`))

function aFile(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-test-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return join(folder, 'store.db')
}

test('migrations run once, however often the store is opened', async (t) => {
  const file = aFile(t)
  for (let i = 0; i < 2; i++) await (await openStore(`sqlite:${file}`)).close()
  const database = new DatabaseSync(file)
  t.after(() => database.close())
  assert.equal(database.prepare('select * from kysely_migration').all().length, Object.keys(migrations).length)
})

for (const name of Object.keys(migrations)) {
  test(`a server that dies in the middle of migration ${name} starts again`, async (t) => {
    const file = aFile(t)
    const before = Object.fromEntries(Object.entries(migrations).filter(([other]) => other < name))
    const died = new Error('killed')
    const up = async (db: Kysely<unknown>) => {
      await migrations[name]!.up(db)
      throw died
    }
    await assert.rejects(openStore(`sqlite:${file}`, { history: { ...before, [name]: { up } } }), (error: Error) => error.cause === died)
    await (await openStore(`sqlite:${file}`)).close()
  })
}

test('commits are on disk, and readers do not wait for writers', async (t) => {
  const file = aFile(t)
  const store = await openStore(`sqlite:${file}`)
  t.after(() => store.close())
  await store.db.insertInto('settings').values({ name: 'a', value: 'b' }).execute()
  const other = new DatabaseSync(file)
  t.after(() => other.close())
  assert.deepEqual(
    other
      .prepare('select value from settings')
      .all()
      .map(({ value }) => value),
    ['b'],
  )
  assert.equal(other.prepare('pragma journal_mode').get()?.['journal_mode'], 'wal')
})

test('abuse 228: the connection uses a write-ahead log and waits for the disk at every commit', async (t) => {
  const store = await openStore(`sqlite:${aFile(t)}`)
  t.after(() => store.close())
  const setting = async (name: string) => Object.values((await sql.raw<object>(`pragma ${name}`).execute(store.db)).rows[0]!)[0]
  assert.deepEqual([await setting('journal_mode'), await setting('synchronous')], ['wal', 2])
})

test('abuse 230: a file that is not a database is rejected and left as it is', async (t) => {
  const file = aFile(t)
  writeFileSync(file, 'my thesis, the only copy. '.repeat(100))
  const before = readFileSync(file)
  await assert.rejects(
    openStore(`sqlite:${file}`),
    (error) => error instanceof StoreError && /left as it is.*restore a backup/.test(error.message),
  )
  assert.deepEqual(readFileSync(file), before)
})

test('abuse 230: the database of another program is rejected and left as it is', async (t) => {
  const file = aFile(t)
  const foreign = new DatabaseSync(file)
  foreign.exec('create table photos (name text)')
  foreign.close()
  const before = readFileSync(file)
  await assert.rejects(
    openStore(`sqlite:${file}`),
    (error) => error instanceof StoreError && /database of another program/.test(error.message),
  )
  assert.deepEqual(readFileSync(file), before)
})

test('abuse 230: a truncated database is rejected and left as it is', async (t) => {
  const file = aFile(t)
  await (await openStore(`sqlite:${file}`)).close()
  const before = readFileSync(file).subarray(0, 6000)
  writeFileSync(file, before)
  await assert.rejects(openStore(`sqlite:${file}`), StoreError)
  assert.deepEqual(readFileSync(file), before)
})

test('abuse 226: a change that runs out of disk space leaves nothing behind, and its error says why', async (t) => {
  const store = await openStore(`sqlite:${aFile(t)}`)
  t.after(() => store.close())
  await sql`pragma max_page_count = 1`.execute(store.db) // Fails at the next page.
  const change = store.transact(async (db) => {
    for (let i = 0; i < 100; i++)
      await db
        .insertInto('settings')
        .values({ name: `${i}`, value: 'x'.repeat(4000) })
        .execute()
  })
  await assert.rejects(change, (error) => isStoreUnavailable(error) && /full/.test((error as Error).message))
  assert.deepEqual(await store.db.selectFrom('settings').selectAll().execute(), [])
})

test('the error for an unwritable location says what to do', async () => {
  await assert.rejects(
    openStore('sqlite:/dev/null/store.db'),
    (error) => error instanceof StoreError && /Cannot use the store/.test(error.message),
  )
})

test('abuse 227: a second server on the same file is rejected, and one started later is not', async (t) => {
  const file = aFile(t)
  const first = await openStore(`sqlite:${file}`)
  const message = new RegExp(`^StoreError: Another server has the store ".*" open, process ${process.pid}\\. Stop that one first`)
  await assert.rejects(openStore(`sqlite:${file}`), message)
  await first.close()
  await (await openStore(`sqlite:${file}`)).close()
})

test('fault 6.7: the WAL shrinks again after a long reader has ended', async (t) => {
  const file = aFile(t)
  const store = await openStore(`sqlite:${file}`)
  t.after(() => store.close())
  const write = async (times: number) => {
    for (let i = 0; i < times; i++) {
      const value = String(i)
        .padStart(2, '0')
        .repeat(512 * 1024)
      await store.db
        .insertInto('settings')
        .values({ name: 'wal', value })
        .onConflict((c) => c.column('name').doUpdateSet({ value }))
        .execute()
    }
  }
  const reader = new DatabaseSync(file)
  reader.exec('begin; select * from settings')
  await write(24)
  assert.ok(statSync(`${file}-wal`).size > 20 * 1024 * 1024)
  reader.exec('commit')
  reader.close()
  await write(3)
  assert.ok(statSync(`${file}-wal`).size <= 8 * 1024 * 1024)
})
