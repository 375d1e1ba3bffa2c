import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aClock } from './guard.fixture.ts'
import { createLookupQueue } from './lookup-queue.ts'

const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

/** A queue in which four lookups run, two of each group, and three of each wait for at most five seconds. */
function aQueue() {
  const clock = aClock()
  const queue = createLookupQueue({ maxRunning: 4, maxRunningOfGroup: 2, maxWaitingOfGroup: 3, maxWaitSeconds: 5, clock: clock.steady })
  const running: { name: string; end: () => void; fail: () => void }[] = []
  const results: string[] = []
  const add = (group: string, name: string) => {
    const lookUp = () =>
      new Promise<string>((resolve, reject) => {
        running.push({ name, end: () => resolve(name), fail: () => reject(new Error('failed')) })
      })
    queue.run(group, lookUp).then(
      (result) => results.push(result),
      (error: Error) => results.push(`${name}: ${error.message}`),
    )
  }
  const names = () => running.map(({ name }) => name)
  const end = async (how: 'end' | 'fail' = 'end') => {
    running.shift()?.[how]()
    await settled()
  }
  return { add, clock, end, names, results }
}

test('each group runs a few lookups at a time, in their order, and refuses what is too much', async () => {
  const { add, end, names, results } = aQueue()
  for (let i = 0; i < 7; i++) add('acme', `acme-${i}`)
  await settled()
  assert.deepEqual(names(), ['acme-0', 'acme-1'])
  assert.equal(results.length, 2)
  assert.match(results[0] ?? '', /acme-5: More than 3 lookups wait/)
  for (let i = 0; i < 5; i++) await end(i % 2 ? 'end' : 'fail')
  assert.deepEqual(results.slice(2), ['acme-0: failed', 'acme-1', 'acme-2: failed', 'acme-3', 'acme-4: failed'])
})

test('groups take turns, and all of them have a limit', async () => {
  const { add, end, names } = aQueue()
  for (const group of ['a', 'b', 'c', 'd']) for (let i = 0; i < 3; i++) add(group, `${group}${i}`)
  await settled()
  assert.deepEqual(names(), ['a0', 'a1', 'b0', 'b1'])
  const ended: string[] = []
  while (names().length > 0) {
    assert.ok(names().length <= 4)
    ended.push(names()[0]!)
    await end()
  }
  assert.equal(ended.length, 12)
  assert.ok(ended.indexOf('d0') < ended.indexOf('c1'), ended.join())
})

test('what waited for too long is refused when its turn comes', async () => {
  const { add, clock, end, results } = aQueue()
  for (let i = 0; i < 4; i++) add('acme', `acme-${i}`)
  await settled()
  clock.advance(5)
  await end()
  assert.deepEqual(results.length, 3)
  assert.match(results.join(), /acme-2: A lookup waited .* more than 5 s/)
})

test('a group whose lookups were all refused is forgotten', async (t) => {
  const { add, clock, end, results } = aQueue()
  for (const group of ['a', 'b']) for (let i = 0; i < 2; i++) add(group, `${group}${i}`)
  for (let i = 0; i < 100; i++) add(`late ${i}`, `late ${i}`)
  await settled()
  clock.advance(5)
  const deletions = t.mock.method(Map.prototype, 'delete').mock
  await end()
  deletions.restore()
  assert.equal(results.filter((result) => result.startsWith('late')).length, 100)
  assert.equal(deletions.calls.filter(({ arguments: [name], result }) => result && String(name).startsWith('late')).length, 100)
})

test('a lookup that does not end gives its place free, so that others are not kept out for good', async () => {
  const { add, clock, names, results } = aQueue()
  for (let i = 0; i < 2; i++) add('acme', `dropped-${i}`)
  await settled()
  clock.advance(29)
  add('acme', 'waits')
  await settled()
  assert.deepEqual(names(), ['dropped-0', 'dropped-1'])
  clock.advance(1)
  add('acme', 'runs')
  await settled()
  assert.deepEqual(names().toSorted(), ['dropped-0', 'dropped-1', 'runs', 'waits'])
  assert.deepEqual(results, [])
})
