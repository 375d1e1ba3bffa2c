// What is different between two lists of lines (or words). Lines that both have in the same order stay; the others went or came.

export interface Difference {
  readonly kind: 'same' | 'gone' | 'new'
  readonly text: string
}

/** A line that occurs more often, such as an empty one, is matched only beside lines that are matched. */
const oftenest = 32

export function differencesOf(before: readonly string[], after: readonly string[]): Difference[] {
  const found: Difference[] = []
  let gone = 0
  let come = 0
  const upTo = (endBefore: number, endAfter: number): void => {
    const size = Math.min(endBefore - gone, endAfter - come)
    let head = 0
    while (head < size && before[gone + head] === after[come + head]) head++
    let tail = 0
    while (tail < size - head && before[endBefore - 1 - tail] === after[endAfter - 1 - tail]) tail++
    for (let step = 0; step < head; step++) found.push({ kind: 'same', text: before[gone + step]! })
    for (let at = gone + head; at < endBefore - tail; at++) found.push({ kind: 'gone', text: before[at]! })
    for (let at = come + head; at < endAfter - tail; at++) found.push({ kind: 'new', text: after[at]! })
    for (let at = endBefore - tail; at < endBefore; at++) found.push({ kind: 'same', text: before[at]! })
    gone = endBefore
    come = endAfter
  }
  for (const { inBefore, inAfter } of commonLines(before, after)) {
    upTo(inBefore, inAfter)
    found.push({ kind: 'same', text: before[inBefore]! })
    gone = inBefore + 1
    come = inAfter + 1
  }
  upTo(before.length, after.length)
  return found
}

interface Pair {
  readonly inBefore: number
  readonly inAfter: number
  readonly previous: Pair | undefined
}

/** The longest common subsequence of the lines that do not occur often (Hunt and Szymanski, 1977). */
function commonLines(before: readonly string[], after: readonly string[]): Pair[] {
  const rare = placesOf(before)
  const places = placesOf(after)
  /** By length: the pair with which a sequence of that length ends first in `after`. */
  const ends: Pair[] = []
  before.forEach((line, inBefore) => {
    if (rare.get(line)!.length > oftenest) return
    const there = places.get(line) ?? []
    if (there.length > oftenest) return
    for (const inAfter of there.toReversed()) {
      const length = lengthBefore(ends, inAfter)
      ends[length] = { inBefore, inAfter, previous: ends[length - 1] }
    }
  })
  const pairs: Pair[] = []
  for (let pair = ends.at(-1); pair; pair = pair.previous) pairs.push(pair)
  return pairs.toReversed()
}

function placesOf(lines: readonly string[]): Map<string, number[]> {
  const places = new Map<string, number[]>()
  lines.forEach((line, at) => {
    const there = places.get(line)
    if (there) there.push(at)
    else places.set(line, [at])
  })
  return places
}

/** How many sequences end before that place: a binary search, as the ends grow. */
function lengthBefore(ends: readonly Pair[], inAfter: number): number {
  let low = 0
  let high = ends.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (ends[middle]!.inAfter < inAfter) low = middle + 1
    else high = middle
  }
  return low
}
