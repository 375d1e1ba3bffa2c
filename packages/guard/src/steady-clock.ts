// Measures ages. The time of day alone goes back when it is corrected, which would keep old rights alive; a monotonic clock alone stands
// still while the machine is suspended, which does the same.

/** Milliseconds between the readings of the two clocks that count as noise, such as the resolution of the time of day. */
const toleranceMs = 10

/**
 * Returns a clock in milliseconds from any origin that never goes back. It runs with the monotonic clock, and jumps ahead when the time
 * of day does.
 * @param timeOfDay milliseconds since the epoch
 */
export function createSteadyClock(timeOfDay: () => number, monotonic: () => number = () => performance.now()): () => number {
  let skippedMs = 0
  let differenceMs = timeOfDay() - monotonic()

  return () => {
    const runMs = monotonic()
    const jumpMs = timeOfDay() - runMs - differenceMs
    if (jumpMs > toleranceMs || jumpMs < -toleranceMs) {
      differenceMs += jumpMs
      if (jumpMs > 0) skippedMs += jumpMs + toleranceMs // Rather older than younger, by what was noise before.
    }
    return runMs + skippedMs
  }
}
