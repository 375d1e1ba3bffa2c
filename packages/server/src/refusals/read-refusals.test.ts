import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { aTestStore, type TestStore } from '../../test/store/test-store.fixture.ts'
import { openStore, type Store } from '../store/store.ts'
import { insertRefusals, toRow } from './insert-refusals.ts'
import { readRefusals } from './read-refusals.ts'
import type { Refusal } from './refusal.ts'

const namedOnly = 5000

suite('refusals of a client', () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-refusals-'))
  let database: TestStore
  let store: Store

  before(async () => {
    database = await aTestStore(join(folder, 'store.db'))
    store = await openStore(database.location)
    const common = { realm: 'r', source: 'token', code: 'invalid-client', clientId: 'c', callerRequestId: 'mine' } as const
    const refusals = Array.from({ length: namedOnly + 1 }, (_, at): Refusal => ({
      ...common,
      requestId: `request-${at}`,
      at,
      detail: at === 0 ? {} : { isNamed: true },
    }))
    const rows = refusals.map((refusal) => toRow(refusal, false))
    for (let first = 0; first < rows.length; first += 500) await insertRefusals(store.db, rows.slice(first, first + 500))
  })
  after(async () => {
    await store.close()
    await database.close()
    rmSync(folder, { recursive: true })
  })

  const idsOf = (rows: readonly { readonly request_id: string }[]) => rows.map((row) => row.request_id)

  for (const request of [undefined, 'mine']) {
    test(`what others tried ends a page early, by ${request ?? 'client'}, and the next one goes on`, async () => {
      const filter = { realm: 'r', client: 'c', isVerified: true, request }
      const first = await readRefusals(store.db, filter, { limit: 10 }, 1)
      assert.deepEqual(first.rows, [])
      const second = await readRefusals(store.db, filter, { limit: 10, after: first.next! }, 1)
      assert.deepEqual([idsOf(second.rows), second.next], [['request-0'], null])
      assert.deepEqual(idsOf((await readRefusals(store.db, filter, { limit: 10 })).rows), ['request-0'])
    })
  }

  test('a request is found by its own id, only in the realm and of the client', async () => {
    const find = async (realm: string, client: string) =>
      idsOf((await readRefusals(store.db, { realm, client, request: 'request-7' }, { limit: 10 })).rows)
    assert.deepEqual([await find('r', 'c'), await find('s', 'c'), await find('r', 'd')], [['request-7'], [], []])
  })
})
