// Numbers of events of a node as ranges, and as a text that stays short where every second number is missing: for each range the distance
// from the one before, and its length if it is not 1, in base 36.
import type { NumberRange } from '../events/kinds.ts'

/** Ascending, without overlaps. */
export type NumberRanges = readonly NumberRange[]

/** @param number greater than every number of the ranges */
export function addNumber(ranges: [first: number, last: number][], number: number): void {
  const last = ranges.at(-1)
  if (last && last[1] === number - 1) last[1] = number
  else ranges.push([number, number])
}

export function formatRanges(ranges: NumberRanges): string {
  let end = 0
  return ranges
    .map(([first, last]) => {
      const text = (first - end).toString(36) + (last === first ? '' : `+${(last - first + 1).toString(36)}`)
      end = last
      return text
    })
    .join(',')
}

/** @throws RangeError for any text that {@link formatRanges} does not return */
export function parseRanges(text: string): NumberRange[] {
  let end = 0
  return text.split(',').map((part) => {
    const [, gap = '', count = '1'] = /^([0-9a-z]{1,8})(?:\+([0-9a-z]{1,8}))?$/.exec(part) ?? []
    const first = end + Number.parseInt(gap, 36)
    const last = first + Number.parseInt(count, 36) - 1
    if (!(first > end && last >= first)) throw new RangeError('The text is not a list of ranges')
    end = last
    return [first, last]
  })
}

export function countNumbers(ranges: NumberRanges): number {
  return ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0)
}

export function hasNumber(ranges: NumberRanges, number: number): boolean {
  return (ranges[findRange(ranges, number)]?.[1] ?? -1) >= number
}

/** The index of the last range that begins at or before a number; -1 if there is none. */
export function findRange(ranges: NumberRanges, number: number): number {
  let [low, high] = [0, ranges.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (ranges[middle]![0] <= number) low = middle + 1
    else high = middle
  }
  return low - 1
}
