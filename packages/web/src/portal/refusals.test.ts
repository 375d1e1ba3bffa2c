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

test('refusals of one reason are one group for each partner, the most frequent first', () => {
  const groups = groupRefusals([
    refusal('1', 'rate-limited'),
    refusal('2', 'partner-not-authorized', 'a'),
    refusal('3', 'partner-not-authorized', 'a'),
    refusal('4', 'partner-not-authorized', 'b'),
  ])
  assert.deepEqual(
    groups.map(({ code, partnerId, count, last }) => [code, partnerId, count, last.requestId]),
    [
      ['partner-not-authorized', 'a', 2, '2'],
      ['rate-limited', null, 1, '1'],
      ['partner-not-authorized', 'b', 1, '4'],
    ],
  )
})
