import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { sql } from 'kysely'
import { aTestStore, type TestStore } from '../../test/store/test-store.fixture.ts'
import { openStore, type Store } from '../store/store.ts'
import type { Order } from './page.ts'
import { contains, searchList } from './search-page.ts'

/** More than three parts. */
const rows = 32_000
const marked = (number: number) => number % 4000 === 1

suite('a search in a long list', () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-search-'))
  let database: TestStore
  let store: Store

  before(async () => {
    database = await aTestStore(join(folder, 'store.db'))
    store = await openStore(database.location)
    await sql`insert into organizations (id, realm, slug, name, status, capabilities, tokens_not_before, created_at, updated_at)
      with recursive n (i) as (select 100001 union all select i + 1 from n where i < ${sql.lit(100_000 + rows)})
      select 'id-' || cast(i as text), 'r', 'slug-' || cast(i as text), case when i % 4000 = 1 then 'A Needle' else 'Hay' end,
        'active', '{}', 0, i / 20000, 0 from n`.execute(store.db)
  })
  after(async () => {
    await store.close()
    await database.close()
    rmSync(folder, { recursive: true })
  })

  const expected = Array.from({ length: rows }, (_, index) => index + 1)
    .filter(marked)
    .map((number) => `id-${100_000 + number}`)

  const bySlug = { by: 'slug', column: 'slug', holds: 'string', id: 'id', isUnique: true } as const
  const orders: Order[] = [
    bySlug,
    { ...bySlug, by: '-slug' },
    { by: 'createdAt', column: 'created_at', holds: 'number', id: 'id' },
    { by: '-createdAt', column: 'created_at', holds: 'number', id: 'id' },
  ]

  async function find(order: Order, text: string, limit = 100): Promise<string[]> {
    const all = store.db.selectFrom('organizations').where('realm', '=', 'r')
    const query = all.select('id').where(contains(store.db, ['slug', 'name'], text))
    const found: string[] = []
    for (let cursor: string | undefined; ;) {
      const page = await searchList(store.db, query, all, order, { limit, after: cursor })
      found.push(...page.rows.map(({ id }) => id))
      if (page.next === null) return found
      cursor = page.next
    }
  }

  for (const order of orders)
    test(`by ${order.by} finds every row, in one page and in pages of three, also when it is repeated`, async () => {
      const inOrder = order.by.startsWith('-') ? expected.toReversed() : expected
      assert.deepEqual(await find(order, 'nEEDLE'), inOrder)
      assert.deepEqual(await find(order, 'needle', 3), inOrder)
      assert.deepEqual(await find(order, 'needle'), inOrder)
      assert.deepEqual(await find(order, 'no such text'), [])
    })

  test('rows that came and went after the list was divided are found, and not found, as by a first search', async () => {
    assert.deepEqual(await find(bySlug, 'needle'), expected)
    const added = (slug: string) => sql`(${`id of ${slug}`}, 'r', ${slug}, 'new needle', 'active', '{}', 0, 0, 0)`
    await sql`insert into organizations (id, realm, slug, name, status, capabilities, tokens_not_before, created_at, updated_at)
      values ${sql.join(['slug-', 'slug-110000-', 'slug-999999'].map(added))}`.execute(store.db)
    // Among them are the rows with which the parts end.
    const gone = sql<boolean>`slug >= 'slug-109000' and slug < 'slug-111002' and name = 'Hay'`
    await store.db.deleteFrom('organizations').where(gone).execute()
    assert.deepEqual(await find(bySlug, 'needle'), [
      'id of slug-',
      ...expected.slice(0, 3),
      'id of slug-110000-',
      ...expected.slice(3),
      'id of slug-999999',
    ])
  })

  test('many searches at once find the same', async () => {
    const text = 'a needle'
    const all = await Promise.all(Array.from({ length: 8 }, () => find({ ...bySlug, by: '-slug' }, text, 5)))
    for (const found of all) assert.deepEqual(found, expected.toReversed())
  })

  const texts: [text: string, isFound: boolean][] = [
    ['ITH%', true],
    ['ith_', false],
    ['\\', true],
    ['!!', false],
    ['!', true],
    ['ärger', false],
    ['ÄRGER', true],
    ['quote\'"', true],
    ['k elvin', false],
    ['borderWith', false],
    ['TH% \\ ! är', false],
    ['TH% \\ ! Är'.toUpperCase(), true],
    [`quote'" \u212a`, true],
  ]
  for (const [text, isFound] of texts)
    test(`abuse 147: ${JSON.stringify(text)} is ${isFound ? '' : 'not '}found`, async () => {
      const name = `With% \\ ! ÄRGER quote'" \u212a elvin`
      const values = { id: 'odd', realm: 'odd', slug: 'border', name, status: 'active', capabilities: '{}', tokens_not_before: 0 } as const
      await store.db
        .insertInto('organizations')
        .values({ ...values, created_at: 0, updated_at: 0 })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
      const query = store.db.selectFrom('organizations').select('id').where('realm', '=', 'odd')
      assert.equal((await query.where(contains(store.db, ['slug', 'name'], text)).execute()).length === 1, isFound)
    })
})
