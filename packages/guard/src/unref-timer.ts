// Timers that keep no process alive: a guard may be forgotten without being closed.

/** Calls `callback` once after `delayMs`. Returns a function that cancels the timer. */
export type StartTimer = (callback: () => void, delayMs: number) => () => void

export const startUnrefTimer: StartTimer = (callback, delayMs) => {
  const timer: unknown = setTimeout(callback, delayMs)
  // A number in runtimes other than Node, which end a process without regard to timers.
  if (typeof timer === 'object') (timer as NodeJS.Timeout).unref()
  return () => clearTimeout(timer as NodeJS.Timeout)
}
