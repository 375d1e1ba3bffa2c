import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test, type TestContext } from 'node:test'
import { aTestStore } from '../../../test/store/test-store.fixture.ts'
import { openStore } from '../../store/store.ts'
import { idFrom } from '../../node-ids.ts'
import { isPostgres } from '../../store/dialects.ts'
import { createLateWriter, noteArrival } from '../arrivals.ts'
import { createAuditLog } from '../audit-log.ts'
import type { AuditChain } from '../events/audit-chain.ts'
import type { ChangeEvent } from '../events/audit-event.ts'
import type { EventRow } from '../events/event-row.ts'
import { createEventWriter } from '../write-events.ts'
import type { AuditFilter } from './audit-filter.ts'
import { followAudit, type FollowRange } from './follow-audit.ts'
import { readFollowCursor } from './follow-cursor.ts'

const folder = mkdtempSync(join(tmpdir(), 'countersign-follow-'))
after(() => rmSync(folder, { recursive: true }))

/** The event of a second, of one of two nodes. */
function event(second: number, node: 'a' | 'b' = second % 2 === 0 ? 'a' : 'b'): EventRow {
  const isChange = second % 10 === 9
  return {
    id: `${idFrom(second * 1000)}-${node.repeat(8)}-${second.toString(16).padStart(8, '0')}`,
    at: second * 1000,
    kind: isChange ? 'clients.update' : 'token.request',
    outcome: 'success',
    reason: null,
    realm: 'prod',
    organization_id: null,
    client_id: null,
    address: null,
    request_id: null,
    detail: '{}',
    mac: '',
    layout: 2,
  }
}

const seconds = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)

async function aLog(t: TestContext) {
  const database = await aTestStore(join(folder, `${t.name.slice(0, 40)}.db`))
  const { db, close } = await openStore(database.location)
  t.after(async () => {
    await close()
    await database.close()
  })
  const write = (...rows: EventRow[]) => createEventWriter(db)(rows)
  /** As the events of a spool. */
  const writeLate = (...rows: EventRow[]) =>
    db.transaction().execute(async (transaction) => {
      await noteArrival(transaction, rows)
      await transaction.insertInto('audit_events').values(rows).execute()
    })

  /** Follows until there is nothing more for now. */
  function aFollower(
    filter: AuditFilter = {},
    { from, to }: Partial<FollowRange> = {},
    limit = 7,
    bounds = { rowsInWindow: 5, windows: 2 },
  ) {
    let cursor: string | null | undefined
    return async (now: number) => {
      const found: number[] = []
      for (;;) {
        assert.notEqual(cursor, null)
        const range = { from, to, cursor: cursor ? readFollowCursor(cursor) : undefined }
        const { rows, next, isUpToDate } = await followAudit(db, filter, range, { now: now * 1000, limit, bounds })
        assert.ok(rows.length <= limit)
        found.push(...rows.map(({ at }) => at / 1000))
        cursor = next
        if (isUpToDate) return { found, isAtEnd: next === null }
      }
    }
  }
  return { db, write, writeLate, aFollower }
}

test('a follower gets every event once, oldest first, once it is old enough', async (t) => {
  const { write, aFollower } = await aLog(t)
  await write(...seconds(1, 60).map((second) => event(second)))
  for (const limit of [1, 3, 7, 1000]) {
    const follow = aFollower({}, {}, limit)
    assert.deepEqual((await follow(31)).found.at(-1), (await aFollower()(31)).found.at(-1))
    const { found: rest } = await follow(1000)
    assert.deepEqual([...(await aFollower({}, {}, limit)(31)).found, ...rest], seconds(1, 60))
    assert.deepEqual((await follow(1000)).found, [])
  }
})

test('events of another node with a later clock wait until they are old enough', async (t) => {
  const { write, aFollower } = await aLog(t)
  const follow = aFollower()
  await write(event(104, 'b'))
  assert.deepEqual((await follow(100)).found, [])
  await write(event(101, 'a'), event(102, 'a'))
  assert.deepEqual((await follow(200)).found, [101, 102, 104])
})

