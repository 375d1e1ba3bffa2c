import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { Selectable } from 'kysely'
import type { Schema } from '../store/schema.ts'
import { openStore, type Store } from '../store/store.ts'
import { createTestLog } from '../../test/log.fixture.ts'
import { createChangeRing } from './change-ring.ts'
import { followChanges } from './follow-changes.ts'
import { createLease } from './lease.ts'

const leaseMs = 300_000
type ChangeColumns = Pick<Selectable<Schema['changes']>, 'identity' | 'what' | 'subject' | 'client_id'>

/** A follower of a store controlled by the test, with clocks moved by hand, and the cache entries that it cleared. */
async function aFollower(t: TestContext, answersAfter: () => number = () => 0) {
  const store = await openStore('sqlite::memory:')
  t.after(() => store.close())
  const forgotten: string[] = []
  let [wall, monotonic] = [1_000_000, 0]
  const cache = {
    forgetClient: (realm: string, id: string) => void forgotten.push(`client ${realm} ${id}`),
    forgetRights: (id: string) => void forgotten.push(`rights of ${id}`),
    forgetOrganization: (id: string) => void forgotten.push(id),
    forgetRealm: async (realm: string) => void forgotten.push(`realm ${realm}`),
    forgetClaimSets: async () => void forgotten.push('claim sets'),
    forgetAll: async () => void forgotten.push('all'),
  }
  const signingKeys = {
    reload: async (realm: string) => void forgotten.push(`keys of ${realm}`),
    reloadAll: async () => void forgotten.push('all keys'),
  }
  const ring = createChangeRing()
  const { log, lines } = createTestLog()
  const lease = createLease({ milliseconds: leaseMs, wallClock: () => wall, monotonicClock: () => monotonic })
  const pass = (milliseconds: number) => void ((wall += milliseconds), (monotonic += milliseconds))
  const backgroundPool = store.backgroundPool.withPlugin({
    transformQuery: ({ node }) => node,
    transformResult: async ({ result }) => (pass(answersAfter()), result),
  })
  // The rest is read from the store itself, which tests change.
  const far = Object.create(store, { backgroundPool: { value: backgroundPool } }) as Store
  const follower = followChanges({ store: far, memory: { cache, signingKeys }, ring, lease, log })
  await follower.pull()
  forgotten.length = 0
  return {
    store,
    follower,
    lease,
    ring,
    forgotten,
    log: lines,
    pass,
    setWallClock: (milliseconds: number) => void (wall += milliseconds),
    async change(
      number: number,
      organizationId: string | null,
      { identity = `change ${number}`, ...columns }: Partial<ChangeColumns> = {},
    ) {
      const row = { number, realm: 'prod', organization_id: organizationId, at: 0, identity, what: 'any', ...columns }
      await store.db.insertInto('changes').values(row).execute()
      await store.db.updateTable('epoch').set({ value: number }).execute()
    },
    setEpoch: (value: number) => store.db.updateTable('epoch').set({ value }).execute(),
  }
}

/** A cache in which nothing is looked for. */
const unused = {
  forgetClient: () => {},
  forgetRights: () => {},
  forgetOrganization: () => {},
  forgetRealm: async () => {},
  forgetClaimSets: async () => {},
  forgetAll: async () => {},
}

test('a start does not fail if a busy database answers late', async (t) => {
  const store = await openStore('sqlite::memory:')
  t.after(() => store.close())
  let slowAnswers = 3
  const busy = {
    ...store,
    get backgroundPool() {
      if (slowAnswers-- > 0) throw Object.assign(new Error('canceling statement due to statement timeout'), { code: '57014' })
      return store.backgroundPool
    },
  }
  const cache = unused
  const signingKeys = { reload: async () => {}, reloadAll: async () => {} }
  const lease = createLease({ milliseconds: leaseMs })
  const { log } = createTestLog()
  await followChanges({ store: busy, memory: { cache, signingKeys }, ring: createChangeRing(), lease, log }).pullFirst()
  assert.equal(lease.isFresh(), true)
})

