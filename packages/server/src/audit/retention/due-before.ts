// From when on events are old enough to be removed.
import { idFrom } from '../../node-ids.ts'

const dayMs = 86_400_000

/** Events before this id are due. Whole days (UTC), so that no day is cut into the pieces of every run. */
export function dueBefore(now: number, keptSeconds: number): string {
  return idFrom(Math.max(0, Math.floor((now - keptSeconds * 1000) / dayMs) * dayMs))
}
