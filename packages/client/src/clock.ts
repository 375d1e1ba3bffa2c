// Time as this package sees it: one monotonic clock and one kind of timer. Both are an option, so that tests move them by
// hand. Timers run only while somebody waits for a request; nothing ticks in the background, so nothing has to be closed.

export interface Clock {
  /** Milliseconds on a clock that nobody sets: a wall clock that steps must neither stretch nor cut the life of a token. */
  readonly now: () => number
  /** Calls back once after `delayMs`, unless the function that it returns is called before. */
  readonly startTimer: (callback: () => void, delayMs: number) => () => void
}

export const systemClock: Clock = {
  now: () => performance.now(),
  startTimer: (callback, delayMs) => {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
}

/** Resolves after `delayMs`; at once where nothing is left to wait for. */
export async function wait(clock: Clock, delayMs: number): Promise<void> {
  if (delayMs > 0) await new Promise<void>((resolve) => clock.startTimer(resolve, delayMs))
}
