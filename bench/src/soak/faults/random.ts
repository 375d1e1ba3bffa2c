// Numbers that look random and are the same for the same seed, so that a run can be repeated (mulberry32).

export interface Random {
  /** From 0 up to 1. */
  next(): number
  between(least: number, most: number): number
  pick<Item>(items: readonly Item[]): Item
  shuffle<Item>(items: readonly Item[]): Item[]
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const between = (least: number, most: number) => least + next() * (most - least)
  return {
    next,
    between,
    pick: (items) => items[Math.floor(next() * items.length)]!,
    shuffle(items) {
      const keys = new Map(items.map((item) => [item, next()]))
      return items.toSorted((one, other) => keys.get(one)! - keys.get(other)!)
    },
  }
}
