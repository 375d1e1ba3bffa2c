import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openStore } from '../store/store.ts'
import { createAssertionRate } from './assertion-rate.ts'
import { createUsedAssertions, deleteExpiredAssertions } from './used-assertions.ts'

const folder = mkdtempSync(join(tmpdir(), 'countersign-assertions-'))
after(() => rmSync(folder, { recursive: true }))
const open = (name: string) => openStore(`sqlite:${join(folder, name)}`)
const expiresAt = 1_000_000

test('abuse 072: what was used is refused after a restart', async () => {
  const before = await open('restart')
  assert.equal(await createUsedAssertions(before).use('client', 'a', expiresAt), true)
  await before.close()
  const store = await open('restart')
  const { use } = createUsedAssertions(store)
  assert.deepEqual([await use('client', 'a', expiresAt), await use('client', 'b', expiresAt)], [false, true])
  await store.close()
})

test('abuse 069: of many uses at once, also by several nodes, one is the first', async () => {
  const store = await open('race')
  const nodes = [createUsedAssertions(store), createUsedAssertions(store), createUsedAssertions(store)]
  const uses = Array.from({ length: 300 }, (_, i) => nodes[i % 3]!.use('client', String(i % 10), expiresAt))
  assert.equal((await Promise.all(uses)).filter(Boolean).length, 10)
  await store.close()
})

test('abuse 051: client and identifier are kept apart', async () => {
  const store = await open('parts')
  const { use } = createUsedAssertions(store)
  for (const [client, jti] of [
    ['a', 'b c'],
    ['a b', 'c'],
    ['a', 'b'],
    ['ab', ''],
  ] as const)
    assert.equal(await use(client, jti, expiresAt), true)
  await store.close()
})

test('abuse 072: an assertion whose row may not have been written is no use, and counts as used', async () => {
  const store = await open('failure')
  const { use } = createUsedAssertions(store)
  await store.close()
  await assert.rejects(use('client', 'a', expiresAt))
  assert.equal(await use('client', 'a', expiresAt), false)
})

test('an insert whose answer was lost is repeated, and recognizes its own row; that of another request stays another', async () => {
  const store = await open('lost')
  let lost = 2
  const tokenPool = store.tokenPool.withPlugin({
    transformQuery: ({ node }) => node,
    async transformResult({ result }) {
      if (lost-- > 0) throw Object.assign(new Error('the database did not answer'), { code: 'ETIMEDOUT' })
      return result
    },
  })
  const { use } = createUsedAssertions({ tokenPool })
  assert.equal(await use('client', 'a', expiresAt), true)
  assert.equal(await createUsedAssertions(store).use('client', 'a', expiresAt), false)
  assert.equal(await createUsedAssertions(store).use('client', 'b', expiresAt), true)
  lost = 1
  assert.equal(await use('client', 'b', expiresAt), false)
  lost = 3
  await assert.rejects(use('client', 'c', expiresAt), { code: 'ETIMEDOUT' })
  await store.close()
})

test('abuse 075: a use is kept until the assertion has expired on every clock, and a clock that is set back a minute finds it', async () => {
  const store = await open('expiry')
  const { use } = createUsedAssertions(store)
  await use('client', 'a', expiresAt)
  const count = async () => (await store.db.selectFrom('used_assertions').select('digest').execute()).length
  for (const [now, kept] of [
    [expiresAt - 1, 1],
    [expiresAt, 1],
    [expiresAt + 60_000, 1],
    [expiresAt + 299_999, 1],
    [expiresAt + 300_000, 0],
  ] as const) {
    await deleteExpiredAssertions(store.db, now)
    assert.equal(await count(), kept, String(now))
  }
  await store.close()
})

test('abuse 074: more uses than a node deletes in one step are deleted in several', async () => {
  const store = await open('many')
  const rows = Array.from({ length: 12_000 }, (_, i) => ({ client: 'client', digest: String(i), used_by: String(i), expires_at: i }))
  for (let i = 0; i < rows.length; i += 1000)
    await store.db
      .insertInto('used_assertions')
      .values(rows.slice(i, i + 1000))
      .execute()
  await deleteExpiredAssertions(store.db, 11_999 - 1 + 300_000)
  assert.deepEqual(
    (await store.db.selectFrom('used_assertions').select('digest').execute()).map(({ digest }) => digest),
    ['11999'],
  )
  await store.close()
})

test('abuse 074: a client authenticates 100 times a second at a node, and 1000 times in a burst; another client is not affected', () => {
  const count = createAssertionRate()
  const admitted = (client: string, from: number, seconds: number) => {
    let uses = 0
    for (let now = from; now < from + seconds * 1000; now += 8) {
      try {
        count(client, now)
        uses++
      } catch (error) {
        assert.equal((error as { code?: unknown }).code, 'too-many-token-requests')
      }
    }
    return uses
  }
  // As long as an assertion can be valid, with the tolerance for clocks: this is what the table holds of the client at most.
  assert.ok(admitted('greedy', 0, 360) <= 1000 + 100 * 360)
  assert.ok(admitted('greedy', 360_000, 10) <= 1001)
  assert.equal(admitted('other', 360_000, 8), 1000)
})
