// A map with a bound: above it, entries that were not used for the longest time are dropped, one for each new one. A lookup writes only if
// the entry is among the older half, so that a cache hit costs little more than in a plain map.

/** @typeParam Value never undefined */
export class BoundedMap<Value> {
  readonly #limit: number
  readonly #weigh: (value: Value) => number
  #young = new Map<string, Value>()
  #old = new Map<string, Value>()
  /** Continues where the last eviction stopped: from its start, a map would be searched past all entries that were deleted. */
  #oldest = this.#old.entries()
  #weight = 0

  /** @param weigh how much of the limit an entry takes; 1 by default */
  constructor(limit: number, weigh: (value: Value) => number = () => 1) {
    this.#limit = limit
    this.#weigh = weigh
  }

  get size(): number {
    return this.#young.size + this.#old.size
  }

  get(key: string): Value | undefined {
    const recent = this.#young.get(key)
    if (recent !== undefined) return recent
    const older = this.#old.get(key)
    if (older === undefined) return undefined
    this.#old.delete(key)
    this.#young.set(key, older)
    return older
  }

  set(key: string, value: Value): void {
    this.delete(key)
    this.#young.set(key, value)
    this.#weight += this.#weigh(value)
    while (this.#weight > this.#limit && this.size > 1) this.#evict()
  }

  delete(key: string): void {
    const value = this.#young.has(key) ? this.#young.get(key) : this.#old.get(key)
    if (value === undefined) return
    this.#weight -= this.#weigh(value)
    if (!this.#young.delete(key)) this.#old.delete(key)
  }

  clear(): void {
    this.#young = new Map()
    this.#setOld(new Map())
    this.#weight = 0
  }

  #evict(): void {
    if (this.#old.size === 0) {
      this.#setOld(this.#young)
      this.#young = new Map()
    }
    const [key] = this.#oldest.next().value!
    this.delete(key)
  }

  #setOld(entries: Map<string, Value>): void {
    this.#old = entries
    this.#oldest = entries.entries()
  }
}