test('fault 9.13: a token request waits for a pull as long as for the rest of the store, and the pull goes on', async (t) => {
  const store = await openStore('sqlite::memory:')
  t.after(() => store.close())
  const answered = Promise.withResolvers<void>()
  const slow = {
    ...store,
    // No part of a pull has the patience of a token request.
    tokenPool: store.db.withPlugin({ transformQuery: () => assert.fail(), transformResult: () => assert.fail() }),
    transact: store.transact,
    tellsDatabase: false,
    backgroundPool: store.backgroundPool.withPlugin({
      transformQuery: ({ node }) => node,
      transformResult: ({ result }) => answered.promise.then(() => result),
    }),
  }
  const cache = unused
  const signingKeys = { reload: async () => {}, reloadAll: async () => {} }
  const lease = createLease({ milliseconds: leaseMs })
  const { log } = createTestLog()
  const follower = followChanges({ store: slow, memory: { cache, signingKeys }, ring: createChangeRing(), lease, log })
  const pulled = follower.pull()
  await assert.rejects(follower.pullForRequest(), { code: 'ETIMEDOUT' })
  answered.resolve()
  await pulled
  assert.equal(lease.isFresh(), true)
})

test('the entries of changed organizations are cleared one by one, and once', async (t) => {
  const { follower, forgotten, change } = await aFollower(t)
  await change(1, 'acme')
  await change(2, null)
  await follower.pull()
  await follower.pull()
  assert.deepEqual(forgotten, ['acme', 'realm prod'])
})

test('fault 5.1: a change forgets what it is about and nothing else', async (t) => {
  const { follower, forgotten, change } = await aFollower(t)
  await change(1, 'acme', { what: 'rights' })
  await change(2, 'acme', { what: 'client', subject: 'backend', client_id: 'backend' })
  await change(3, 'acme', { what: 'token', subject: 'a token', client_id: 'backend' })
  await change(4, null, { what: 'keys' })
  await follower.pull()
  assert.deepEqual(forgotten, ['rights of acme', 'client prod backend', 'client prod backend', 'keys of prod'])
})

test('a change by a version that does not log the client of a token clears the organization', async (t) => {
  const { follower, forgotten, change } = await aFollower(t)
  await change(1, 'acme', { what: 'client', subject: 'backend' })
  await change(2, 'acme', { what: 'token', subject: 'a token' })
  await follower.pull()
  assert.deepEqual(forgotten, ['client prod backend', 'acme'])
})

test('what was applied can be asked for since a place, until the history is another one', async (t) => {
  const { store, follower, ring, change } = await aFollower(t)
  const start = ring.place()
  for (const number of [1, 2, 3]) await change(number, 'acme')
  await follower.pull()
  assert.deepEqual(
    ring.since({ number: 1, identity: 'change 1' })?.map(({ number }) => number),
    [2, 3],
  )
  assert.deepEqual([ring.since(start)?.length, ring.since({ number: 1, identity: 'another' })], [3, undefined])
  await store.db.deleteFrom('changes').where('number', '=', 3).execute()
  await change(4, 'acme')
  await follower.pull()
  assert.deepEqual([ring.since(start), ring.since({ number: 4, identity: 'change 4' })], [undefined, []])
})

test('a change of a kind from a later version clears its organization or its realm', async (t) => {
  const { follower, forgotten, change } = await aFollower(t)
  await change(1, 'acme', { what: 'something new' })
  await change(2, null, { what: 'something new' })
  await follower.pull()
  assert.deepEqual(forgotten, ['acme', 'realm prod'])
})

test('a change by a version that does not log what changed clears the organization', async (t) => {
  const { store, follower, forgotten } = await aFollower(t)
  const row = { number: 1, realm: 'prod', organization_id: 'acme', at: 0, identity: 'change 1', what: 'any' }
  await store.db.insertInto('changes').values(row).execute()
  await store.db.updateTable('epoch').set({ value: 1 }).execute()
  await follower.pull()
  assert.deepEqual(forgotten, ['acme'])
})

