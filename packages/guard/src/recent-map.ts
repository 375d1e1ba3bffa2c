export interface RecentMap<Value> {
  get(key: string): Value | undefined
  set(key: string, value: Value): void
}

/**
 * A cache of at most `limit` entries with approximate LRU eviction. Two generations: when the young one reaches half of the
 * limit, the old one is dropped, so a flood of new keys costs no bookkeeping per entry.
 */
export function createRecentMap<Value>(limit: number): RecentMap<Value> {
  let young = new Map<string, Value>()
  let old = new Map<string, Value>()

  function set(key: string, value: Value): void {
    if (young.size >= Math.floor(limit / 2)) {
      old = young
      young = new Map()
    }
    young.set(key, value)
  }

  return {
    set,
    get(key) {
      const recent = young.get(key)
      if (recent !== undefined) return recent
      const older = old.get(key)
      if (older !== undefined) set(key, older)
      return older
    },
  }
}
