// The pace of work that nothing waits for: after each step a pause that is a multiple of its duration, so that requests meet it rarely.
import { setTimeout as delay } from 'node:timers/promises'

export interface Pace {
  /**
   * Runs a step, then pauses.
   * @param maxPauseMs on a machine where everything takes long, the work must go on: what is written in a day has to be removed in one
   * @throws StoppedError if the work is to stop
   */
  step<Result>(work: () => Promise<Result>, maxPauseMs?: number): Promise<Result>
}

/** The server stops: the rest is for the next run. */
export class StoppedError extends Error {
  override name = 'StoppedError'
}

export interface PaceOptions {
  /** The pause for each millisecond of a step. */
  readonly pauses: number
  readonly signal: AbortSignal
}

const leastMs = 2
const usualMaxMs = 250

export function createPace({ pauses, signal }: PaceOptions): Pace {
  return {
    async step(work, maxPauseMs = usualMaxMs) {
      if (signal.aborted) throw new StoppedError('stopped')
      const before = performance.now()
      const result = await work()
      const pauseMs = Math.min((performance.now() - before) * pauses, maxPauseMs)
      if (pauses > 0) await delay(Math.max(leastMs, pauseMs), undefined, { signal }).catch(() => {})
      return result
    },
  }
}
