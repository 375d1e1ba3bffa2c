// How the board sorts rotations, and how much longer a window can be.
import { isUrgent, type CutOff } from '../../shared/rotation-urgency.ts'

export type BoardStanding = 'can-end' | 'cuts-off' | 'waiting'

export interface BoardFacts {
  readonly windowEndsAt: string | null
  readonly maxWindowEndsAt: string | null
  readonly cutsOff: CutOff
}

/** What the end of a window far away would do is not known yet: callers may still move. */
export function standingOf(rotation: BoardFacts, nowMs: number): BoardStanding {
  if (rotation.cutsOff === null) return 'can-end'
  return isUrgent(rotation, rotation.cutsOff, nowMs) ? 'cuts-off' : 'waiting'
}

const weekSeconds = 7 * 86_400

/** What a longer window begins with, in seconds from now: a week, as far as it can be. */
export function secondsLonger(
  { windowEndsAt, maxWindowEndsAt }: Pick<BoardFacts, 'windowEndsAt' | 'maxWindowEndsAt'>,
  nowMs: number,
): number {
  const until = (at: string | null, otherwise: number) => (at === null ? otherwise : Math.floor((Date.parse(at) - nowMs) / 1000))
  // A minute less than the latest end: the form stays open for a while.
  const most = until(maxWindowEndsAt, weekSeconds) - 60
  return roundDown(Math.max(60, Math.min(Math.max(weekSeconds, until(windowEndsAt, 0) + 86_400), most)))
}

/** To days, hours or minutes. */
function roundDown(seconds: number): number {
  const unit = seconds >= 2 * 86_400 ? 86_400 : seconds >= 2 * 3600 ? 3600 : 60
  return seconds - (seconds % unit)
}
