import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRequestId } from '@countersign/protocol'
import { createGuardName, createRequestIds, readApiRequestId } from './request-ids.ts'

test('ids sort by time, also if the clock is set back, and name their guard', () => {
  const instants = [1_800_000_000_000, 1_800_000_000_000, 1_799_000_000_000, 1_800_000_000_001.5]
  const next = createRequestIds(
    () => '0badcafe',
    () => instants.shift()!,
  )
  const ids = [next(), next(), next(), next()]
  assert.deepEqual(ids, ids.toSorted())
  assert.equal(ids[0], '01a3185c5000-0badcafe-00000001')
  assert.ok(ids.every(isRequestId))
  const name = createGuardName()
  assert.equal(name(), name())
  assert.notEqual(name(), createGuardName()())
})

const given: readonly [id: unknown, read: string | null][] = [
  ['req-1', 'req-1'],
  ['4bf92f3577b34da6a3ce929d0e0e4736', '4bf92f3577b34da6a3ce929d0e0e4736'],
  ['5f0d2c4e-8a61-4c37-b7d9-1e2f3a4b5c02', '5f0d2c4e-8a61-4c37-b7d9-1e2f3a4b5c02'],
  ['01a3185c5000-0badcafe-00000001', null],
  ['', null],
  ['a b', null],
  ['a'.repeat(65), null],
  ['eyJhbGciOiJFUzI1NiJ9', null],
  ['x.eyJhbGciOi', null],
  ['csk_abc', null],
  ['Zm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm8', null],
  [undefined, null],
  [7, null],
]
for (const [id, read] of given)
  test(`the id ${JSON.stringify(id)} of an API is read as ${read}`, () => assert.equal(readApiRequestId(id), read))
