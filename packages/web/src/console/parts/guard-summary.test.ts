import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aGuard } from './guard.fixture.ts'
import { summarize } from './guard-summary.ts'

test('processes that are up to date are counted among those that were seen', () => {
  assert.deepEqual(summarize([aGuard('connected')]), ['1 process of 1 API: up to date.'])
  assert.deepEqual(summarize([aGuard('connected'), aGuard('connected', { api: 'prices' }), aGuard('cut-off')]), [
    '3 processes of 2 APIs: 2 up to date.',
  ])
})

test('a process that a deployment has left behind is told apart from one that is not up to date', () => {
  assert.deepEqual(summarize([aGuard('connected'), aGuard('not-seen', { api: 'gone' })]), [
    '1 process of 1 API: up to date.',
    '1 process was not seen for more than 90 seconds, and stays listed for 7 days.',
  ])
  assert.deepEqual(summarize([aGuard('not-seen'), aGuard('not-seen')]), [
    '2 processes were not seen for more than 90 seconds, and stay listed for 7 days.',
  ])
})

test('a late report says when one is due', () => {
  assert.match(summarize([aGuard('connected'), aGuard('late')])[1]!, /^1 report is late: one is due every 30 seconds/)
})

test('several versions say how many have which, the most frequent first, and what to do; one that is gone does not count', () => {
  const guards = [
    aGuard('connected', { version: null }),
    aGuard('connected'),
    aGuard('connected'),
    aGuard('not-seen', { version: '0.0.9' }),
  ]
  assert.ok(summarize(guards).includes('Versions: 0.1.0 (2), earlier (1). Go on with the upgrade until all have one.'))
  assert.ok(!summarize([aGuard('connected')]).some((sentence) => sentence.startsWith('Versions')))
})

test('what only reports is named, for a process and for routes', () => {
  const until = aGuard('connected', { reportOnlyUntil: '2026-12-01T00:00:00.000Z' })
  assert.match(summarize([until])[1]!, /^1 process only reports .* lets it pass/)
  assert.match(summarize([until, aGuard('connected', { reportOnlyRoutes: 2 })])[1]!, /^2 processes only report .* let it pass/)
})

test('what was lost is counted, also of a process that has ended', () => {
  const lost = { refusals: 410, counts: 2 }
  assert.match(summarize([aGuard('connected'), aGuard('not-seen', { lost })]).at(-1)!, /^412 refusals and counts did not arrive/)
})
