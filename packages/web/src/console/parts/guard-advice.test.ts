import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adviseFor, describeLag, versionsOf, type Guard } from './guard-advice.ts'

function aGuard(state: Guard['state'], more: Partial<Guard> = {}): Guard {
  return {
    reporter: 'api-client-orders',
    guard: '0a1b2c3d',
    api: 'orders',
    version: '0.1.0',
    state,
    mode: 'feed',
    firstSeenAt: '2026-11-28T08:00:00.000Z',
    seenAt: '2026-11-28T09:00:00.000Z',
    seenSecondsAgo: 3,
    knownAsOf: null,
    lagSeconds: null,
    revision: 7,
    revisionsBehind: null,
    refusedLastHour: 0,
    reportOnlyUntil: null,
    routes: 3,
    reportOnlyRoutes: 0,
    cannotReport: null,
    clientChangedSecondsAgo: null,
    lost: { refusals: 0, counts: 0 },
    ...more,
  }
}

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
  assert.deepEqual(adviceOn(aGuard('connected'), aGuard('cut-off', { guard: 'ffffffff' })), ['warn 1 process of 2 learns of no changes.'])
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

test('versions are counted over the processes that report, the most frequent first', () => {
  const guards = [aGuard('connected', { version: null }), aGuard('connected'), aGuard('late'), aGuard('not-seen', { version: '0.0.9' })]
  assert.deepEqual(versionsOf(guards), [
    ['0.1.0', 2],
    ['earlier', 1],
  ])
})
