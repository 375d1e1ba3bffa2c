import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test, after, before } from 'node:test'
import { aTestStore, type TestStore } from '../../test/store/test-store.fixture.ts'
import { openStore, type Store } from '../store/store.ts'
import { insertRefusals, toRow } from './insert-refusals.ts'
import { pruneGuards } from './prune-guards.ts'
import { pruneRefusals } from './prune-refusals.ts'

suite('pruning what guards reported', () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-prune-'))
  let database: TestStore
  let store: Store
  before(async () => {
    database = await aTestStore(join(folder, 'store.db'))
    store = await openStore(database.location)
  })
  after(async () => {
    await store.close()
    await database.close()
    rmSync(folder, { recursive: true })
  })

  const day = 86_400_000
  const now = 100 * day
  const bounds = { keptMs: 30 * day, rows: 4, rowsPerStep: 2, steps: 100 }

  async function given(...rows: readonly (readonly [id: string, at: number, isSample: boolean])[]) {
    await database.query('delete from refusals')
    const refusal = { realm: 'prod', source: 'guard', code: 'dpa-missing', detail: {} } as const
    await insertRefusals(
      store.backgroundPool,
      rows.map(([requestId, at, isSample]) => toRow({ ...refusal, requestId, at }, isSample)),
    )
  }
  const left = async () =>
    (await database.query<{ id: string }>('select request_id as id from refusals order by request_id')).map(({ id }) => id)

  test('deletes what is older than a month, samples too', async () => {
    await given(['a', now - 30 * day - 1, false], ['b', now - 30 * day - 2, true], ['c', now - 30 * day, false], ['d', now, true])
    await pruneRefusals(store.backgroundPool, now, bounds)
    assert.deepEqual(await left(), ['c', 'd'])
  })

  test('abuse 186: of too many the oldest go, samples last', async () => {
    const samples = [1, 2, 3].map((at) => [`s${at}`, now - 10 * day + at, true] as const)
    const others = [1, 2, 3, 4, 5].map((at) => [`x${at}`, now - at * 3_600_000, false] as const)
    await given(...samples, ...others)
    await pruneRefusals(store.backgroundPool, now, bounds)
    assert.deepEqual(await left(), ['s1', 's2', 's3', 'x1'])
    await pruneRefusals(store.backgroundPool, now, { ...bounds, rows: 2 })
    assert.deepEqual(await left(), ['s2', 's3'])
  })

  test('a run does a bounded number of steps, and the next one goes on', async () => {
    await given(...[1, 2, 3, 4, 5, 6].map((at) => [`x${at}`, at, false] as const))
    await pruneRefusals(store.backgroundPool, now, { ...bounds, steps: 1 })
    assert.deepEqual(await left(), ['x3', 'x4', 'x5', 'x6'])
    await pruneRefusals(store.backgroundPool, now, bounds)
    assert.deepEqual(await left(), [])
  })

  test('a process that was not seen for a week is forgotten, and then the routes of its API', async () => {
    const guard = `insert into reporting_guards (realm, reporter, guard, api, first_seen_at, seen_at, last_number, mode, connected, lost_refusals, lost_counts) values ('prod', 'g', ?, 'orders', 0, ?, 1, 'feed', 1, 0, 0)`
    const route = `insert into guarded_routes (realm, reporter, api, method, route, requires, seen_at) values ('prod', 'g', ?, 'GET', '/v1', '{}', 0)`
    await database.query(guard, '00000001', now - 7 * day - 1)
    await database.query(guard, '00000002', now - 7 * day)
    for (const api of ['orders', 'gone']) await database.query(route, api)
    await pruneGuards(store.backgroundPool, now)
    assert.deepEqual(
      (await database.query('select guard from reporting_guards')).map(({ guard: name }) => name),
      ['00000002'],
    )
    assert.deepEqual(
      (await database.query('select api from guarded_routes')).map(({ api }) => api),
      ['orders'],
    )
  })
})
