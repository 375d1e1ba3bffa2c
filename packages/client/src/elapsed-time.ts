// The time that has really passed, for lifetimes, backoff and ages. A monotonic clock stands still while the machine is suspended (on Linux,
// and in most virtual machines), a wall clock can be set: each is the witness against the other.
import type { Clock } from './clock.ts'

export interface ElapsedTime extends Clock {
  /** Milliseconds since some moment; runs with whichever of the two clocks went further. */
  readonly now: () => number
  /** How often the wall clock was found set back. How much time passed since the reading before that is unknown. */
  readonly timesSetBack: () => number
}

/** Clocks that are read one after the other, or slewed, differ by less. Milliseconds. */
const toleranceMs = 1000

export function createElapsedTime(clock: Clock): ElapsedTime {
  const { wallNow = () => Date.now() } = clock
  /** What the wall clock was ahead of the monotonic one; the least since it was last set forward. */
  let lead = wallNow() - clock.now()
  let latestWall = -Infinity
  let missed = 0
  let timesSetBack = 0

  function now(): number {
    const [monotonic, wall] = [clock.now(), wallNow()]
    if (wall < latestWall - toleranceMs) timesSetBack += 1
    latestWall = wall
    const leadNow = wall - monotonic
    if (leadNow > lead + toleranceMs) {
      missed += leadNow - lead
      lead = leadNow
    } else {
      lead = Math.min(lead, leadNow)
    }
    return monotonic + missed
  }

  return {
    now,
    startTimer: (callback, delayMs) => clock.startTimer(callback, delayMs),
    timesSetBack() {
      now()
      return timesSetBack
    },
  }
}