test('abuse 216: if the change log was trimmed past the cursor, the whole cache is cleared', async (t) => {
  const { store, follower, forgotten, change } = await aFollower(t)
  for (const number of [1, 2, 3]) await change(number, 'acme')
  await store.db.deleteFrom('changes').where('number', '<', 3).execute()
  await follower.pull()
  assert.deepEqual(forgotten, ['all', 'all keys'])
})

test('fault 9.1: the same number of changes in another history clears the cache once, and is logged', async (t) => {
  const { store, follower, forgotten, log, change } = await aFollower(t)
  await change(1, 'acme')
  await change(2, 'acme')
  await follower.pull()
  await store.db.deleteFrom('changes').where('number', '=', 2).execute()
  await change(2, 'beta', { identity: 'of another history' })
  for (let i = 0; i < 2; i++) await follower.pull()
  assert.deepEqual(forgotten, ['acme', 'acme', 'all', 'all keys'])
  assert.equal(log.length, 1)
  assert.match(log[0]!, /another history.*knew change 2 of database \?, and the last one is now 2 of \?/)
})

test('fault 9.1: a longer history of another database clears the cache', async (t) => {
  const { store, follower, forgotten, change } = await aFollower(t)
  await change(1, 'acme')
  await follower.pull()
  await store.db.deleteFrom('changes').where('number', '=', 1).execute()
  await change(1, 'beta', { identity: 'of another history' })
  await change(2, 'beta')
  await follower.pull()
  assert.deepEqual(forgotten, ['acme', 'all', 'all keys'])
})

test('fault 9.1: a store without changes is distinguished from another one', async (t) => {
  const { store, follower, forgotten } = await aFollower(t)
  await follower.pull()
  await store.db.updateTable('changes').set({ identity: 'of another store' }).where('number', '=', 0).execute()
  await follower.pull()
  assert.deepEqual(forgotten, ['all', 'all keys'])
})

test('more changes than can be applied one by one clear the cache', async (t) => {
  const { store, follower, forgotten, setEpoch } = await aFollower(t)
  const rows = Array.from({ length: 1500 }, (_, i) => ({
    number: i + 1,
    realm: 'prod',
    organization_id: 'acme',
    at: 0,
    identity: `change ${i}`,
  }))
  for (let at = 0; at < rows.length; at += 500)
    await store.db
      .insertInto('changes')
      .values(rows.slice(at, at + 500))
      .execute()
  await setEpoch(1500)
  await follower.pull()
  assert.deepEqual(forgotten, ['all', 'all keys'])
})

test('abuse 211: a revision that goes back is another database, so the cache is cleared', async (t) => {
  const { follower, forgotten, setEpoch } = await aFollower(t)
  await setEpoch(5)
  await follower.pull()
  await setEpoch(3)
  await follower.pull()
  assert.deepEqual(forgotten, ['all', 'all keys', 'all', 'all keys'])
})

test('the cache may be used until the lease ends, and the next pull clears it', async (t) => {
  const { follower, lease, forgotten, pass } = await aFollower(t)
  pass(leaseMs - 1)
  assert.equal(lease.isFresh(), true)
  pass(1)
  assert.equal(lease.isFresh(), false)
  assert.match(follower.notReadyReason() ?? '', /longer than the lease/)
  await follower.pull()
  assert.deepEqual([forgotten, lease.isFresh(), follower.notReadyReason()], [['all', 'all keys'], true, undefined])
})

for (const [what, milliseconds] of Object.entries({ 'an hour ahead': 3_600_000, 'an hour back': -3_600_000, 'a day ahead': 86_400_000 })) {
  test(`abuse 232: after a jump of the wall clock by ${what} the cache is not used until the next pull`, async (t) => {
    const { follower, lease, forgotten, setWallClock } = await aFollower(t)
    setWallClock(milliseconds)
    assert.equal(lease.isFresh(), false)
    await follower.pull()
    assert.deepEqual([forgotten, lease.isFresh()], [['all', 'all keys'], true])
  })
}

