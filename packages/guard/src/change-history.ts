// Where a guard stands in the history of its realm. Changes are pulled, pushed and looked up at the same time, so a document may arrive after
// a newer one: it is told from a newer one here, and takes the guard back neither to an earlier revision nor to another history.
import type { AsOf, ChangesDocument, EntitlementChange } from '@countersign/protocol'

/** What a request knew when it began. */
export interface HistoryMark {
  readonly cursor: string | undefined
  /** How often everything was forgotten. What began before the last time belongs to another history. */
  readonly epoch: number
}

export interface ChangeHistory {
  readonly mark: HistoryMark
  /** `undefined` before the first document. */
  readonly place: AsOf | undefined
  /** Whether what a lookup that began at `mark` found out may be remembered. */
  admits(asOf: AsOf, mark: HistoryMark): boolean
  /** Whether a document is older than what the guard knew when it asked for it: what changed since would count once more. */
  isOlder(asOf: AsOf, known: AsOf | undefined, mark: HistoryMark): boolean
  /**
   * Takes changes that were asked for at `since`, or that follow them in the feed. Returns what is to be forgotten, null for everything;
   * `undefined` if the document belongs to another history and says nothing.
   */
  follow(document: ChangesDocument, since: HistoryMark): readonly EntitlementChange[] | null | undefined
}

export function createChangeHistory(): ChangeHistory {
  let place: AsOf | undefined
  let mark: HistoryMark = { cursor: undefined, epoch: 0 }

  return {
    get mark() {
      return mark
    },
    get place() {
      return place
    },
    admits: (asOf, { epoch }) =>
      place !== undefined && epoch === mark.epoch && asOf.state === place.state && asOf.revision >= place.revision,
    isOlder: (asOf, known, { epoch }) =>
      known !== undefined && epoch === mark.epoch && asOf.state === known.state && asOf.revision < known.revision,
    follow({ asOf, cursor, changes }, since) {
      if (since.epoch !== mark.epoch) return undefined
      const isSameState = place !== undefined && place.state === asOf.state
      const isBehind = isSameState && asOf.revision < place!.revision
      const isNext = since.cursor === mark.cursor
      // Another request overtook it: what it names was forgotten already, and is forgotten again without harm.
      if (isBehind && !isNext) return changes ?? []
      if (changes !== null && isSameState && !isBehind) {
        place = asOf
        mark = { ...mark, cursor }
        return changes
      }
      mark = { cursor, epoch: place === undefined ? mark.epoch : mark.epoch + 1 }
      place = asOf
      return null
    },
  }
}
