import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { aTestStore, type TestStore } from '../../test/store/test-store.fixture.ts'
import type { ProblemError } from '../errors.ts'
import { createRefusalCounters } from '../refusals/refusal-counters.ts'
import { createRefusalLog } from '../refusals/refusal-log.ts'
import { createThinning } from '../refusals/thinning.ts'
import { openStore, type Store } from '../store/store.ts'
import { createReportWriter, type PreparedReport } from './report-writer.ts'
import { aReport } from './report.fixture.ts'

suite('writing reports', () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-reports-'))
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

  const limits = { processes: 3, routesOfApi: 2, routes: 3 }

  async function given() {
    for (const table of ['refusals', 'reporting_guards', 'guarded_routes']) await database.query(`delete from ${table}`)
    const fault: { error?: Error } = {}
    const counters = createRefusalCounters()
    const log = createRefusalLog({ store, thinning: createThinning(), counters, onFailure: () => {} })
    const insert: typeof log.insert = (...parts) => (fault.error ? Promise.reject(fault.error) : log.insert(...parts))
    const writer = createReportWriter({ store, refusals: { ...log, insert }, limits })
    const write = (more: Partial<PreparedReport['report']> = {}, at = 0, refusals: PreparedReport['refusals'] = []) =>
      writer.write({ realm: 'prod', reporter: 'guard', at, report: aReport(more), refusals })
    const close = () => Promise.all([writer.close(), log.close()])
    return { write, fault, counters, close }
  }

  const values = async (statement: string) => (await database.query(statement)).map((row) => Object.values(row).join(' '))

  test('abuse 186: a report that could not be kept is taken when it comes again', async () => {
    const { write, fault, counters, close } = await given()
    const refused = [{ requestId: 'a', reporter: 'guard', realm: 'prod', at: 0, source: 'guard', code: 'dpa-missing', detail: {} }] as const
    fault.error = new Error('the store is away')
    await assert.rejects(write({}, 0, refused), /the store is away/)
    assert.deepEqual([await values('select * from reporting_guards'), counters.counts()], [[], []])
    delete fault.error
    assert.deepEqual([await write({}, 0, refused), await write({}, 0, refused)], [true, false])
    assert.deepEqual(counters.counts(), [{ realm: 'prod', fate: 'kept', count: 1 }])
    await close()
  })

  test('abuse 186: of many processes of one reporter, those that were seen last are kept', async () => {
    const { write, close } = await given()
    for (let at = 1; at <= 6; at++) await write({ guard: `0000000${at}` }, at)
    assert.deepEqual(await values('select guard from reporting_guards order by guard'), ['00000004', '00000005', '00000006'])
    await close()
  })

  test('abuse 186: of many routes and APIs of one reporter, those that were seen last are kept', async () => {
    const { write, close } = await given()
    const route = (name: string) => ({ method: 'GET', route: `/${name}`, requires: {}, reportOnlyUntil: null })
    await write({ number: 1, api: 'one', routes: [route('a'), route('b')] }, 1)
    await write({ number: 2, api: 'one', routes: [route('b'), route('c'), route('c')] }, 2)
    const select = 'select api, route from guarded_routes order by api, route'
    assert.deepEqual(await values(select), ['one /b', 'one /c'])
    await write({ number: 3, api: 'two', routes: [route('x'), route('y')] }, 3)
    assert.deepEqual(await values(select), ['one /b', 'two /x', 'two /y'])
    await close()
  })

  test('abuse 186: too many reports at once are refused, and the others are written together', async () => {
    const { write, close } = await given()
    const all = await Promise.allSettled(Array.from({ length: 80 }, (_, index) => write({ number: index + 1 })))
    const refused = all.filter((one) => one.status === 'rejected').map(({ reason }) => (reason as ProblemError).code)
    assert.ok(refused.length > 0 && refused.length <= 30)
    assert.deepEqual([...new Set(refused)], ['temporarily-unavailable'])
    await close()
  })
})
