// What a guard lets pass although it denies it, and until when: for its health, and for an alarm when a date is over at the start.
import { formatEnd } from './report-only.ts'

export interface ReportOnlyState {
  /** Of the whole guard, in milliseconds since the epoch. */
  readonly ofGuard: number | undefined
  /** How many denied requests passed. */
  passed: number
  noteGuard(until: number | undefined): void
  /** Called when a route is registered. */
  noteRoute(until: number | undefined): void
  /** The latest end of the guard and its routes (ISO 8601); null if none is ahead. */
  until(): string | null
}

/**
 * @param clock milliseconds since the epoch
 * @param onError told once if an end lies in the past, so that its requests are denied
 */
export function createReportOnlyState(clock: () => number, onError: (error: Error) => void): ReportOnlyState {
  let latest = -Infinity
  let isTold = false

  function note(until: number | undefined): void {
    if (until === undefined) return
    latest = Math.max(latest, until)
    if (until > clock() || isTold) return
    isTold = true
    onError(new Error(`"reportOnly" has ended at ${formatEnd(until)}: the guard denies. Remove the option, or set another date.`))
  }

  const state = {
    ofGuard: undefined as number | undefined,
    passed: 0,
    noteGuard(until: number | undefined) {
      state.ofGuard = until
      note(until)
    },
    noteRoute: note,
    until: () => (latest > clock() ? formatEnd(latest) : null),
  }
  return state
}
