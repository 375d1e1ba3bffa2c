// The states that an exploration has found, numbered in their order. Of the key of each it keeps a hash of 64 bits, and the state from which
// it was found: with the table below, 20 to 40 bytes, where a string in a set has ten times as many. Two states with one hash are taken for
// one, so the second would be missed: among n states the probability that any is missed is n²/2⁶⁵.

export interface VisitedStates {
  size(): number
  /** Returns false if there is a state with this key. */
  add(key: string, parent: number): boolean
  hasKey(state: number, key: string): boolean
  /** The states on the shortest way to a state, without the initial one. */
  wayTo(state: number): readonly number[]
}

/** For each state: both halves of the hash, and the number of its parent. */
const width = 3

export function createVisitedStates(): VisitedStates {
  let size = 0
  /** With room for one more, which is where a hash is compared from. */
  let states = new Uint32Array(width << 15)
  /** The number of a state plus one, at the place that its hash names, or at the next one that was free. At most half of it is used. */
  let table = new Uint32Array(1 << 16)

  function placeOf(state: number): number {
    const mask = table.length - 1
    let place = states[state * width]! & mask
    while (table[place] !== 0 && !isSame(table[place]! - 1, state)) place = (place + 1) & mask
    return place
  }

  function isSame(one: number, other: number): boolean {
    return states[one * width] === states[other * width] && states[one * width + 1] === states[other * width + 1]
  }

  function grow(): void {
    const before = states
    states = new Uint32Array(before.length * 2)
    states.set(before)
    table = new Uint32Array(table.length * 2)
    for (let state = 0; state < size; state++) table[placeOf(state)] = state + 1
  }

  return {
    size: () => size,
    add(key, parent) {
      writeHash(key, states, size * width)
      const place = placeOf(size)
      if (table[place] !== 0) return false
      states[size * width + 2] = parent
      size++
      table[place] = size
      if (size * width === states.length) grow()
      return true
    },
    hasKey(state, key) {
      writeHash(key, states, size * width)
      return isSame(state, size)
    },
    wayTo(last) {
      const way: number[] = []
      for (let state = last; state > 0; state = states[state * width + 2]!) way.unshift(state)
      return way
    },
  }
}

/** Mixes each character into both halves, in steps that lose nothing: keys that differ in one character only have different hashes. */
function writeHash(key: string, to: Uint32Array, at: number): void {
  let first = 0x9e3779b9
  let second = 0x85ebca6b
  for (let index = 0; index < key.length; index++) {
    first = Math.imul(first ^ key.charCodeAt(index), 0x2c1b3c6d)
    first ^= first >>> 15
    second = Math.imul(second ^ first, 0x297a2d39)
    second ^= second >>> 13
    first = (first + second) | 0
  }
  to[at] = Math.imul(first ^ (first >>> 16), 0x7feb352d)
  to[at + 1] = second
}
