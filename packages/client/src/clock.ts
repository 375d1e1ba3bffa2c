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

/** Resolves after `delayMs`, at once where nothing is left to wait for; rejects with the reason of `signal`. */
export async function wait(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted()
  if (delayMs <= 0) return
  let abort = () => {}
  try {
    await new Promise<void>((resolve, reject) => {
      const stopTimer = clock.startTimer(resolve, delayMs)
      abort = () => {
        stopTimer()
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', abort)
    })
  } finally {
    signal?.removeEventListener('abort', abort)
  }
}
