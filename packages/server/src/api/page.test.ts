import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import type { OperationInput } from '@countersign/admin'
import { shareTestServer } from '../../test/test-server.fixture.ts'

const realm = 'nt24-idp'
type Query = NonNullable<OperationInput<'organizations.list'>['query']>

const names = { alder: 'Zeta 100%', birch: 'alpha_1', cedar: 'Österreich', dogwood: 'alpha-1', elm: 'Zeta 100%' }

/** Queries, and the organizations that they find. */
const searches: [Query, string][] = [
  [{ search: 'ALPHA' }, 'birch dogwood'],
  [{ search: 'alpha_' }, 'birch'],
  [{ search: '0%' }, 'alder elm'],
  [{ search: '%' }, 'alder elm'],
  [{ search: '!' }, ''],
  [{ search: 'Österr' }, 'cedar'],
  [{ search: 'EDA' }, 'cedar'],
  [{ search: "'" }, ''],
  [{ status: 'suspended' }, 'birch'],
  [{ status: 'active', search: 'alpha' }, 'dogwood'],
]

const cursor = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url')
const wrongCursors: [string, Query][] = [
  ['another sort', { after: cursor('-slug', 'a', 'b') }],
  ['another sort of the same column', { sort: '-slug', after: cursor('slug', 'a', 'b') }],
  ['a value of another type', { sort: 'createdAt', after: cursor('createdAt', 'yesterday', 'b') }],
  ['a number out of range', { sort: 'createdAt', after: cursor('createdAt', 1e300, 'b') }],
  ['a character that no column can store', { after: cursor('slug', 'a\0', 'b') }],
  ['a list in a value', { after: cursor('slug', ['a'], 'b') }],
  ['text that is not JSON', { after: 'bm90aGluZw' }],
  ['a slug', { after: 'alder' }],
]

suite('lists of five organizations', () => {
  const shared = shareTestServer()
  before(async () => {
    const { admin, clock } = shared()
    for (const [slug, name] of Object.entries(names)) {
      await admin('organizations.create', { params: { realm }, body: { slug, name } })
      clock.advance(slug === 'cedar' ? 0 : 1000) // cedar and dogwood in the same moment
    }
    await admin('organizations.create', { params: { realm: 'prod' }, body: { slug: 'alder', name: 'Of another realm' } })
    await admin('organizations.suspend', { params: { realm, organization: 'birch' }, body: {} })
  })

  async function slugs(query: Query): Promise<string[]> {
    return (await shared().admin('organizations.list', { params: { realm }, query })).items.map(({ slug }) => slug)
  }

  /** Reads the whole list in pages of two. */
  async function slugsByPages(query: Query): Promise<string[]> {
    const found: string[] = []
    for (let after: string | undefined; ;) {
      const page = await shared().admin('organizations.list', { params: { realm }, query: { ...query, limit: 2, ...(after && { after }) } })
      found.push(...page.items.map(({ slug }) => slug))
      if (page.next === null) return found
      after = page.next
    }
  }

  for (const [sort, expected] of [
    ['slug', 'alder birch cedar dogwood elm'],
    ['-slug', 'elm dogwood cedar birch alder'],
  ] as const) {
    test(`organizations of one realm are listed by ${sort}, in pages as in one request`, async () => {
      assert.equal((await slugs({ sort })).join(' '), expected)
      assert.equal((await slugsByPages({ sort })).join(' '), expected)
    })
  }

  for (const sort of ['name', '-name', 'createdAt', '-createdAt'] as const) {
    test(`with equal values, pages by ${sort} neither repeat nor skip a row`, async () => {
      const atOnce = await slugs({ sort })
      assert.deepEqual(await slugsByPages({ sort }), atOnce)
      assert.equal(new Set(atOnce).size, 5)
      assert.deepEqual(
        await slugs({ sort: sort.startsWith('-') ? 'createdAt' : '-createdAt' }),
        (await slugs({ sort: sort.startsWith('-') ? '-createdAt' : 'createdAt' })).toReversed(),
      )
    })
  }

  for (const [query, expected] of searches) {
    test(`abuse 147: ${JSON.stringify(query)} finds exactly "${expected}"`, async () => {
      assert.equal((await slugs(query)).join(' '), expected)
      assert.equal((await slugsByPages(query)).join(' '), expected)
    })
  }

  for (const [what, query] of wrongCursors) {
    test(`a cursor of ${what} is rejected with the name of its parameter`, async () => {
      const response = await shared().requestAdmin('organizations.list', { params: { realm }, query })
      assert.equal(response.statusCode, 400)
      assert.equal(response.json().errors[0].pointer, '/query/after')
    })
  }
})

suite('cursors of rows that are gone or long', () => {
  const shared = shareTestServer()

  test('a cursor stays valid after its row was deleted', async () => {
    const { admin } = shared()
    for (const slug of ['a', 'b', 'c']) await admin('organizations.create', { params: { realm }, body: { slug, name: slug } })
    const { next } = await admin('organizations.list', { params: { realm }, query: { limit: 2 } })
    await admin('organizations.delete', { params: { realm, organization: 'b' } })
    await admin('organizations.create', { params: { realm }, body: { slug: 'ab', name: 'Before the cursor' } })
    const page = await admin('organizations.list', { params: { realm }, query: { limit: 2, after: next! } })
    assert.deepEqual(
      page.items.map(({ slug }) => slug),
      ['c'],
    )
  })

  test('the longest name fits into a cursor', async () => {
    const { admin } = shared()
    for (const slug of ['a', 'b'])
      await admin('organizations.create', { params: { realm: 'prod' }, body: { slug, name: '😀'.repeat(200) } })
    const first = await admin('organizations.list', { params: { realm: 'prod' }, query: { limit: 1, sort: 'name' } })
    const second = await admin('organizations.list', { params: { realm: 'prod' }, query: { limit: 1, sort: 'name', after: first.next! } })
    assert.deepEqual([...first.items, ...second.items].map(({ slug }) => slug).toSorted(), ['a', 'b'])
  })
})
