import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { aTestStore } from '../../test/store/test-store.fixture.ts'
import { openStore } from '../store/store.ts'
import { createRefusalCounters } from './refusal-counters.ts'
import { createRefusalLog } from './refusal-log.ts'
import type { Refusal } from './refusal.ts'
import { createThinning } from './thinning.ts'

test('abuse 186: refusals wait for a store that is away, as many as there is room for, and the rest is counted', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-refusals-'))
  const database = await aTestStore(join(folder, 'store.db'))
  const store = await openStore(database.location)
  t.after(async () => {
    await store.close()
    await database.close()
    rmSync(folder, { recursive: true })
  })
  const failures: Error[] = []
  const counters = createRefusalCounters()
  const onFailure = (error: Error) => void failures.push(error)
  const log = createRefusalLog({ store, thinning: createThinning(), counters, onFailure, limits: { pending: 200 } })
  const refusal = (id: number): Refusal => {
    return { requestId: String(id), realm: 'prod', at: 0, source: 'token', code: 'invalid-client', clientId: 'acme', detail: {} }
  }
  await database.query('alter table refusals rename to hidden')
  for (let id = 0; id < 250; id++) log.note(refusal(id))
  await log.write()
  assert.equal(failures.length, 1)
  await database.query('alter table hidden rename to refusals')
  await log.write()
  const [row] = await database.query<{ count: number }>('select count(*) as count from refusals')
  assert.equal(Number(row?.count), 200)
  assert.deepEqual(counters.counts(), [
    { realm: 'prod', fate: 'thinned', count: 50 },
    { realm: 'prod', fate: 'kept', count: 200 },
  ])
  await log.close()
})
