import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OwnRefusal } from './refusals.ts'
import { groupSame } from './same-refusals.ts'

const refusal = (requestId: string, differs: Partial<OwnRefusal> = {}): OwnRefusal => ({
  requestId,
  callerRequestId: null,
  at: '2026-01-10T12:00:00Z',
  api: 'orders',
  method: 'GET',
  route: '/v1/orders',
  code: 'partner-not-authorized',
  detail: null,
  fixedBy: 'provider',
  partnerId: 'a',
  reportOnly: false,
  ...differs,
})

test('requests that were refused alike are one group, and the group with the latest comes first', () => {
  const groups = groupSame([refusal('4'), refusal('3', { route: '/v1/prices' }), refusal('2'), refusal('1', { partnerId: 'b' })])
  assert.deepEqual(
    groups.map((group) => group.map(({ requestId }) => requestId)),
    [['4', '2'], ['3'], ['1']],
  )
})

test('what was let through for now is not in a group with what was refused', () => {
  assert.equal(groupSame([refusal('2'), refusal('1', { reportOnly: true })]).length, 2)
})
