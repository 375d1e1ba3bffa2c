import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { alterPostgres, aPostgresDatabase, skipWithoutPostgres } from '../../../test/store/postgres.fixture.ts'
import { openStore } from '../../store/store.ts'
import { createRetentionStore } from './retention-store.ts'

const skip = skipWithoutPostgres()

async function given(t: TestContext) {
  const location = await aPostgresDatabase(t, { isMigrated: true })
  const store = await openStore(location)
  t.after(store.close)
  const name = `retention_${randomBytes(4).toString('hex')}`
  await alterPostgres(location, `create role ${name} login password 'only-to-try'`)
  // After the database, in which it has rights.
  t.after(async () => void (await alterPostgres(Object.assign(new URL(location), { pathname: '/postgres' }).href, `drop role ${name}`)))
  const other = Object.assign(new URL(location), { username: name, password: 'only-to-try' }).href
  return { location, store, name, other }
}

test(
  'abuse 160: the role of the server may neither update nor delete audit events, and retention has one of its own',
  { skip },
  async (t) => {
    const { location, store, name, other } = await given(t)
    await alterPostgres(location, 'revoke update, delete, truncate on audit_events from countersign')
    // A server starts without the right.
    await (await openStore(location)).close()
    const asServer = await createRetentionStore(store, undefined)
    await assert.rejects(
      asServer.refuseWithoutRight(),
      /The database role "countersign" may not delete audit events: run "grant select, delete on audit_events to countersign", or set "audit\.retentionStore" to a login that may\./,
    )
    const retention = await createRetentionStore(store, other)
    t.after(retention.close)
    await assert.rejects(retention.refuseWithoutRight(), new RegExp(`run "grant select, delete on audit_events to ${name}"\\.`))
    await alterPostgres(location, `grant select, delete on audit_events to ${name}`)
    await retention.refuseWithoutRight()
    await assert.rejects(store.db.deleteFrom('audit_events').execute(), /permission denied/)
    await retention.db.deleteFrom('audit_events').execute()
    await assert.rejects(retention.db.selectFrom('clients').selectAll().execute(), /permission denied/)
  },
)

test('fault 5.6: one node at a time removes events', { skip }, async (t) => {
  const { store, location } = await given(t)
  const other = await openStore(location)
  t.after(other.close)
  const [one, two] = [await createRetentionStore(store, undefined), await createRetentionStore(other, undefined)]
  let runs = 0
  const isAlone = await one.whileAlone(async () => {
    runs++
    assert.equal(await two.whileAlone(async () => void runs++), false)
  })
  assert.deepEqual([isAlone, runs], [true, 1])
  assert.equal(await two.whileAlone(async () => void runs++), true)
})

test('a login for a SQLite file is refused', async (t) => {
  const store = await openStore('sqlite::memory:')
  t.after(store.close)
  await assert.rejects(createRetentionStore(store, 'postgres://localhost/db'), /is a login for PostgreSQL, but "store" is a SQLite file/)
})
