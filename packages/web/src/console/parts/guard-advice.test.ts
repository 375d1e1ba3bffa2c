import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aGuard } from './guard.fixture.ts'
import { adviseFor, describeLag, type Guard } from './guard-advice.ts'

const adviceOn = (...guards: Guard[]) => adviseFor(guards).map(({ tone, fact }) => `${tone} ${fact}`)

test('there is nothing to do for an API with a process that knows what changes', () => {
  assert.deepEqual(adviceOn(aGuard('connected'), aGuard('not-seen', { guard: 'ffffffff' })), [])
})

test('an API that learns of no changes is worse than one that was not seen', () => {
  const [first, second] = adviceOn(aGuard('not-seen', { api: 'a' }), aGuard('cut-off', { api: 'b' }))
  assert.match(first!, /^bad It reports, but learns of no changes/)
  assert.equal(second, 'warn It was not seen for more than 90 seconds.')
})

test('one process of several that learns of no changes is named', () => {
  assert.deepEqual(adviceOn(aGuard('connected'), aGuard('cut-off', { guard: 'ffffffff' })), [
    'warn 1 process of 2 learns of no changes: what is revoked stays allowed there for up to 5 minutes.',
  ])
  const [advice] = adviseFor([aGuard('connected'), aGuard('cut-off'), aGuard('cut-off'), aGuard('not-seen')])
  assert.match(advice!.fact, /^2 processes of 3 learn of/)
  assert.match(advice!.remedy, /^Restart them\./)
})

test('a guard that is cut off is told what fits the way in which it learns of changes', () => {
  const remedyFor = (mode: Guard['mode']) => adviseFor([aGuard('cut-off', { mode })])[0]!.remedy
  assert.match(remedyFor('feed'), /proxy_buffering off/)
  assert.doesNotMatch(remedyFor('pull'), /stream/)
})

test('every state in which an API does not hear of changes has a fact and a next step', () => {
  const reasons = ['scope-missing', 'client-disabled', 'service-account-off', 'organization-suspended', 'client-deleted'] as const
  const silent = [
    aGuard('late'),
    aGuard('cut-off'),
    aGuard('not-seen'),
    aGuard('cut-off', { clientChangedSecondsAgo: 1 }),
    ...reasons.map((reason) => aGuard('blocked', { cannotReport: { reason, command: 'countersign …' } })),
  ]
  for (const [index, guard] of silent.entries()) {
    const [advice] = adviseFor([{ ...guard, api: null, reporter: `api-${index}` }])
    assert.ok(advice && /^[A-Z].*\.$/.test(advice.fact) && /^[A-Z].*[.:]$/.test(advice.remedy), `${guard.state}: ${JSON.stringify(advice)}`)
    assert.deepEqual([advice.api, advice.reporter], [null, `api-${index}`])
  }
})

test('the last sign of life of an API is that of any of its processes', () => {
  const [advice] = adviseFor([aGuard('not-seen'), aGuard('not-seen', { seenAt: '2026-11-28T11:00:00.000Z' })])
  assert.equal(advice?.seenAt, '2026-11-28T11:00:00.000Z')
})

test('a client that cannot report has the command that repairs it', () => {
  const command = 'countersign client enable api-client-orders --realm prod'
  const [advice] = adviseFor([aGuard('blocked', { cannotReport: { reason: 'client-disabled', command } })])
  assert.deepEqual([advice?.tone, advice?.command], ['bad', command])
  const [gone] = adviseFor([aGuard('blocked', { cannotReport: { reason: 'client-deleted', command: null } })])
  assert.match(gone!.remedy, /^Create a client/)
})

test('a guard that still learns of changes, and only cannot report, is a warning', () => {
  const fault = { reason: 'scope-missing', command: 'x' } as const
  assert.match(adviceOn(aGuard('connected', { cannotReport: fault }))[0]!, /^warn .*decisions:write/)
  assert.match(adviceOn(aGuard('blocked', { cannotReport: fault }))[0]!, /^bad .*entitlements:read/)
})

test('a repair of a moment ago is given time', () => {
  assert.match(adviceOn(aGuard('cut-off', { clientChangedSecondsAgo: 4 }))[0]!, /^warn It learns of no changes yet/)
})

test('a lag is told in the unit that fits', () => {
  assert.deepEqual([null, 0.42, 45, 600, 7200].map(describeLag), ['–', '0.4 s', '45 s', '10 min', '2 h'])
})
