import assert from 'node:assert/strict'
import { test } from 'node:test'
import { groupRefusals, type OwnRefusal } from './refusals.ts'

function refusal(requestId: string, code: string, partnerId: string | null = null): OwnRefusal {
  return {
    requestId,
    callerRequestId: null,
    at: '2026-01-10T12:00:00Z',
    api: 'orders',
    method: 'GET',
    route: '/v1/orders',
    code,
    detail: null,
    fixedBy: 'you',
    partnerId,
    reportOnly: false,
  }
}

test('refusals of one problem are counted over the whole time, not only among those that were read', () => {
  const items = [refusal('1', 'rate-limited'), refusal('2', 'dpa-outdated'), refusal('3', 'dpa-outdated', 'b')]
  const counted = [
    { key: 'dpa-outdated', total: 393 },
    { key: 'invalid-client', total: 1 },
    { key: null, total: 7 },
  ]
  assert.deepEqual(
    groupRefusals(items, counted).map(({ code, count, last }) => [code, count, last?.requestId]),
    [
      ['dpa-outdated', 393, '2'],
      ['invalid-client', 1, undefined],
      ['rate-limited', 1, '1'],
    ],
  )
})
