import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBatchReader } from './batch-reader.ts'

/** A reader of words, at most two in a query, whose queries end when told; the group of a word is what comes before its number. */
function aReader() {
  const queries: { readonly keys: readonly string[]; readonly answer: PromiseWithResolvers<ReadonlyMap<string, string>> }[] = []
  let grouped = 0
  const read = createBatchReader<string, string>({
    maxPerQuery: 2,
    groupOf(key) {
      grouped++
      return key.replace(/\d+$/, '')
    },
    read(keys) {
      const answer = Promise.withResolvers<ReadonlyMap<string, string>>()
      queries.push({ keys, answer })
      return answer.promise
    },
  })
  /** Answers each query as it comes, until there are no more. */
  async function answerAll(): Promise<void> {
    for (let i = 0; i < queries.length; i++) {
      const { keys, answer } = queries[i]!
      answer.resolve(new Map(keys.map((key) => [key, key.toUpperCase()])))
      await new Promise(setImmediate)
    }
  }
  return { read, queries, answerAll, grouped: () => grouped }
}

test('up to three queries run at once, and what waits shares queries of its group, the longest waiting first', async () => {
  const { read, queries, answerAll } = aReader()
  const found = Promise.all(['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4', 'b3'].map(read))
  assert.deepEqual(
    queries.map(({ keys }) => keys),
    [['a1'], ['b1'], ['c1']],
  )
  await answerAll()
  assert.deepEqual(await found, ['A1', 'B1', 'C1', 'A2', 'B2', 'A3', 'A4', 'B3'])
  assert.deepEqual(
    queries.slice(3).map(({ keys }) => keys),
    [['a2', 'a3'], ['b2', 'b3'], ['a4']],
  )
})

test('fault 5.3: however many lookups wait, each is looked at once', async () => {
  const { read, answerAll, grouped } = aReader()
  const groups = Array.from({ length: 1000 }, (_, i) => `group-${i}-`)
  const found = Promise.all(groups.map((group) => read(`${group}1`)))
  await answerAll()
  assert.equal((await found).length, 1000)
  assert.equal(grouped(), 1000)
})

test('a query that fails ends all queued lookups, and the next lookup queries again', async () => {
  const { read, queries, answerAll } = aReader()
  const found = Promise.allSettled(['a1', 'b1', 'c1', 'a2', 'b2', 'a3'].map(read))
  queries[0]!.answer.reject(new Error('out of reach'))
  await new Promise(setImmediate)
  await answerAll()
  assert.deepEqual(
    (await found).map(({ status }) => status),
    ['rejected', 'fulfilled', 'fulfilled', 'rejected', 'rejected', 'rejected'],
  )
  const again = read('a2')
  await answerAll()
  assert.equal(await again, 'A2')
})
