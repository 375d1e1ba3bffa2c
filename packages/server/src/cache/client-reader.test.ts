import assert from 'node:assert/strict'
import { join } from 'node:path'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { after, test } from 'node:test'
import { createKeyRingFile } from '../keys/key-ring.ts'
import { fillStore } from '../../test/store/fill-store.fixture.ts'
import { openStore } from '../store/store.ts'
import { createClientReader } from './client-reader.ts'

const folder = mkdtempSync(join(tmpdir(), 'countersign-reader-'))
createKeyRingFile(join(folder, 'pepper'))
const location = `sqlite:${join(folder, 'store.db')}`
await fillStore({ location, pepper: join(folder, 'pepper'), clients: 300 })
const { db, close } = await openStore(location)
after(async () => {
  await close()
  rmSync(folder, { recursive: true })
})

/** Counts the queries of a client reader on this store. */
function aReader() {
  let queries = 0
  const counting = db.withPlugin({
    transformQuery: ({ node }) => {
      queries++
      return node
    },
    transformResult: async ({ result }) => result,
  })
  return { read: createClientReader(counting), queries: () => queries }
}

test('concurrent lookups of clients take few queries, and each gets its own client', async () => {
  const { read, queries } = aReader()
  const ids = Array.from({ length: 300 }, (_, i) => `client-${i}`)
  const found = await Promise.all(ids.map((id) => read('soak', id)))
  assert.deepEqual(
    found.map((client) => client?.clientId),
    ids,
  )
  assert.ok(found.every((client) => client?.secrets.length === 1))
  assert.ok(queries() <= 8, `${queries()} queries`)
})

test('a single lookup takes one query, and finds no unknown client and none of another realm', async () => {
  const { read, queries } = aReader()
  assert.equal((await read('soak', 'client-7'))?.clientId, 'client-7')
  assert.equal(queries(), 1)
  assert.deepEqual(await Promise.all([read('soak', 'nobody'), read('other', 'client-7'), read('soak', '')]), [
    undefined,
    undefined,
    undefined,
  ])
})

test('a store that does not answer fails all queued lookups, and the next lookup queries again', async () => {
  let isBroken = true
  const breaking = db.withPlugin({
    transformQuery: ({ node }) => node,
    transformResult: async ({ result }) => {
      if (isBroken) throw new Error('out of reach')
      return result
    },
  })
  const read = createClientReader(breaking)
  const outcomes = await Promise.allSettled(Array.from({ length: 100 }, (_, i) => read('soak', `client-${i}`)))
  assert.ok(outcomes.every(({ status }) => status === 'rejected'))
  isBroken = false
  assert.equal((await read('soak', 'client-1'))?.clientId, 'client-1')
})
