// Which numbers of which nodes were removed, of all pieces together, for a log with millions of them.
import type { Piece } from './pieces.ts'
import type { NumberRange } from '../events/kinds.ts'
import { findRange } from './number-ranges.ts'

export interface RemovedEvents {
  /** The piece that the event was removed with. */
  find(node: string, number: number): Piece | undefined
  /** The last of consecutive removed numbers that begin with this one; undefined if this one was not removed. */
  endOf(node: string, number: number): number | undefined
}

interface OfNode {
  readonly ranges: NumberRange[]
  readonly pieces: Piece[]
}

export function indexRemoved(pieces: readonly Piece[]): RemovedEvents {
  const nodes = new Map<string, OfNode>()
  for (const piece of pieces) {
    for (const [node, ranges] of piece.removed) {
      const known = nodes.get(node) ?? { ranges: [], pieces: [] }
      nodes.set(node, known)
      for (const range of ranges) {
        known.ranges.push(range)
        known.pieces.push(piece)
      }
    }
  }
  const sorted = new Map([...nodes].map(([node, found]) => [node, sort(found)]))

  return {
    find(node, number) {
      const found = sorted.get(node)
      if (!found) return undefined
      const at = findRange(found.ranges, number)
      return at >= 0 && found.ranges[at]![1] >= number ? found.pieces[at] : undefined
    },
    endOf(node, number) {
      const ranges = sorted.get(node)?.ranges ?? []
      let at = findRange(ranges, number)
      let end = ranges[at]?.[1] ?? -1
      if (end < number) return undefined
      while (ranges[at + 1] !== undefined && ranges[at + 1]![0] <= end + 1) end = Math.max(end, ranges[++at]![1])
      return end
    },
  }
}

/** Pieces of one class are in order already; those of several are not. */
function sort({ ranges, pieces }: OfNode): OfNode {
  const order = ranges.map((_, index) => index).toSorted((a, b) => ranges[a]![0] - ranges[b]![0])
  return { ranges: order.map((index) => ranges[index]!), pieces: order.map((index) => pieces[index]!) }
}
