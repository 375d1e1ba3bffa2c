// One decision in AWS Lambda, whose environments are frozen after each answer: what the guard began has to end before that.
import { startUnrefTimer } from '../unref-timer.ts'
import { checkGuard, refuseOtherOptions, type AdapterOptions, type Decider, type Verdict } from './decide.ts'
import type { GatewayEvent } from './lambda-event.ts'
import { createLiveGuard, settleOf } from './live-guard.ts'

export type CountersignGuardOptions = AdapterOptions<GatewayEvent>

export interface LambdaDecider extends Decider<GatewayEvent> {
  /** Resolves when nothing is under way any more, within two seconds; never rejects. `undefined` if nothing is. */
  settle(verdict: Verdict): Promise<void> | undefined
}

/** An answer waits for no longer, whatever the authorization server does. What is then under way is tried again by a later request. */
const settleMs = 2000

export function createLambdaGuard(options: CountersignGuardOptions): LambdaDecider {
  refuseOtherOptions('countersignGuard', options)
  checkGuard(options.guard)
  const { decider } = createLiveGuard<GatewayEvent, readonly []>(options).use([])
  const settleGuard = settleOf(options.guard)
  return { ...decider, settle: ({ passes }) => settleGuard && settleWithin(settleGuard({ now: !passes })) }
}

/** There may be no later request: a denial is reported at once, at most once a second, and counts as soon as they are due. */
async function settleWithin(settling: Promise<void>): Promise<void> {
  let stopWaiting = () => {}
  const tooLate = new Promise<void>((resolve) => (stopWaiting = startUnrefTimer(resolve, settleMs)))
  await Promise.race([settling, tooLate])
  stopWaiting()
}
