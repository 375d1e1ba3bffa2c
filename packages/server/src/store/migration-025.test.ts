import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { sql } from 'kysely'
import { aPostgresDatabase, skipWithoutPostgres } from '../../test/store/postgres.fixture.ts'
import { aFileOfSqlite } from '../../test/store/sqlite-file.fixture.ts'
import { migrations } from './migrations.ts'
import { openStore } from './store.ts'

const locations = { SQLite: aFileOfSqlite, PostgreSQL: (t: TestContext) => aPostgresDatabase(t) }
for (const [kind, locate] of Object.entries(locations)) {
  const skip = kind === 'PostgreSQL' && skipWithoutPostgres()

  test(`${kind}: people keep their passkeys, sessions and invitations`, { skip }, async (t) => {
    const location = await locate(t)
    const history = Object.fromEntries(Object.entries(migrations).filter(([name]) => name < '025'))
    const before = await openStore(location, { history })
    const organization = {
      name: 'Acme',
      realm: 'prod',
      status: 'active',
      capabilities: '{}',
      tokens_not_before: 0,
      created_at: 1,
      updated_at: 1,
    } as const
    await before.db
      .insertInto('organizations')
      .values([
        { ...organization, id: 'a', slug: 'a' },
        { ...organization, id: 'b', slug: 'b' },
      ])
      .execute()
    const person = { realm: 'prod', organization_id: 'a', role: 'admin', name: 'Mia', created_at: 1 } as const
    await before.db
      .insertInto('people')
      .values({ id: 'mia', ...person })
      .execute()
    await sql`insert into passkeys (id, person, name, public_key, counter, transports, created_at)
      values ('key', 'mia', 'First', ${Buffer.from('public')}, 7, '[]', 1)`.execute(before.db)
    await sql`insert into sessions (digest, id, mount, person, signed_in_at, seen_at, confirmed_at, ends_at, address, user_agent)
      values ('digest', 'session', 'portal', 'mia', 1, 1, 1, 2, '', '')`.execute(before.db)
    await sql`insert into invitations (id, digest, organization_id, role, invited_by, created_at, ends_at, accepted_at, person)
      values ('invitation', 'digest', 'a', 'admin', 'operator', 1, 2, 2, 'mia')`.execute(before.db)
    await before.close()

    const { db, close } = await openStore(location)
    t.after(close)
    const [passkey] = await db.selectFrom('passkeys').selectAll().execute()
    assert.deepEqual([passkey?.person, passkey?.counter, Buffer.from(passkey!.public_key).toString()], ['mia', 7, 'public'])
    const personsOf = async (table: 'sessions' | 'invitations') =>
      (await db.selectFrom(table).select(['id', 'person']).execute()).map(({ person }) => person)
    assert.deepEqual(await personsOf('sessions'), ['mia'])
    assert.deepEqual(await personsOf('invitations'), ['mia'])
    // The same subject may be a person of two organizations, and is one of each.
    const ofIdp = { ...person, role: null, issuer: 'https://idp.example', subject: 'ada' }
    const insert = (id: string, organization_id: string) =>
      db
        .insertInto('people')
        .values({ ...ofIdp, id, organization_id })
        .execute()
    await insert('1', 'a')
    await insert('2', 'b')
    await assert.rejects(insert('3', 'a'))
    // Its dependents still go with a person.
    await db.deleteFrom('people').where('id', '=', 'mia').execute()
    assert.deepEqual(await db.selectFrom('passkeys').select('id').execute(), [])
    assert.deepEqual(await personsOf('sessions'), [])
    assert.deepEqual(await personsOf('invitations'), [null])
  })
}
