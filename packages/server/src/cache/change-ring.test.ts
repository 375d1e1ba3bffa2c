import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createChangeRing } from './change-ring.ts'

const place = (number: number) => ({ number, identity: `change ${number}` })
const change = (number: number) => ({ ...place(number), realm: 'prod', organizationId: null, what: 'any', subject: null, clientId: null })
const numbersSince = (ring: ReturnType<typeof createChangeRing>, number: number) => ring.since(place(number))?.map((each) => each.number)

test('it has the changes after every place that it remembers, and is bounded', () => {
  const ring = createChangeRing(10)
  ring.reset(place(5), [change(4), change(5)])
  assert.deepEqual(
    [numbersSince(ring, 3), numbersSince(ring, 4), numbersSince(ring, 5), numbersSince(ring, 6)],
    [undefined, [5], [], undefined],
  )
  for (let number = 6; number <= 100; number++) ring.append([change(number)])
  assert.deepEqual([numbersSince(ring, 98), numbersSince(ring, 80), numbersSince(ring, 101)], [[99, 100], undefined, undefined])
})

test('a gap forgets what was before it, a repetition is ignored', () => {
  const ring = createChangeRing()
  ring.reset(place(1))
  ring.append([change(2)])
  ring.append([change(4)])
  ring.append([change(3)])
  assert.deepEqual([numbersSince(ring, 2), numbersSince(ring, 4), ring.place().number], [undefined, [], 4])
})

test('a place without an identity is no place', () => {
  const ring = createChangeRing()
  ring.reset({ number: 1, identity: null })
  assert.equal(ring.since({ number: 1, identity: null }), undefined)
})

test('it is behind from the announcement of a change until it is appended', () => {
  const ring = createChangeRing()
  ring.reset(place(1))
  ring.announce(2)
  assert.equal(ring.isBehind(), true)
  ring.append([change(2)])
  assert.equal(ring.isBehind(), false)
})

test('a listener is told of each change once, and of a reset', () => {
  const ring = createChangeRing()
  const told: unknown[] = []
  ring.reset(place(1))
  ring.onMove((changes) => told.push(changes?.map(({ number }) => number)))
  ring.append([change(2), change(3)])
  ring.append([change(3), change(4)])
  ring.append([change(4)])
  ring.reset(place(1))
  assert.deepEqual(told, [[2, 3], [4], undefined])
})