test('events that are stored late are read once, as soon as they are stored, whatever the pages', async (t) => {
  const { write, writeLate, aFollower } = await aLog(t)
  const followers = [1, 2, 7].map((limit) => aFollower({}, {}, limit))
  const young = aFollower({}, { from: 8000 })
  await write(...seconds(1, 20).map((second) => event(second, 'a')))
  for (const follow of followers) assert.deepEqual((await follow(1000)).found, seconds(1, 20))
  await young(1000)
  await write(event(2000, 'a'))
  await writeLate(...seconds(4, 12).map((second) => event(second, 'b')))
  await writeLate(event(13, 'b'), event(2001, 'b')) // The follower has read past the first of them only.
  for (const follow of followers) {
    assert.deepEqual((await follow(1500)).found, seconds(4, 13))
    assert.deepEqual((await follow(3000)).found, [2000, 2001])
    assert.deepEqual((await follow(3000)).found, [])
  }
  assert.deepEqual((await young(3000)).found, [...seconds(8, 13), 2000, 2001])
  assert.deepEqual((await aFollower()(3000)).found.length, 32)
})

test('events of a spool are named as they are stored, also if they are stored already', async (t) => {
  const { db, write, aFollower } = await aLog(t)
  if (!isPostgres(db)) return t.skip('SQLite has no spool')
  const follow = aFollower()
  await write(event(1), event(2), event(5))
  assert.deepEqual((await follow(1000)).found, [1, 2, 5])
  const writeLate = createLateWriter(db)
  await Promise.all([writeLate([event(3), event(4), { ...event(6), actor_kind: 'operator' } as EventRow]), writeLate([event(8)])])
  const { found } = await follow(1000)
  assert.deepEqual(found.toSorted(), [3, 4, 6, 8])
  await writeLate([event(5)])
  assert.deepEqual((await follow(1000)).found, [5]) // At least once: this process cannot know that it was stored in time.
})

test('a change that takes long is named as it commits', async (t) => {
  const { db, aFollower } = await aLog(t)
  const follow = aFollower()
  assert.deepEqual((await follow(5000)).found, [])
  const chain = { stamp: (_event: unknown, at: number) => event(at / 1000), markStored() {}, skip() {} } as unknown as AuditChain
  const audit = createAuditLog({ writeToStore: async () => undefined, chain, clock: () => 120_000, onFailure: assert.fail })
  const change: ChangeEvent<'requestors.delete'> = {
    kind: 'requestors.delete',
    outcome: 'success',
    detail: { requestor: 'r', by: { realm: 'operators', client: 'o' } },
  }
  await db.transaction().execute(async (transaction) => {
    await audit.record(transaction, change, 100_000)
    await audit.record(transaction, change, 119_000)
  })
  await audit.close()
  assert.deepEqual((await follow(5000)).found, [100])
})

test('a follower of changes reads the index of changes, and those that were stored late', async (t) => {
  const { write, writeLate, aFollower } = await aLog(t)
  await write(...seconds(1, 40).map((second) => event(second, 'a')))
  const follow = aFollower({ changes: true })
  assert.deepEqual((await follow(1000)).found, [9, 19, 29, 39])
  await writeLate(...seconds(45, 60).map((second) => event(second, 'b')))
  assert.deepEqual((await follow(1000)).found, [49, 59])
})

test('a range that has an end is over once it is read', async (t) => {
  const { write, aFollower } = await aLog(t)
  await write(...seconds(1, 40).map((second) => event(second)))
  assert.deepEqual(await aFollower({}, { from: 10_000, to: 20_000 })(1000), { found: seconds(10, 19), isAtEnd: true })
  const follow = aFollower({}, { from: 10_000, to: 3_000_000 })
  assert.deepEqual(await follow(1000), { found: seconds(10, 40), isAtEnd: false })
  assert.deepEqual(await follow(4000), { found: [], isAtEnd: true })
})

for (const cursor of [
  "oldest.0' or 1=1 --",
  'oldest.000000000000.1',
  'oldest..1.',
  'newest',
  `oldest.${'0'.repeat(12)}.${'9'.repeat(16)}.`,
]) {
  test(`abuse 160: the cursor "${cursor}" is rejected`, () => assert.throws(() => readFollowCursor(cursor), { code: 'invalid-request' }))
}
