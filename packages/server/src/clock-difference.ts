// One clock for all nodes: that of this machine, corrected by its difference from the database's. Tokens are cut by their dates,
// so a node whose clock is ahead would issue tokens that a cut of another node does not reach. Who is wrong where the two differ too
// much is decided in clock-verdict.ts.
import { WrongClockError, type Clock } from './clock.ts'
import { decideClock, toleratedDifferenceMs, type ClockVerdict } from './clock-verdict.ts'

/** A larger step of the machine's clock is detected at once; smaller ones are covered by every cut (token/token-cut.ts). */
const noticedStep = 50

/** How fast a clock may be slewed, as a share of elapsed time. */
const slewRate = 0.0005

/** Until every other node has measured the database's clock again, and its measurement has been read. Milliseconds. */
const othersMeasureWithinMs = 15_000

export interface Measurement {
  /** The machine's clock before and after the query, and the database's in between. */
  readonly before: number
  readonly after: number
  readonly databaseNow: number
}

export interface DatabaseClock {
  /** Milliseconds since the epoch. Also while the clock is wrong: for what is recorded then. */
  readonly now: Clock
  /** For everything that others rely on. @throws WrongClockError while this machine's clock is wrong, or its time unknown */
  readonly trusted: Clock
  measured(measurement: Measurement): void
  /** Takes the differences that the other running nodes have measured. */
  compare(others: readonly number[]): void
  /** The error of {@link trusted}, if it throws one. */
  failure(): string | undefined
  /** By how much the database's clock is ahead of this machine's, in milliseconds; undefined before the first measurement. */
  difference(): number | undefined
  /** Describes a difference that all nodes share. */
  warning(): string | undefined
}

interface DatabaseClockOptions {
  /** The clock to correct. */
  readonly clock: Clock
  /** The machine's clock, which is compared with the database's. */
  readonly systemClock: Clock
  /** Monotonic clock in milliseconds. */
  readonly monotonicClock?: () => number
}

/** What was known at a measurement. */
interface Anchor {
  readonly wall: number
  readonly monotonic: number
  readonly databaseNow: number
  readonly difference: number
}

/** Without a measurement it is the clock of this machine. */
export function createDatabaseClock({ clock, systemClock, monotonicClock = () => performance.now() }: DatabaseClockOptions): DatabaseClock {
  /** Bounds of the difference. */
  let [least, most] = [-Infinity, Infinity]
  let last: Anchor | undefined
  let verdict: ClockVerdict = { kind: 'right' }
  /** The last measurement by which this clock was not wrong, and the correction that it asked for. */
  let trusted: (Anchor & { readonly correction: number }) | undefined
  let others: readonly number[] = []
  let databaseMovedAt = -Infinity

  /** The step by which the machine's clock was set since. */
  const stepSince = ({ wall, monotonic }: Anchor): number => systemClock() - wall - (monotonicClock() - monotonic)

  /** The time since a larger step is unknown: the machine may have been suspended. */
  const correctable = (step: number): number =>
    Math.abs(step) > noticedStep && Math.abs(step) < toleratedDifferenceMs ? Math.round(step) : 0

  function judge(measurement: Anchor): void {
    const step = trusted ? measurement.wall - trusted.wall - (measurement.monotonic - trusted.monotonic) : 0
    const databaseStep = trusted ? measurement.databaseNow - trusted.databaseNow - (measurement.monotonic - trusted.monotonic) : 0
    // Both: the machine was suspended.
    const wasSet = isLarge(step) && !isLarge(databaseStep)
    if (isLarge(databaseStep) && !isLarge(step)) databaseMovedAt = measurement.monotonic
    const hasDatabaseMoved = measurement.monotonic - databaseMovedAt < othersMeasureWithinMs
    verdict = decideClock({ difference: measurement.difference, others, wasSet, hasDatabaseMoved })
    if (verdict.kind !== 'wrong') trusted = { ...measurement, correction: correctionBy(verdict, measurement.difference) }
  }

  /** Why the clock cannot be trusted now, if it cannot. */
  function failure(): string | undefined {
    // What was measured as wrong no longer counts once the clock was set right again.
    if (last && verdict.kind === 'wrong' && !isLarge(stepSince(last))) return describeWrong(last.difference, verdict)
    if (last && (!trusted || isLarge(stepSince(trusted)))) return unknownTime
    return undefined
  }

  const corrected = (): number => (trusted ? clock() + trusted.correction - correctable(stepSince(trusted)) : clock())

  return {
    now: () => (last && failure() !== undefined ? clock() + last.difference : corrected()),
    trusted() {
      const reason = failure()
      if (reason !== undefined) throw new WrongClockError(reason)
      return corrected()
    },
    failure,
    measured({ before, after, databaseNow }) {
      const monotonic = monotonicClock()
      // The database read its clock at some moment in between, and each reading is truncated to a whole millisecond.
      const [low, high] = [databaseNow - after - 1, databaseNow - before + 1]
      const slew = (monotonic - (last?.monotonic ?? 0)) * slewRate
      ;[least, most] = [Math.max(least - slew, low), Math.min(most + slew, high)]
      if (least > most) [least, most] = [low, high] // A clock was set.
      // Only differences that the measurements prove are corrected, so that clocks that agree are left alone.
      const difference = Math.round(Math.min(Math.max(last?.difference ?? 0, least), most))
      last = { wall: after, monotonic, databaseNow, difference }
      judge(last)
    },
    compare(differences) {
      others = differences
      if (last) judge(last)
    },
    difference: () => last?.difference,
    warning: () => (last && verdict.kind === 'shared' ? describeShared(last.difference, verdict.nodes) : undefined),
  }
}

function isLarge(milliseconds: number): boolean {
  return Math.abs(milliseconds) >= toleratedDifferenceMs
}

/** Nodes follow the database by no more than the tolerance, and together: what separates them is corrected in any case. */
function correctionBy(verdict: ClockVerdict, difference: number): number {
  const followed = (by: number) => Math.min(Math.max(by, -toleratedDifferenceMs), toleratedDifferenceMs)
  return verdict.kind === 'shared' ? difference - verdict.by + followed(verdict.by) : difference
}

const unknownTime =
  'the clock of this machine was set, or the machine was suspended, and its time has not been compared with that of the database since'

function describeWrong(difference: number, { because }: Extract<ClockVerdict, { kind: 'wrong' }>): string {
  const why = because === 'it was set' ? 'that of this machine was set' : 'other nodes agree with the database or differ less'
  return `${describeDifference(difference)}, and ${why}: correct the clock of this machine`
}

function describeShared(difference: number, nodes: number): string {
  const who = nodes === 1 ? 'no other node has measured less' : `${nodes} nodes share the difference`
  return `${describeDifference(difference)}, and ${who}: correct the clock of the database, or of all nodes`
}

function describeDifference(difference: number): string {
  const [ahead, behind] = difference > 0 ? ['database', 'this machine'] : ['this machine', 'the database']
  return `the clock of ${difference > 0 ? 'the ' : ''}${ahead} is ${Math.round(Math.abs(difference) / 1000)} s ahead of that of ${behind}`
}
