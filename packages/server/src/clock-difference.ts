// One clock for all nodes: that of this machine, corrected by its difference from the database's. Tokens are cut by their dates,
// so a node whose clock is ahead would issue tokens that a cut of another node does not reach.
import type { Clock } from './clock.ts'

/** Tolerated difference between the clocks of a node and of the database. Milliseconds. */
export const toleratedDifferenceMs = 5000

/** A larger step of the machine's clock is detected at once; smaller ones are covered by every cut (token/token-cut.ts). */
const noticedStep = 50

/** How fast a clock may be slewed, as a share of elapsed time. */
const slewRate = 0.0005

export interface Measurement {
  /** The machine's clock before and after the query, and the database's in between. */
  readonly before: number
  readonly after: number
  readonly databaseNow: number
}

export interface DatabaseClock {
  /** Milliseconds since the epoch. */
  readonly now: Clock
  measured(measurement: Measurement): void
}

interface DatabaseClockOptions {
  /** The clock to correct. */
  readonly clock: Clock
  /** The machine's clock, which is compared with the database's. */
  readonly systemClock: Clock
  /** Monotonic clock in milliseconds. */
  readonly monotonicClock?: () => number
}

/** Without a measurement it is the clock of this machine. */
export function createDatabaseClock({ clock, systemClock, monotonicClock = () => performance.now() }: DatabaseClockOptions): DatabaseClock {
  /** Bounds of the difference by which the database's clock is ahead. */
  let [least, most] = [-Infinity, Infinity]
  let correction = 0
  let [measuredWall, measuredMonotonic] = [0, 0]
  let isMeasured = false

  /** The step by which the machine's clock was set since the last measurement. */
  const stepped = (): number => {
    const step = systemClock() - measuredWall - (monotonicClock() - measuredMonotonic)
    // A larger step is no small correction: the elapsed time is unknown, and the cache is not used (follow-changes.ts).
    return Math.abs(step) > noticedStep && Math.abs(step) < toleratedDifferenceMs ? Math.round(step) : 0
  }

  return {
    now: () => (isMeasured ? clock() + correction - stepped() : clock()),
    measured({ before, after, databaseNow }) {
      const monotonic = monotonicClock()
      // The database read its clock at some moment in between, and each reading is truncated to a whole millisecond.
      const [low, high] = [databaseNow - after - 1, databaseNow - before + 1]
      const slew = (monotonic - measuredMonotonic) * slewRate
      ;[least, most] = [Math.max(least - slew, low), Math.min(most + slew, high)]
      if (least > most) [least, most] = [low, high] // A clock was set.
      // Only differences that the measurements prove are corrected, so that clocks that agree are left alone.
      const kept = Math.min(Math.max(correction, least), most)
      correction = Math.min(Math.max(Math.round(kept), -toleratedDifferenceMs), toleratedDifferenceMs)
      ;[measuredWall, measuredMonotonic, isMeasured] = [after, monotonic, true]
    },
  }
}
