// The only source of time. No token may be dated earlier than a previous one, so the server stops issuing tokens after a large
// step back of the clock.

/** Milliseconds since the epoch. */
export type Clock = () => number

/** A larger step back is reported instead of being bridged. Milliseconds. */
const toleratedStepMs = 5000

/** The time that this process knows must not be used: others would refuse what is dated by it. */
export class WrongClockError extends Error {
  override name = 'WrongClockError'
}

/** The wall clock runs behind an instant that this process has already used. */
export class ClockSteppedBackError extends WrongClockError {
  override name = 'ClockSteppedBackError'
}

/**
 * Creates a clock that never goes back: during a small step back it stands still, a larger one is an error until the wall clock
 * has caught up or the process was restarted. With a monotonic clock, a clock that was ahead and is right again is no error: it may go back
 * to where it would be without the leap.
 * @throws ClockSteppedBackError from the returned clock, and any error of the clock
 */
export function forwardOnly(clock: Clock, monotonicClock?: () => number): Clock {
  let latest = 0
  let latestMonotonic = 0
  /** The last reading before the clock leapt ahead of the monotonic one. */
  let beforeLeap: { readonly wall: number; readonly monotonic: number } | undefined

  const accept = (now: number, monotonic: number): number => {
    if (latest > 0 && now - latest - (monotonic - latestMonotonic) > toleratedStepMs)
      beforeLeap ??= { wall: latest, monotonic: latestMonotonic }
    latestMonotonic = monotonic
    return (latest = now)
  }

  return () => {
    const now = clock()
    const monotonic = monotonicClock?.() ?? 0
    if (now >= latest) return accept(now, monotonic)
    if (latest - now <= toleratedStepMs) return latest
    const isUndone = beforeLeap && Math.abs(now - beforeLeap.wall - (monotonic - beforeLeap.monotonic)) <= toleratedStepMs
    if (monotonicClock && isUndone) {
      beforeLeap = undefined
      latestMonotonic = monotonic
      return (latest = now)
    }
    throw new ClockSteppedBackError(
      `The system clock was set back by ${Math.round((latest - now) / 1000)} s. Correct it, or restart the server if the new time is right.`,
    )
  }
}
