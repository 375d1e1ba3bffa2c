import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, suite, test } from 'node:test'
import { aTestStore, type TestStore } from '../../test/store/test-store.fixture.ts'
import { openStore, type Store } from '../store/store.ts'
import { insertRefusals, toRow } from './insert-refusals.ts'
import type { Refusal } from './refusal.ts'
import { summarizeRefusals } from './summarize-refusals.ts'

const hourMs = 3_600_000
const range = { from: 10 * hourMs, to: 14 * hourMs, stepMs: hourMs }

suite('summary of refusals', () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-summary-'))
  let database: TestStore
  let store: Store

  before(async () => {
    database = await aTestStore(join(folder, 'store.db'))
    store = await openStore(database.location)
  })
  beforeEach(() => database.query('delete from refusals'))
  after(async () => {
    await store.close()
    await database.close()
    rmSync(folder, { recursive: true })
  })

  let made = 0
  async function insert(...refusals: readonly Partial<Refusal>[]): Promise<void> {
    const usual = {
      realm: 'r',
      at: range.from,
      source: 'guard',
      code: 'dpa-missing',
      organizationId: 'o',
      clientId: 'c',
      detail: {},
    } as const
    const rows = refusals.map((refusal) => toRow({ ...usual, requestId: `request-${made++}`, ...refusal }, false))
    await insertRefusals(store.db, rows)
  }

  test('refusals are grouped by reason, organization and client, with their number at each step', async () => {
    await insert(
      { at: range.from, address: '198.51.100.7' },
      { at: range.from + 3 * hourMs + 5, address: '198.51.100.7', detail: { reportOnly: true } },
      { at: range.to - 1, address: '198.51.100.8' },
      { code: 'invalid-client', reason: 'wrong-secret', organizationId: undefined, clientId: undefined, address: '192.0.2.1' },
      { at: range.from - 1 },
      { at: range.to },
      { realm: 'other' },
    )
    const { groups, countedFrom } = await summarizeRefusals(store.db, { realm: 'r' }, range)
    const [most, stranger] = groups
    assert.deepEqual([groups.length, countedFrom], [2, range.from])
    assert.deepEqual(
      [most?.code, most?.count, most?.letThrough, most?.firstAt, most?.lastAt],
      ['dpa-missing', 3, 1, range.from, range.to - 1],
    )
    assert.deepEqual([...most!.steps].toSorted(), [
      [0, 1],
      [3, 2],
    ])
    assert.deepEqual([most?.firstAddress, most?.lastAddress], ['198.51.100.7', '198.51.100.8'])
    assert.deepEqual([stranger?.reason, stranger?.organizationId, stranger?.clientId], ['wrong-secret', null, null])
    assert.deepEqual([stranger?.firstAddress, stranger?.lastAddress], ['192.0.2.1', '192.0.2.1'])
  })

  test('only what the filter names is counted', async () => {
    await insert(
      { api: 'orders' },
      { code: 'rate-limited' },
      { organizationId: 'p', clientId: 'd' },
      { source: 'token', reason: 'wrong-secret' },
    )
    const count = async (filter: object) =>
      (await summarizeRefusals(store.db, { realm: 'r', ...filter }, range)).groups.reduce((sum, one) => sum + one.count, 0)
    const filters = [
      { api: 'orders' },
      { code: 'rate-limited' },
      { client: 'd' },
      { organization: 'o' },
      { source: 'token' },
      { reason: 'wrong-secret' },
    ]
    assert.deepEqual(await Promise.all(filters.map(count)), [1, 1, 1, 3, 1, 1])
  })

  test('abuse 186: of a flood only the newest are read, and the summary says since when', async () => {
    await insert(...Array.from({ length: 30 }, (_, index) => ({ at: range.from + index * 1000 })))
    const { groups, countedFrom } = await summarizeRefusals(store.db, { realm: 'r' }, range, { rows: 10, rowsPerPart: 5 })
    assert.deepEqual([groups[0]?.count, groups[0]?.firstAt, countedFrom], [10, range.from + 20_000, range.from + 20_000])
  })

  test('refusals of one instant are all in the part that it ends', async () => {
    await insert(...Array.from({ length: 7 }, () => ({ at: range.from + 5 })))
    const { groups, countedFrom } = await summarizeRefusals(store.db, { realm: 'r' }, range, { rows: 4, rowsPerPart: 2 })
    assert.deepEqual([groups[0]?.count, countedFrom], [7, range.from])
  })
})
