// A process of a guard as `guards.list` tells it.
import type { Guard } from './guard-advice.ts'

export function aGuard(state: Guard['state'], more: Partial<Guard> = {}): Guard {
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
