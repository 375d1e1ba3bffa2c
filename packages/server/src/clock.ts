// The only source of time. No token may be dated earlier than a previous one, so the server stops issuing tokens after a large
// step back of the clock.

/** Milliseconds since the epoch. */
export type Clock = () => number

/** A larger step back is reported instead of being bridged. Milliseconds. */
const toleratedStepMs = 5000

/** The wall clock runs behind an instant that this process has already used. */
export class ClockSteppedBackError extends Error {
  override name = 'ClockSteppedBackError'
}

/**
 * Creates a clock that never goes back: during a small step back it stands still, a larger one is an error until the wall clock
 * has caught up or the process was restarted.
 * @throws ClockSteppedBackError from the returned clock
 */
export function forwardOnly(clock: Clock): Clock {
  let latest = 0
  return () => {
    const now = clock()
    if (now >= latest) return (latest = now)
    if (latest - now > toleratedStepMs) {
      throw new ClockSteppedBackError(
        `The system clock was set back by ${Math.round((latest - now) / 1000)} s. Correct it, or restart the server if the new time is right.`,
      )
    }
    return latest
  }
}
