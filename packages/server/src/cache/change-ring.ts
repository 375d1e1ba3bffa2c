// The last changes that this node has applied, in memory: guards ask for those since their last request, also while the database is away.
import type { HistoryPlace, PlacedChange } from '../store/change-log.ts'

export interface ChangeRing {
  /** The last change that this node has applied. */
  place(): HistoryPlace
  /** Appends changes that were applied. If they do not follow the place, the earlier ones are forgotten; repeated ones are ignored. */
  append(changes: readonly PlacedChange[]): void
  /** Continues at a place before which nothing is known, or only these changes. */
  reset(place: HistoryPlace, before?: readonly PlacedChange[]): void
  /** All changes after a place; undefined if it is not known, or not of this history. */
  since(place: HistoryPlace): readonly PlacedChange[] | undefined
}

/** About 2 MB. */
export const maxRemembered = 10_000

export function createChangeRing(limit = maxRemembered): ChangeRing {
  /** Without a gap: the change with the number n is at the index n − first. */
  let changes: PlacedChange[] = []
  let last: HistoryPlace = { number: 0, identity: null }

  function at(number: number): HistoryPlace | undefined {
    if (number === last.number) return last
    return changes[number - (last.number - changes.length + 1)]
  }

  return {
    place: () => last,
    append(appended) {
      for (const change of appended) {
        if (change.number <= last.number) continue
        if (change.number !== last.number + 1) changes = []
        changes.push(change)
        last = { number: change.number, identity: change.identity }
      }
      // Not one by one: each would move all others.
      if (changes.length > limit) changes = changes.slice(-Math.ceil(limit / 2))
    },
    reset(place, before = []) {
      last = place
      changes = before.at(-1)?.number === place.number ? before.slice(-limit) : []
    },
    since(place) {
      const known = at(place.number)
      // Without identities, two changes of the same number may belong to two histories.
      if (!known || known.identity === null || known.identity !== place.identity) return undefined
      return changes.slice(changes.length - (last.number - place.number))
    },
  }
}
