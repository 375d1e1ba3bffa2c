export interface RecentMap<Value> {
  /** At least the number of entries. */
  readonly size: number
  get(key: string): Value | undefined
  set(key: string, value: Value): void
  delete(key: string): void
  clear(): void
}

export interface RecentMapOptions<Value> {
  /** What an entry takes of the limit; must not change while it is in the map. Default: 1. */
  readonly weigh?: (value: Value) => number
  /** Called for each entry that was evicted: not for one that was replaced, deleted or cleared. */
  readonly onEvict?: (value: Value) => void
}

/**
 * A cache with a limit and approximate LRU eviction. Two generations: when the young one reaches half of the limit, the old one
 * is dropped, so a flood of new keys costs no bookkeeping per entry.
 */
export function createRecentMap<Value>(limit: number, { weigh = () => 1, onEvict }: RecentMapOptions<Value> = {}): RecentMap<Value> {
  let young = new Map<string, Value>()
  let old = new Map<string, Value>()
  let youngWeight = 0

  function set(key: string, value: Value): void {
    const weight = weigh(value)
    const replaced = young.get(key)
    if (replaced !== undefined) youngWeight -= weigh(replaced)
    if (young.size > 0 && youngWeight + weight > Math.floor(limit / 2)) startGeneration()
    young.set(key, value)
    youngWeight += weight
  }

  function startGeneration(): void {
    const evicted = old
    old = young
    young = new Map()
    youngWeight = 0
    if (onEvict) for (const [key, value] of evicted) if (!old.has(key)) onEvict(value)
  }

  return {
    set,
    get size() {
      return young.size + old.size
    },
    get(key) {
      const recent = young.get(key)
      if (recent !== undefined) return recent
      const older = old.get(key)
      if (older !== undefined) set(key, older)
      return older
    },
    delete(key) {
      const recent = young.get(key)
      if (recent !== undefined) youngWeight -= weigh(recent)
      young.delete(key)
      old.delete(key)
    },
    clear() {
      young.clear()
      old.clear()
      youngWeight = 0
    },
  }
}
