// The time source of this package: two clocks and a timer, all of them options, so that tests can move time by hand.
// Timers run only while a request is pending, so there is nothing to close.

export interface Clock {
  /** Milliseconds of a monotonic clock: a wall clock that is set back must not extend the lifetime of a token. */
  readonly now: () => number
  /**
   * Milliseconds since the epoch, default `Date.now`: a monotonic clock may stand still while the machine is suspended. A token has
   * expired when either clock says so.
   */
  readonly wallNow?: () => number
  /** Calls `callback` once after `delayMs`. Returns a function that cancels the timer. */
  readonly startTimer: (callback: () => void, delayMs: number) => () => void
}

export const systemClock: Clock = {
  now: () => performance.now(),
  startTimer: (callback, delayMs) => {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
}

/** Resolves after `delayMs`, immediately if that is not positive. Rejects with the reason of `signal` when it is aborted. */
export async function wait(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) throw signal.reason
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
