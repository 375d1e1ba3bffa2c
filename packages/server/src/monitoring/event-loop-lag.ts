// Measures how late the event loop is: a timer should fire every tenth of a second, and the lag is how much later it fires. A
// node with a blocked loop answers every request late, so it is not ready until the loop has recovered.
import type { ReadinessCheck } from './readiness.ts'

const beatMilliseconds = 100
/** A lag is remembered for at least this long, so that a probe which waited in the same queue still sees it. */
const rememberedMilliseconds = 1000
const tolerableMilliseconds = 500

export interface EventLoopLag {
  /** The worst lag of the last second or two, including a timer that is overdue now. Milliseconds. */
  worst(): number
  check: ReadinessCheck
  stop(): void
}

/** @param now milliseconds of a monotonic clock */
export function watchEventLoop(now: () => number = () => performance.now()): EventLoopLag & { beat(): void } {
  let beatenAt = now()
  let turnedAt = beatenAt
  let [worstBefore, worstNow] = [0, 0]

  const lag = () => Math.max(0, now() - beatenAt - beatMilliseconds)
  const beat = () => {
    worstNow = Math.max(worstNow, lag())
    beatenAt = now()
    if (beatenAt - turnedAt >= rememberedMilliseconds) {
      ;[worstBefore, worstNow, turnedAt] = [worstNow, 0, beatenAt]
    }
  }
  const timer = setInterval(beat, beatMilliseconds).unref()
  const worst = () => Math.max(worstBefore, worstNow, lag())

  return {
    beat,
    worst,
    check: () => (worst() > tolerableMilliseconds ? `the event loop was held up for ${Math.round(worst())} ms` : undefined),
    stop: () => clearInterval(timer),
  }
}
