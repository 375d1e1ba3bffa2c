// The time that has really passed, for lifetimes, backoff and ages. A monotonic clock stands still while the machine is suspended (on Linux,
// and in most virtual machines), a wall clock can be set: each is the witness against the other.
import type { Clock } from './clock.ts'

export interface ElapsedTime extends Clock {
  /** Milliseconds since some moment; runs with whichever of the two clocks went further. */
  readonly now: () => number
  /** Milliseconds since the epoch, as this machine knows it. */
  readonly wallNow: () => number
  /** How often the wall clock was found set back by `now()`. How much time passed since the reading before that is unknown. */
  readonly timesSetBack: () => number
}

/** Clocks that are read one after the other, or slewed, differ by less. Milliseconds. */
const toleranceMs = 1000

export function createElapsedTime(clock: Clock): ElapsedTime {
  const { wallNow = () => Date.now() } = clock
  // Members of an object, because each call for a cached token writes them: a variable would allocate a number each time.
  const known = {
    /** What the wall clock was ahead of the monotonic one; the least since it was last set forward. */
    lead: wallNow() - clock.now(),
    latestWall: -Infinity,
    missed: 0,
    timesSetBack: 0,
  }

  return {
    now() {
      const monotonic = clock.now()
      const wall = wallNow()
      if (wall < known.latestWall - toleranceMs) known.timesSetBack += 1
      known.latestWall = wall
      const lead = wall - monotonic
      if (lead > known.lead + toleranceMs) {
        known.missed += lead - known.lead
        known.lead = lead
      } else if (lead < known.lead) {
        known.lead = lead
      }
      return monotonic + known.missed
    },
    wallNow,
    startTimer: (callback, delayMs) => clock.startTimer(callback, delayMs),
    timesSetBack: () => known.timesSetBack,
  }
}
