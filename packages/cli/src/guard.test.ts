import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeApis, formatProcesses } from './guard.ts'

type Process = Parameters<typeof describeApis>[0][number]

const connected: Process = {
  reporter: 'orders-api',
  guard: '0badcafe',
  api: 'orders',
  version: '0.1.0',
  state: 'connected',
  mode: 'feed',
  firstSeenAt: '2026-01-15T10:00:00.000Z',
  seenAt: '2026-01-15T11:00:00.000Z',
  seenSecondsAgo: 4,
  knownAsOf: null,
  lagSeconds: null,
  revision: 7,
  revisionsBehind: null,
  refusedLastHour: 0,
  reportOnlyUntil: null,
  routes: 1,
  reportOnlyRoutes: 0,
  cannotReport: null,
  clientChangedSecondsAgo: null,
  lost: { refusals: 0, counts: 0 },
}
const late: Process = { ...connected, guard: '0badcaff', state: 'late', seenSecondsAgo: 57, revisionsBehind: 2 }

test('a guard without a report for 35 seconds is not said to hear of changes', () => {
  assert.deepEqual(describeApis([late]), [
    'orders (orders-api) may not hear of changes: it was last heard 57 s ago; a report is due every 30 s. It was stopped, is frozen, or cannot reach this server.',
  ])
  assert.deepEqual(describeApis([connected, late]), ['orders (orders-api) hears of changes: 1 process connected; 1 process late.'])
  const cutOff: Process = { ...connected, state: 'cut-off' }
  assert.match(describeApis([cutOff, late])[0]!, /does not hear of changes: 1 process reported, cut off/)
})

test('a guard whose client cannot report is said to be that, with the command, before those that hear of changes', () => {
  const command = "countersign client update stock-api --scope 'entitlements:read decisions:write' --realm prod"
  const stock = { ...connected, reporter: 'stock-api', api: 'stock' }
  const [first, second] = describeApis([connected, { ...stock, cannotReport: { reason: 'scope-missing', command } }])
  assert.equal(
    first,
    `stock (stock-api) cannot report, and was last seen at 2026-01-15T11:00:00.000Z: its client lacks decisions:write, so it is not known whether the API hears of changes: ${command}`,
  )
  assert.match(second!, /^orders/)
  const deleted = describeApis([{ ...stock, state: 'not-seen', cannotReport: { reason: 'client-deleted', command: null } }])
  assert.match(deleted[0]!, /its client was deleted, so the API does not hear of changes\. Create a client for it\.$/)
})

test('a guard that reports, but may not ask, does not hear of changes, and the command says how it may again', () => {
  const command = "countersign client update orders-api --scope 'decisions:write entitlements:read' --realm prod"
  const blocked = { ...connected, state: 'blocked', cannotReport: { reason: 'scope-missing', command } } as const
  assert.deepEqual(describeApis([blocked]), [
    `orders (orders-api) does not hear of changes, and was last seen at 2026-01-15T11:00:00.000Z: its client lacks entitlements:read: ${command}`,
  ])
})

test('a guard whose client was changed just now is not said to be stopped or cut off', () => {
  for (const state of ['late', 'cut-off', 'not-seen'] as const)
    assert.deepEqual(describeApis([{ ...late, state, clientChangedSecondsAgo: 12 }]), [
      'orders (orders-api) does not hear of changes yet: its client or organization was changed 12 s ago. If that was the repair, its guard asks again within a minute or two; run this command again then.',
    ])
  assert.match(describeApis([{ ...connected, clientChangedSecondsAgo: 12 }])[0]!, /hears of changes: 1 process connected/)
})

test('APIs that do not hear of changes are first, the others by name, whichever was seen last', () => {
  const stock: Process = {
    ...connected,
    reporter: 'stock-api',
    api: 'stock',
    state: 'blocked',
    cannotReport: { reason: 'client-disabled', command: 'x' },
  }
  const unnamed: Process = { ...connected, reporter: 'any-api', api: null }
  const rows = (items: readonly Process[]) =>
    formatProcesses(items)
      .split('\n')
      .map((line) => line.split(/ {2,}/).slice(0, 4).join(' '))
  const expected = [
    'API CLIENT PROCESS STATE',
    'stock stock-api 0badcafe blocked',
    '(not named) any-api 0badcafe connected',
    'orders orders-api 0badcaff late',
    'orders orders-api 0badcafe connected',
  ]
  assert.deepEqual(rows([connected, unnamed, late, stock]), expected)
  assert.deepEqual(rows([stock, late, unnamed, connected]), expected)
})