test('fault 9.5: after a step of the clock the reason is that step, and not an outage of the store', async (t) => {
  const { follower, setWallClock } = await aFollower(t)
  setWallClock(3_600_000)
  assert.match(follower.notReadyReason() ?? '', /^the clock of this machine was set, .* the store has not been read since$/)
})

test('fault 9.13: a store that takes longer than requests wait is a warning', async (t) => {
  let milliseconds = 200
  const { follower, lease } = await aFollower(t, () => milliseconds)
  await follower.pull()
  assert.equal(follower.warning(), undefined)
  milliseconds = 260
  await follower.pull()
  assert.match(follower.warning() ?? '', /^the store takes 0\.26 s to answer; a request that needs it gets 503 after 0\.25 s$/)
  milliseconds = 1
  for (let i = 0; i < 3; i++) await follower.pull()
  assert.deepEqual([follower.warning(), lease.isFresh()], [undefined, true])
})

test('fault 9.2: when the lease has ended, the warning does not say that clients are served', async (t) => {
  const { store, follower, pass } = await aFollower(t)
  await store.db.schema.alterTable('epoch').renameTo('hidden').execute()
  pass(leaseMs)
  await assert.rejects(follower.pull())
  assert.match(follower.warning() ?? '', /^the store has not answered for 300 s; every request is refused$/)
})

test('the failure of a store is logged once, and so is its return', async (t) => {
  const { store, follower, lease, log, pass, forgotten } = await aFollower(t)
  const hide = (from: string, to: string) => store.db.schema.alterTable(from).renameTo(to).execute()
  await hide('epoch', 'hidden')
  for (let i = 0; i < 3; i++) await assert.rejects(follower.pull())
  assert.deepEqual([lease.isReachable(), lease.isFresh(), lease.isAway()], [false, true, false])
  pass(2000)
  assert.equal(lease.isAway(), true)
  await hide('hidden', 'epoch')
  pass(5000)
  await follower.pull()
  assert.deepEqual([lease.isReachable(), lease.isAway()], [true, false])
  assert.deepEqual(forgotten, [])
  assert.equal(log.length, 2)
  assert.match(log.join(), /Known clients are served for 300 s\..*reached again after 7 s/)
})

test('a pull that fails because the server ends is no outage', async (t) => {
  const { store, follower, log } = await aFollower(t)
  follower.close()
  await store.close()
  await assert.rejects(follower.pull())
  assert.deepEqual(log, [])
})

test('the first line of an outage says how long clients are served, and the line at the end of the lease that they no longer are', async (t) => {
  const { store, follower, log, pass } = await aFollower(t)
  await store.db.schema.alterTable('epoch').renameTo('hidden').execute()
  pass(20_000)
  await assert.rejects(follower.pull())
  pass(leaseMs)
  for (let i = 0; i < 3; i++) await assert.rejects(follower.pull())
  assert.equal(log.length, 2)
  // The clock of the test began at 1,000 s, at the last pull.
  assert.match(log[0]!, /Known clients are served for 280 s\. From 1970-01-01T00:21:40\.000Z on/)
  assert.match(log[1]!, /longer than the lease, 300 s: every request is refused/)
})

test('abuse 219: a queue of hints that fills up is logged once, until it has emptied', async (t) => {
  const { store, follower, log } = await aFollower(t)
  for (const usage of [0.4, 0.62, 0.7, 0.1, 0.8]) {
    t.mock.method(store, 'hintQueueUsage', () => usage)
    await follower.pull()
  }
  assert.equal(log.length, 2)
  assert.match(log[0]!, /queue of NOTIFY in PostgreSQL is 62 % full.*pg_stat_activity/)
})

test('a caller during a pull waits for the next one', async (t) => {
  const { follower, forgotten, change } = await aFollower(t)
  const first = follower.pull()
  await change(1, 'acme')
  await Promise.all([first, follower.pull(), follower.pull()])
  assert.deepEqual(forgotten, ['acme'])
})
