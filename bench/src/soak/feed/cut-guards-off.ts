// All guards lose the servers, without being told: the load balancer forwards nothing any more. A right that is taken away meanwhile may be
// used within the bound of the guard, and nothing may be used after it.
import { setTimeout as pause } from 'node:timers/promises'
import { eventually } from '@countersign/server/store/processes.fixture'
import type { FeedCluster } from './feed-cluster.ts'
import { revocationOf, type RevocableHolder } from './holders.ts'

/** Decisions begin this long after the bound, because the clocks of two processes are read. */
const readingMs = 50

export interface CutOffOptions {
  readonly guards: number
  readonly boundSeconds: number
}

export async function cutGuardsOff(
  { nodes, fleet, balancer, recording }: FeedCluster,
  [kept, revoked]: readonly [RevocableHolder, RevocableHolder],
  { guards, boundSeconds }: CutOffOptions,
  say: (progress: string) => void,
) {
  for (const holder of [kept, revoked]) await fleet.decide(() => holder)
  const cutAt = performance.now()
  let from = Date.now()
  balancer.freeze()
  note('cut')
  const { revoke, ended } = revocationOf(1)
  from = Date.now()
  await revoke(nodes[0]!, revoked)
  recording.add({ step: 'ended', subject: ended(revoked), why: 'revoked', from, to: Date.now() })
  await until(boundSeconds * 400)
  const withinBound = { kept: await fleet.decide(() => kept), revoked: await fleet.decide(() => revoked) }
  await until(boundSeconds * 1000 + readingMs)
  say(`feed: ${guards} guards have been cut off for ${boundSeconds} s`)
  const afterBound = { kept: await fleet.decide(() => kept), revoked: await fleet.decide(() => revoked) }
  await pause(boundSeconds * 100)
  const later = { kept: await fleet.decide(() => kept), revoked: await fleet.decide(() => revoked) }
  from = Date.now()
  balancer.heal()
  note('joined')
  const healedAt = performance.now()
  const afterHealing = { accepted: 0, refused: 0, unavailable: 0 }
  await eventually('all guards refuse what was revoked', async () => {
    const counts = await fleet.decide(() => revoked)
    for (const outcome of ['accepted', 'refused', 'unavailable'] as const) afterHealing[outcome] += counts[outcome]
    return counts.refused === guards
  })
  const secondsUntilAllRefused = (performance.now() - healedAt) / 1000
  await eventually('all guards hold a connection again', async () => (await fleet.connected()) === guards)
  const secondsUntilAllReconnected = (performance.now() - healedAt) / 1000
  await eventually('all guards accept again', async () => (await fleet.decide(() => kept)).accepted === guards)
  return {
    guards,
    boundSeconds,
    withinBound,
    acceptedAfterBound: sum([afterBound.kept, afterBound.revoked, later.kept, later.revoked].map(({ accepted }) => accepted)),
    decisionsAfterBound: 4 * guards,
    revokedAfterHealing: afterHealing,
    secondsUntilAllRefused,
    secondsUntilAllReconnected,
  }

  function until(milliseconds: number): Promise<void> {
    return pause(Math.max(0, cutAt + milliseconds - performance.now()))
  }
  function note(step: 'cut' | 'joined'): void {
    for (let guard = 0; guard < guards; guard++) recording.add({ step, who: `guard:${guard}`, from, to: Date.now() })
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
