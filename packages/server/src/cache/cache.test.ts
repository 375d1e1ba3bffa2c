import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { isStoreUnavailable } from '../store/store-errors.ts'
import { openStore } from '../store/store.ts'
import { Cache } from './cache.ts'
import { createLease } from './lease.ts'

/** A cache over an empty store that counts its queries. */
async function aDirectory(t: TestContext, isAway?: () => boolean) {
  const store = await openStore('sqlite::memory:')
  t.after(() => store.close())
  let queries = 0
  const db = store.db.withPlugin({
    transformQuery({ node }) {
      queries++
      return node
    },
    transformResult: async ({ result }) => result,
  })
  const cache = new Cache({
    db,
    realms: new Map(),
    clock: () => 0,
    clientsInMemory: 100,
    ...(isAway && { lease: { ...createLease({ milliseconds: 1000 }), isFresh: () => true, isAway } }),
  })
  return { cache, queries: () => queries }
}

test('concurrent lookups of a client share one read', async (t) => {
  const { cache, queries } = await aDirectory(t)
  await Promise.all(Array.from({ length: 500 }, () => cache.readClient('prod', 'nobody')))
  assert.equal(queries(), 1)
  await cache.readClient('prod', 'nobody')
  assert.equal(queries(), 2)
})

test('a lookup after a change does not get a read from before it', async (t) => {
  const { cache, queries } = await aDirectory(t)
  const before = cache.readClient('prod', 'nobody')
  cache.forgetRights('an organization')
  await Promise.all([before, cache.readClient('prod', 'nobody')])
  assert.equal(queries(), 2)
})

test('abuse 209: a store that has not answered for a while is not queried, and no lookup waits for it', async (t) => {
  let isAway = true
  const { cache, queries } = await aDirectory(t, () => isAway)
  await assert.rejects(cache.readClient('prod', 'nobody'), isStoreUnavailable)
  assert.equal(queries(), 0)
  isAway = false
  assert.equal((await cache.readClient('prod', 'nobody')).client, undefined)
  assert.equal(queries(), 1)
})
