import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { sql } from 'kysely'
import { aPostgresDatabase, skipWithoutPostgres } from '../../test/store/postgres.fixture.ts'
import { aFileOfSqlite } from '../../test/store/sqlite-file.fixture.ts'
import { migrations } from './migrations.ts'
import { openStore } from './store.ts'

/** As the version before inserts a key. */
const insertOld = (kid: string, algorithm: string, createdAt: number, state = 'active') =>
  sql`insert into signing_keys (kid, realm, algorithm, state, further, wrapped_private_key, created_at)
    values (${kid}, 'prod', ${algorithm}, ${state}, 0, 'wrapped', ${createdAt})`

const locations = { SQLite: aFileOfSqlite, PostgreSQL: (t: TestContext) => aPostgresDatabase(t) }
for (const [kind, locate] of Object.entries(locations)) {
  const skip = kind === 'PostgreSQL' && skipWithoutPostgres()

  test(
    `${kind}: keys of a store before get their thumbprint, and of two active ones of an algorithm the newer one signs on`,
    { skip },
    async (t) => {
      const location = await locate(t)
      const history = Object.fromEntries(Object.entries(migrations).filter(([name]) => name < '017'))
      const before = await openStore(location, { history })
      for (const [kid, algorithm, createdAt] of [
        ['oldest', 'ES256', 1],
        ['a', 'ES256', 2],
        ['b', 'ES256', 2],
        ['other', 'RS256', 1],
      ] as const)
        await insertOld(kid, algorithm, createdAt).execute(before.db)
      await before.close()
      const { db, close } = await openStore(location)
      t.after(close)
      const rows = await db.selectFrom('signing_keys').selectAll().orderBy('kid').execute()
      assert.deepEqual(
        rows.map(({ kid, thumbprint, state, published_at, origin, longest_lifetime }) => [
          kid,
          thumbprint,
          state,
          published_at,
          origin,
          longest_lifetime,
        ]),
        [
          ['a', 'a', 'retiring', 2, 'made', 86_400],
          ['b', 'b', 'active', 2, 'made', 86_400],
          ['oldest', 'oldest', 'retiring', 1, 'made', 86_400],
          ['other', 'other', 'active', 1, 'made', 86_400],
        ],
      )
      const retained = rows.map(({ retain_until }) => (retain_until ?? 0) > Date.now() + 86_400_000)
      assert.deepEqual(retained, [true, false, true, false])
      // A node of the version before creates the key of an algorithm that it is the first to need.
      await insertOld('new', 'EdDSA', 3).execute(db)
      assert.equal(
        (await db.selectFrom('signing_keys').select('longest_lifetime').where('kid', '=', 'new').executeTakeFirst())?.longest_lifetime,
        86_400,
      )
    },
  )

  test(`abuse 136: ${kind} has one active key for each algorithm, and no id and no material twice`, { skip }, async (t) => {
    const { db, close } = await openStore(await locate(t))
    t.after(close)
    await insertOld('one', 'ES256', 1).execute(db)
    await assert.rejects(insertOld('two', 'ES256', 2).execute(db), /unique|duplicate/i)
    await assert.rejects(insertOld('one', 'RS256', 2).execute(db), /unique|duplicate/i)
    const staged = { realm: 'other', algorithm: 'ES256', state: 'staged', wrapped_private_key: 'wrapped', created_at: 1 } as const
    await assert.rejects(
      db
        .insertInto('signing_keys')
        .values({ ...staged, kid: 'another name', thumbprint: 'one' })
        .execute(),
      /unique|duplicate/i,
    )
  })

  test(`abuse 199: ${kind} refuses every change of a signing key that its states do not have`, { skip }, async (t) => {
    const { db, close } = await openStore(await locate(t))
    t.after(close)
    type Change = Readonly<Record<string, string | number | null>>
    const states = ['staged', 'active', 'retiring', 'retired', 'compromised'] as const
    const put = (kid: string, state: string) =>
      sql`insert into signing_keys (kid, realm, algorithm, state, wrapped_private_key, created_at, thumbprint, retain_until, state_at, longest_lifetime)
        values (${kid}, ${kid}, 'ES256', ${state}, ${state.startsWith('r') && state.endsWith('d') ? '' : 'wrapped'}, 1, ${kid}, 2000, 1, 1)`.execute(
        db,
      )
    const change = (kid: string, set: Change) =>
      db
        .updateTable('signing_keys')
        .set(set as never)
        .where('kid', '=', kid)
        .execute()
    const allowed = new Set(['staged active', 'active retiring', 'retiring retired', ...states.map((state) => `${state} compromised`)])
    for (const from of states)
      for (const to of states) {
        if (from === to) continue
        const kid = `${from} ${to}`
        await put(kid, from)
        const ended = to === 'retired' || to === 'compromised'
        const step = change(kid, {
          state: to,
          retain_until: 2000,
          state_at: to === 'retired' ? 2000 : 1000,
          ...(ended && { wrapped_private_key: '' }),
        })
        if (allowed.has(kid)) await step
        else await assert.rejects(step, /signing key/, kid)
      }
    const refused: readonly (readonly [kid: string, state: string, set: Change, message: RegExp])[] = [
      ['ends early', 'retiring', { state: 'retired', state_at: 1999, wrapped_private_key: '' }, /still needed/],
      ['ends at no instant', 'retiring', { state: 'retired', state_at: null, wrapped_private_key: '' }, /still needed/],
      ['is retained for less', 'retiring', { retain_until: 1999 }, /shorter/],
      [
        'is retained for less than its tokens live',
        'active',
        { state: 'retiring', state_at: 1001, retain_until: 2000 },
        /as its last token/,
      ],
      ['retires at no instant', 'active', { state: 'retiring', state_at: null, retain_until: 2000 }, /as its last token/],
      ['its tokens live shorter', 'active', { longest_lifetime: 0 }, /never lowered/],
      ['is retained for no time', 'active', { state: 'retiring', retain_until: null }, /until which/],
      ['keeps its private key', 'active', { state: 'compromised' }, /private key/],
      ['gets one again', 'retired', { wrapped_private_key: 'wrapped' }, /private key/],
      ['another id', 'staged', { kid: 'other' }, /keeps its id/],
      ['another realm', 'staged', { realm: 'other' }, /keeps its id/],
      ['another algorithm', 'staged', { algorithm: 'RS256' }, /keeps its id/],
      ['another thumbprint', 'staged', { thumbprint: 'other' }, /keeps its id/],
      ['no thumbprint', 'staged', { thumbprint: null }, /keeps its id/],
    ]
    for (const [kid, state, set, message] of refused) {
      await put(kid, state)
      await assert.rejects(change(kid, set), message, kid)
      await assert.rejects(db.deleteFrom('signing_keys').where('kid', '=', kid).execute(), /never deleted/)
    }
    await change('is retained for less', { retain_until: 3000, wrapped_private_key: 'wrapped anew' })
    await sql`insert into signing_keys (kid, realm, algorithm, state, wrapped_private_key, created_at)
      values ('without an end', 'without an end', 'ES256', 'retiring', 'wrapped', 1)`.execute(db)
    await assert.rejects(change('without an end', { state: 'retired', state_at: 9_000_000, wrapped_private_key: '' }), /still needed/)
  })

  test(`abuse 199: ${kind} lets no statement take a signing key away or bring one back by the way`, { skip }, async (t) => {
    const { db, close } = await openStore(await locate(t))
    t.after(close)
    await insertOld('one', 'ES256', 1).execute(db)
    if (kind === 'PostgreSQL') return assert.rejects(sql`truncate signing_keys`.execute(db), /never deleted/)
    await insertOld('two', 'ES256', 1, 'staged').execute(db)
    await insertOld('three', 'EdDSA', 1, 'compromised').execute(db)
    const replace = (kid: string, state: string, algorithm = 'RS256') =>
      sql`insert or replace into signing_keys (kid, realm, algorithm, state, wrapped_private_key, created_at)
        values (${kid}, 'prod', ${algorithm}, ${state}, 'of an attacker', 1)`.execute(db)
    await assert.rejects(replace('three', 'staged'), /unique/)
    await assert.rejects(replace('four', 'active', 'ES256'), /unique/)
    await assert.rejects(sql`update or replace signing_keys set state = 'active' where kid = 'two'`.execute(db), /unique/)
    await assert.rejects(sql`update or replace signing_keys set thumbprint = 'one' where kid = 'two'`.execute(db), /unique/)
    assert.equal((await db.selectFrom('signing_keys').select('kid').execute()).length, 3)
  })
}
