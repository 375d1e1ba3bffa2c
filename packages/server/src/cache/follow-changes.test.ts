import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { openStore } from '../store/store.ts'
import { followChanges } from './follow-changes.ts'

const lease = 300_000

/** A follower of a store that holds what the test puts into it, with clocks moved by hand, and what it told the directory. */
async function aFollower(t: TestContext) {
  const store = await openStore('sqlite::memory:')
  t.after(() => store.close())
  const forgotten: string[] = []
  let [wall, monotonic] = [1_000_000, 0]
  const cache = {
    forget: (id: string) => void forgotten.push(id),
    forgetRealm: async (realm: string) => void forgotten.push(`realm ${realm}`),
    forgetAll: async () => void forgotten.push('all'),
  }
  const log: string[] = []
  const follower = followChanges({
    store,
    cache,
    lease,
    log: { error: (line) => log.push(line), warn: (line) => log.push(line), info: (line) => log.push(line) },
    wallClock: () => wall,
    monotonicClock: () => monotonic,
  })
  await follower.pull()
  forgotten.length = 0
  return {
    store,
    follower,
    forgotten,
    log,
    pass: (milliseconds: number) => void ((wall += milliseconds), (monotonic += milliseconds)),
    setWallClock: (milliseconds: number) => void (wall += milliseconds),
    async change(number: number, organizationId: string | null) {
      await store.db.insertInto('changes').values({ number, realm: 'prod', organization_id: organizationId, at: 0 }).execute()
      await store.db.updateTable('epoch').set({ value: number }).execute()
    },
    setEpoch: (value: number) => store.db.updateTable('epoch').set({ value }).execute(),
  }
}

test('a start does not fail because a busy database does not answer at once', async (t) => {
  const store = await openStore('sqlite::memory:')
  t.after(() => store.close())
  let slowAnswers = 3
  const busy = {
    ...store,
    get tokenPool() {
      if (slowAnswers-- > 0) throw Object.assign(new Error('canceling statement due to statement timeout'), { code: '57014' })
      return store.tokenPool
    },
  }
  const cache = { forget: () => {}, forgetRealm: async () => {}, forgetAll: async () => {} }
  const follower = followChanges({ store: busy, cache, lease, log: { error() {}, warn() {}, info() {} } })
  await follower.pullFirst()
  assert.equal(follower.isFresh(), true)
})

test('what changed is forgotten, one by one and once', async (t) => {
  const { follower, forgotten, change } = await aFollower(t)
  await change(1, 'acme')
  await change(2, null)
  await follower.pull()
  await follower.pull()
  assert.deepEqual(forgotten, ['acme', 'realm prod'])
})

test('abuse 216: where the change log was trimmed past what is known, everything is forgotten', async (t) => {
  const { store, follower, forgotten, change } = await aFollower(t)
  for (const number of [1, 2, 3]) await change(number, 'acme')
  await store.db.deleteFrom('changes').where('number', '<', 3).execute()
  await follower.pull()
  assert.deepEqual(forgotten, ['all'])
})

test('more changes than can be followed one by one empty everything', async (t) => {
  const { store, follower, forgotten, setEpoch } = await aFollower(t)
  const rows = Array.from({ length: 1500 }, (_, i) => ({ number: i + 1, realm: 'prod', organization_id: 'acme', at: 0 }))
  for (let at = 0; at < rows.length; at += 500)
    await store.db
      .insertInto('changes')
      .values(rows.slice(at, at + 500))
      .execute()
  await setEpoch(1500)
  await follower.pull()
  assert.deepEqual(forgotten, ['all'])
})

test('abuse 211: an epoch that goes back is another database, so everything is forgotten', async (t) => {
  const { follower, forgotten, setEpoch } = await aFollower(t)
  await setEpoch(5)
  await follower.pull()
  await setEpoch(3)
  await follower.pull()
  assert.deepEqual(forgotten, ['all', 'all'])
})

test('memory may be used until the lease ends, and everything is forgotten by the pull after it', async (t) => {
  const { follower, forgotten, pass } = await aFollower(t)
  pass(lease - 1)
  assert.equal(follower.isFresh(), true)
  pass(1)
  assert.equal(follower.isFresh(), false)
  assert.match(follower.notReadyReason() ?? '', /longer than the lease/)
  await follower.pull()
  assert.deepEqual([forgotten, follower.isFresh(), follower.notReadyReason()], [['all'], true, undefined])
})

for (const [what, milliseconds] of Object.entries({ 'an hour ahead': 3_600_000, 'an hour back': -3_600_000, 'a day ahead': 86_400_000 })) {
  test(`abuse 232: a wall clock that jumps ${what} ends the use of memory until the store was asked`, async (t) => {
    const { follower, forgotten, setWallClock } = await aFollower(t)
    setWallClock(milliseconds)
    assert.equal(follower.isFresh(), false)
    await follower.pull()
    assert.deepEqual([forgotten, follower.isFresh()], [['all'], true])
  })
}

test('a store that fails is said once, and so is its return', async (t) => {
  const { store, follower, log, pass, forgotten } = await aFollower(t)
  const hide = (from: string, to: string) => store.db.schema.alterTable(from).renameTo(to).execute()
  await hide('epoch', 'hidden')
  for (let i = 0; i < 3; i++) await assert.rejects(follower.pull())
  assert.deepEqual([follower.isReachable(), follower.isFresh(), follower.isAway()], [false, true, false])
  pass(2000)
  assert.equal(follower.isAway(), true)
  await hide('hidden', 'epoch')
  pass(5000)
  await follower.pull()
  assert.deepEqual([follower.isReachable(), follower.isAway()], [true, false])
  assert.deepEqual(forgotten, [])
  assert.equal(log.length, 2)
  assert.match(log.join(), /Known clients are served for 300 s\..*reached again after 7 s/)
})

test('the beginning of an outage says how long clients are served, and the end of the lease that they are no longer', async (t) => {
  const { store, follower, log, pass } = await aFollower(t)
  await store.db.schema.alterTable('epoch').renameTo('hidden').execute()
  pass(20_000)
  await assert.rejects(follower.pull())
  pass(lease)
  for (let i = 0; i < 3; i++) await assert.rejects(follower.pull())
  assert.equal(log.length, 2)
  // The clock of the test began at 1,000 s, and the last pull was then.
  assert.match(log[0]!, /Known clients are served for 280 s\. From 1970-01-01T00:21:40\.000Z on/)
  assert.match(log[1]!, /longer than the lease, 300 s: every request is refused/)
})

test('abuse 219: a queue of hints that fills up is said once, until it has emptied', async (t) => {
  const { store, follower, log } = await aFollower(t)
  for (const usage of [0.4, 0.62, 0.7, 0.1, 0.8]) {
    t.mock.method(store, 'hintQueueUsage', () => usage)
    await follower.pull()
  }
  assert.equal(log.length, 2)
  assert.match(log[0]!, /queue of NOTIFY in PostgreSQL is 62 % full.*pg_stat_activity/)
})

test('whoever asks during a pull waits for the next one', async (t) => {
  const { follower, forgotten, change } = await aFollower(t)
  const first = follower.pull()
  await change(1, 'acme')
  await Promise.all([first, follower.pull(), follower.pull()])
  assert.deepEqual(forgotten, ['acme'])
})
