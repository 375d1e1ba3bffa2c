// The pace of work that nothing waits for: after each step a pause that is a multiple of its duration, so that requests meet it rarely.
import { setTimeout as delay } from 'node:timers/promises'

export interface Pace {
  /** Runs a step, then pauses. @throws StoppedError if the work is to stop */
  step<Result>(work: () => Promise<Result>): Promise<Result>
  /** How long a step is to take at most; infinite if nothing waits for it. */
  readonly aimMs: number
}

/** The server stops: the rest is for the next run. */
export class StoppedError extends Error {
  override name = 'StoppedError'
}

export interface PaceOptions {
  /** The pause for each millisecond of a step. */
  readonly pauses: number
  readonly aimMs?: number
  readonly signal: AbortSignal
}

const leastMs = 2

export function createPace({ pauses, aimMs = Infinity, signal }: PaceOptions): Pace {
  return {
    aimMs,
    async step(work) {
      if (signal.aborted) throw new StoppedError('stopped')
      const before = performance.now()
      const result = await work()
      const pauseMs = (performance.now() - before) * pauses
      if (pauses > 0) await delay(Math.max(leastMs, pauseMs), undefined, { signal }).catch(() => {})
      return result
    },
  }
}
