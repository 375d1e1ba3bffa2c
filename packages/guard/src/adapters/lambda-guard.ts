// One decision in AWS Lambda, whose environments are frozen after each answer: what the guard began has to end before that.
import type { GuardRequest } from '../access.ts'
import type { DenialResponse } from '../denial-response.ts'
import type { Guard } from '../guard.ts'
import type { Requirement } from '../requirement.ts'
import { startUnrefTimer } from '../unref-timer.ts'
import type { AdapterOptions, Verdict } from './decide.ts'
import type { GatewayEvent } from './lambda-event.ts'
import { createLiveGuard, settleOf } from './live-guard.ts'

export type CountersignGuardOptions = AdapterOptions<GatewayEvent>

export interface LambdaDecision {
  readonly verdict: Verdict
  /** Resolves when nothing is under way any more, within two seconds; never rejects. */
  readonly settled: Promise<void>
}

export interface LambdaDecider {
  decide(asked: GuardRequest, requires: Requirement, event: GatewayEvent): Promise<LambdaDecision>
  refuseDefect(asked: GuardRequest, defect: unknown, event: GatewayEvent): DenialResponse
}

/** An answer waits for no longer, whatever the authorization server does. What is then under way is tried again by a later request. */
const settleMs = 2000

export function createLambdaGuard(options: CountersignGuardOptions): LambdaDecider {
  const live = createLiveGuard<GatewayEvent, readonly []>(options)
  return {
    async decide(asked, requires, event) {
      const verdict = await live.decide(asked, requires, event, [])
      return { verdict, settled: settle(options.guard, verdict) }
    },
    refuseDefect: (asked, defect, event) => live.refuseDefect(asked, defect, event, []),
  }
}

/** There may be no later request: a denial is reported at once, at most once a second, and counts as soon as they are due. */
async function settle(guard: Guard, { passes }: Verdict): Promise<void> {
  const settleGuard = settleOf(guard)
  if (!settleGuard) return
  let stopWaiting = () => {}
  const tooLate = new Promise<void>((resolve) => (stopWaiting = startUnrefTimer(resolve, settleMs)))
  await Promise.race([settleGuard({ now: !passes }), tooLate])
  stopWaiting()
}
