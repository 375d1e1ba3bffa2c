import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { inspectStore, readStore } from './inspect-store.ts'
import { aPostgresDatabase, skipWithoutPostgres } from '../../test/store/postgres.fixture.ts'
import { StoreError } from './store-errors.ts'
import { openStore } from './store.ts'

const folder = mkdtempSync(join(tmpdir(), 'countersign-test-'))
test.after(() => rmSync(folder, { recursive: true }))

test('a SQLite store is missing, empty or used, and inspecting it creates nothing', async () => {
  const file = join(folder, 'store.db')
  assert.deepEqual(await inspectStore(`sqlite:${file}`), { state: 'missing', kind: 'sqlite', name: file })
  writeFileSync(file, '')
  assert.equal((await inspectStore(`sqlite:${file}`)).state, 'empty')
  await (await openStore(`sqlite:${file}`)).close()
  assert.equal((await inspectStore(`sqlite:${file}`)).state, 'used')
})

test('a PostgreSQL store is empty or used, and is named without its password', { skip: skipWithoutPostgres() }, async (t) => {
  const url = await aPostgresDatabase(t)
  const { password, pathname } = new URL(url)
  const found = await inspectStore(url)
  assert.deepEqual([found.state, found.kind, found.name.includes(password)], ['empty', 'postgres', false])
  assert.ok(found.name.endsWith(pathname))
  await (await openStore(url)).close()
  process.env['A_STORE'] = url
  assert.equal((await inspectStore('env:A_STORE')).state, 'used')
  assert.equal(process.env['A_STORE'], url, 'it is for whoever opens the store')
})

test('a store that cannot be read is named without its password', async () => {
  await assert.rejects(inspectStore('postgres://me:hunter2@127.0.0.1:1/x'), (error: Error) => {
    assert.match(error.message, /^Cannot read the store "postgres:\/\/me@127\.0\.0\.1:1\/x": .*ECONNREFUSED/)
    assert.doesNotMatch(error.message, /hunter2/)
    return true
  })
  await assert.rejects(inspectStore('postgres://me:a/b?c@127.0.0.1/x'), /The URL of the PostgreSQL store is malformed/)
  await assert.rejects(inspectStore('env:NO_SUCH_STORE'), /The environment variable "NO_SUCH_STORE" is not set/)
})

test('a database that hangs, starts or cannot be reached is away, which is no fault of the configuration', async () => {
  const codes = ['57P03', 'ECONNREFUSED', 'EHOSTUNREACH', '08006', '28P01', '3D000', undefined]
  const away = codes.map((code) => new StoreError('', { cause: Object.assign(new Error('no'), code !== undefined && { code }) }).isAway)
  assert.deepEqual(away, [true, true, true, true, false, false, false])
  assert.ok(new StoreError('', { cause: new Error('Connection terminated due to connection timeout') }).isAway)
  await assert.rejects(inspectStore('postgres://me@127.0.0.1:1/x'), /ECONNREFUSED.*\. Repair the database, or check its host/)
})

test('the database of another program is not read', async () => {
  const file = join(folder, 'other.db')
  const other = new DatabaseSync(file)
  other.exec('create table theirs (a)')
  other.close()
  await assert.rejects(
    readStore(`sqlite:${file}`, async () => {}),
    /Cannot read the store ".*other\.db": it is not a database of Countersign/,
  )
})
