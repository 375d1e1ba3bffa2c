// Counters per key in constant memory: each key has one cell in each of four rows, and the smallest counts. Keys that share a
// cell can only make a value too high, so no flood of other keys unblocks a key.
import { randomBytes } from 'node:crypto'

const rows = 4
const cellsPerRow = 65_536
const cellCount = rows * cellsPerRow

/** A key's cell in each row. Computed once per request, valid for every sketch with the same hash. */
export type Cells = readonly number[]

/** Assigns keys to cells with a random seed of this process, so that an attacker cannot choose the cells of another key. */
export function createCellHash(seed: Buffer = randomBytes(8)): (key: string) => Cells {
  const first = seed.readUInt32LE(0)
  const second = seed.readUInt32LE(4)
  return (key) => {
    const start = murmur(key, first)
    const step = murmur(key, second) | 1
    const cells: number[] = []
    for (let row = 0; row < rows; row++) cells.push(row * cellsPerRow + ((start + Math.imul(row, step)) >>> 16))
    return cells
  }
}

export interface WindowSketch {
  /** Events of the key in the window that ends now, estimated from the current and the previous fixed window. */
  count(cells: Cells, nowMilliseconds: number): number
  add(cells: Cells, nowMilliseconds: number): void
}

/** Counts events in a sliding window of this length. 3 MiB. */
export function createWindowSketch(windowMilliseconds: number): WindowSketch {
  const windows = new Uint32Array(cellCount)
  const current = new Uint32Array(cellCount)
  const previous = new Uint32Array(cellCount)

  const countOf = (cell: number, window: number, remaining: number): number => {
    const age = window - windows[cell]!
    if (age === 0) return current[cell]! + previous[cell]! * remaining
    return age === 1 ? current[cell]! * remaining : 0
  }

  return {
    count(cells, now) {
      const window = Math.floor(now / windowMilliseconds) >>> 0
      const remaining = 1 - (now % windowMilliseconds) / windowMilliseconds
      let least = Infinity
      for (const cell of cells) least = Math.min(least, countOf(cell, window, remaining))
      return least
    },
    add(cells, now) {
      const window = Math.floor(now / windowMilliseconds) >>> 0
      for (const cell of cells) {
        const age = window - windows[cell]!
        if (age !== 0) {
          previous[cell] = age === 1 ? current[cell]! : 0
          current[cell] = 0
          windows[cell] = window
        }
        current[cell]!++
      }
    },
  }
}

export interface DeadlineSketch {
  /** The instant until which the key is marked; 0 if it never was. Milliseconds. */
  deadline(cells: Cells): number
  mark(cells: Cells, untilMilliseconds: number): void
}

/**
 * Stores an instant per key, such as the end of a block. 2 MiB.
 * @param longestMs an instant that lies further ahead of the next one was stored while the clock was ahead, and is replaced
 */
export function createDeadlineSketch(longestMs = Infinity): DeadlineSketch {
  const deadlines = new Float64Array(cellCount)
  return {
    deadline: (cells) => Math.min(...cells.map((cell) => deadlines[cell]!)),
    mark(cells, until) {
      for (const cell of cells) {
        const known = deadlines[cell]!
        deadlines[cell] = known > until + longestMs ? until : Math.max(known, until)
      }
    },
  }
}

/** MurmurHash3's 32-bit mixing over UTF-16 code units: spreads keys evenly, not cryptographically. */
function murmur(key: string, seed: number): number {
  let h = seed
  for (let i = 0; i < key.length; i++) {
    h = Math.imul(h ^ Math.imul(key.charCodeAt(i), 0xcc9e2d51), 0x1b873593)
    h = (h << 13) | (h >>> 19)
    h = (Math.imul(h, 5) + 0xe6546b64) | 0
  }
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
