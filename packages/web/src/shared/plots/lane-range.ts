// The time that the two lanes of a rotation show: what was before it began, to the end of the window, as far as that leaves room for the past.
import { stepMs } from './geometry.ts'

export interface LaneRange {
  /** Milliseconds since the epoch, both at full hours. */
  readonly from: number
  readonly to: number
  /** Whether the window ends later than what is shown. */
  readonly isCut: boolean
}

const { hour: hourMs, day: dayMs } = stepMs
/** Hours are kept for 8 days. */
const longestPastMs = 7 * dayMs
const shortestPastMs = 6 * hourMs

/** @param startedAt @param now @param windowEndsAt milliseconds since the epoch */
export function laneRange(startedAt: number, now: number, windowEndsAt: number): LaneRange {
  const lead = Math.min(dayMs, Math.max(shortestPastMs, now - startedAt))
  const from = floorHour(Math.max(now - longestPastMs, startedAt - lead))
  const latest = now + Math.max(2 * hourMs, (now - from) / 2)
  const to = floorHour(Math.max(Math.min(windowEndsAt, latest), now)) + hourMs
  return { from, to, isCut: windowEndsAt > to }
}

export function floorHour(at: number): number {
  return at - (at % hourMs)
}
