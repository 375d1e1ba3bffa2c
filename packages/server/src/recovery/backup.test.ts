import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { startTestServer } from '../../test/test-server.fixture.ts'
import { backUpSqlite, putBackSqlite } from './sqlite-files.ts'

const skip = (process.env['COUNTERSIGN_TEST_STORE'] ?? 'sqlite') !== 'sqlite' && 'PostgreSQL has its own programs for this'

test('abuse 162: a backup contains neither a secret nor a private key in clear text', { skip }, async () => {
  const { configuration, folder, aClient, tokenOf, operator } = await startTestServer()
  const client = await aClient('nt24-idp')
  const token = await tokenOf('nt24-idp', client)
  const backup = join(folder, 'backup.db')
  backUpSqlite(configuration.store, backup)

  const bytes = readFileSync(backup)
  const keys = ['pepper', 'kek'].map((file) => readFileSync(join(folder, file), 'utf8').trim().slice('v1:'.length))
  for (const secret of [client.clientSecret, operator.clientSecret, token, ...keys]) {
    assert.equal(bytes.includes(secret), false)
    assert.equal(bytes.includes(Buffer.from(secret.replace(/^csk_/, ''), 'base64url')), false)
  }
  assert.equal(/PRIVATE KEY|"d":/.test(bytes.toString('latin1')), false)
  assert.ok(bytes.includes(client.clientId), 'it is the store')
})

test('a backup never overwrites a file, and requires an existing store', { skip }, async () => {
  const { configuration, folder } = await startTestServer()
  const mine = join(folder, 'mine')
  writeFileSync(mine, 'mine')
  assert.throws(() => backUpSqlite(configuration.store, mine), /"[^"]*mine" already exists; a backup never overwrites a file/)
  assert.equal(readFileSync(mine, 'utf8'), 'mine')
  assert.throws(() => backUpSqlite(`sqlite:${mine}`, join(folder, 'b.db')), /Cannot back up the store .*not a database/)
  assert.throws(() => backUpSqlite('sqlite:/nowhere/store.db', join(folder, 'b.db')), /does not exist, so there is nothing to back up/)
})

test('a restore never overwrites a store, and rejects a file that is not a backup', { skip }, async () => {
  const { configuration, folder } = await startTestServer()
  const backup = join(folder, 'backup.db')
  backUpSqlite(configuration.store, backup)
  await assert.rejects(putBackSqlite(backup, configuration.store), /already exists; a restore never overwrites a store/)
  const target = join(folder, 'new.db')
  // SQLite would replay a WAL file of the lost store into the backup.
  writeFileSync(`${target}-wal`, '')
  await assert.rejects(putBackSqlite(backup, `sqlite:${target}`), /new\.db-wal" already exists/)
  await assert.rejects(putBackSqlite(join(folder, 'pepper'), `sqlite:${join(folder, 'other.db')}`), /Cannot read the store/)
})
