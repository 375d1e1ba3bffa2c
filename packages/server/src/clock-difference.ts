// One clock for all nodes: that of this machine, corrected by how much the database's is ahead. Tokens are cut by their dates, so
// a node whose clock is ahead would issue tokens that a cut of another node does not reach.
import type { Clock } from './clock.ts'

/** By how much the clocks of a node and of the database may differ. Milliseconds. */
export const toleratedDifferenceMs = 5000

/** A step of the machine's clock that is larger is seen at once; what remains is covered by every cut (token/token-cut.ts). */
const noticedStep = 50

/** How fast a clock may be slewed, as a share of the time that passes. */
const slewRate = 0.0005

export interface Measurement {
  /** The machine's clock before and after the database was asked, and the database's in between. */
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
  /** What is corrected. */
  readonly clock: Clock
  /** The machine's clock, as it is compared with the database's. */
  readonly systemClock: Clock
  /** Milliseconds of a clock that nobody sets. */
  readonly monotonicClock?: () => number
}

/** Without a measurement it is the clock of this machine. */
export function createDatabaseClock({ clock, systemClock, monotonicClock = () => performance.now() }: DatabaseClockOptions): DatabaseClock {
  /** The database's clock is ahead by no less and no more than this. */
  let [least, most] = [-Infinity, Infinity]
  let correction = 0
  let [measuredWall, measuredMonotonic] = [0, 0]
  let isMeasured = false

  /** By how much the machine's clock was set since the last measurement. */
  const stepped = (): number => {
    const step = systemClock() - measuredWall - (monotonicClock() - measuredMonotonic)
    // A larger one is no small correction: nobody knows how much time has passed, and memory is not used (follow-changes.ts).
    return Math.abs(step) > noticedStep && Math.abs(step) < toleratedDifferenceMs ? Math.round(step) : 0
  }

  return {
    now: () => (isMeasured ? clock() + correction - stepped() : clock()),
    measured({ before, after, databaseNow }) {
      const monotonic = monotonicClock()
      // The reading of the database was made at some moment in between, and each reading is a whole millisecond or part of the next.
      const [low, high] = [databaseNow - after - 1, databaseNow - before + 1]
      const slew = (monotonic - measuredMonotonic) * slewRate
      ;[least, most] = [Math.max(least - slew, low), Math.min(most + slew, high)]
      if (least > most) [least, most] = [low, high] // A clock was set.
      // Only what the measurements rule out is corrected, so that clocks that agree are left alone.
      const kept = Math.min(Math.max(correction, least), most)
      correction = Math.min(Math.max(Math.round(kept), -toleratedDifferenceMs), toleratedDifferenceMs)
      ;[measuredWall, measuredMonotonic, isMeasured] = [after, monotonic, true]
    },
  }
}
