// How late the event loop is: a beat that should come every tenth of a second, and by how much it did not. A node whose loop
// is held up answers nobody in time, so it should get no more requests until that is over.
import type { ReadinessCheck } from './readiness.ts'

const beatMilliseconds = 100
/** A lag is remembered for this long at least, so that a probe which waited in the same queue still sees it. */
const rememberedMilliseconds = 1000
const tolerableMilliseconds = 500

export interface EventLoopLag {
  /** The worst of the last second or two, with what is late right now. Milliseconds. */
  worst(): number
  check: ReadinessCheck
  stop(): void
}

/** @param now milliseconds of a clock that never goes back */
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
