// The last changes that this node has applied, in memory: guards ask for those since their last request, also while the database is away.
import type { HistoryPlace, PlacedChange } from '../store/change-log.ts'

export interface ChangeRing {
  /** The last change that this node has applied. */
  place(): HistoryPlace
  /** Appends changes that were applied. If they do not follow the place, the earlier ones are forgotten; repeated ones are ignored. */
  append(changes: readonly PlacedChange[]): void
  /** Continues at a place before which nothing is known, or only these changes. */
  reset(place: HistoryPlace, before?: readonly PlacedChange[]): void
  /** Notes that a change with this number was committed, and will be read from the change log. */
  announce(number: number): void
  /** Whether an announced change was not appended yet. */
  isBehind(): boolean
  /** All changes after a place; undefined if it is not known, or not of this history. */
  since(place: HistoryPlace): readonly PlacedChange[] | undefined
  /** Registers a listener for what was appended, undefined after a reset. The memory of this node reflects it already. It must not throw. */
  onMove(listener: OnMove): void
}

type OnMove = (changes: readonly PlacedChange[] | undefined) => void

/** About 2 MB. */
export const maxRemembered = 10_000

export function createChangeRing(limit = maxRemembered): ChangeRing {
  /** Without a gap. */
  let changes: PlacedChange[] = []
  /** The place before the first of them. */
  let base: HistoryPlace = { number: 0, identity: null }
  let last = base
  let announced = 0
  const listeners: OnMove[] = []

  function start(place: HistoryPlace, from: readonly PlacedChange[]): void {
    base = place
    changes = [...from]
  }

  function at(number: number): HistoryPlace | undefined {
    return number === base.number ? base : changes[number - base.number - 1]
  }

  return {
    place: () => last,
    append(appended) {
      const news = appended.filter(({ number }) => number > last.number)
      for (const change of news) {
        if (change.number === last.number + 1) changes.push(change)
        else start(change, [])
        last = change
      }
      // Not one by one: each would move all others.
      if (changes.length > limit) start(changes.at(-Math.ceil(limit / 2))!, changes.slice(1 - Math.ceil(limit / 2)))
      if (news.length > 0) for (const listener of listeners) listener(news)
    },
    announce: (number) => void (announced = Math.max(announced, number)),
    isBehind: () => announced > last.number,
    reset(place, before = []) {
      announced = 0
      const [first, ...others] = before.at(-1)?.number === place.number ? before.slice(-limit) : []
      start(first ?? place, others)
      last = place
      for (const listener of listeners) listener(undefined)
    },
    onMove: (listener) => void listeners.push(listener),
    since(place) {
      const known = at(place.number)
      // Without identities, two changes of the same number may belong to two histories.
      if (!known || known.identity === null || known.identity !== place.identity) return undefined
      return changes.slice(place.number - base.number)
    },
  }
}
