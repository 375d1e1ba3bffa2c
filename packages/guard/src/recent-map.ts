export interface RecentMap<Value> {
  get(key: string): Value | undefined
  set(key: string, value: Value): void
}

/**
 * A map of at most `limit` entries that forgets those not asked for of late. Two generations: when the young one is half
 * full the old one is dropped whole, so a flood of new keys costs no bookkeeping per entry.
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
