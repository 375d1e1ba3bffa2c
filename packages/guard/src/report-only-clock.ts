// The time by which report-only ends. An end that was reached stays reached: setting the clock of the machine back must neither open an API
// again nor keep it open for longer.
import { createSteadyClock } from './steady-clock.ts'

/**
 * Returns a clock in milliseconds since the epoch that never goes back; NaN, which is before no end, as long as the time is not known. It
 * throws what `clock` throws.
 * @param clock milliseconds since the epoch
 */
export function createReportOnlyClock(clock: () => number, monotonic?: () => number): () => number {
  let steady: (() => number) | undefined
  let startedAt = Number.NaN

  function start(): void {
    const now = clock()
    if (!Number.isFinite(now)) return
    const started = createSteadyClock(clock, monotonic)
    startedAt = now - started()
    steady = started
  }
  try {
    start()
  } catch {
    // Started again when it is asked.
  }

  return () => {
    if (!steady) start()
    return Math.max(clock(), steady ? startedAt + steady() : Number.NaN)
  }
}
