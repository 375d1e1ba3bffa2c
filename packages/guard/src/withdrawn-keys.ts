// The keys of an issuer that count differently from what its key set says: those that were compromised, which some node or cache may still
// publish, and those that vanished without a word, which may be a mistake (decisions/078).
import { maxKeyIdLength } from './key-requirements.ts'
import type { KeySet } from './key-set.ts'
import type { VerificationKey } from './verification-key.ts'

export interface WithdrawnKeys {
  isCompromised(kid: string): boolean
  /** For good. */
  compromise(kid: string): void
  /** News were or may have been missed until now, so a key that vanished may be one that was compromised. */
  missNews(): void
  /** Compares a key set with the one that was fetched before; returns the ids of the keys that vanished and are kept. */
  compare(previous: KeySet, current: KeySet, fetchedAt: number): readonly string[]
  findKept(kid: string): VerificationKey | undefined
  /** With the keys of `published`. */
  withKept(published: KeySet): KeySet
}

/** More ids than a server compromises in years. */
const maxCompromised = 1000
const maxKept = 100
/**
 * Long enough to notice the alarm and to publish the key again, and longer than most tokens live. A key that was compromised is named as
 * such, so another one is no danger as long as no news are missed.
 */
const keptMs = 3_600_000
/** A key set may come from a cache that is this old: a key in it may have been named before the guard began to listen. */
const maxViewAgeMs = 300_000

/** @param clock milliseconds; never goes back */
export function createWithdrawnKeys(clock: () => number): WithdrawnKeys {
  const compromised = new Set<string>()
  const kept = new Map<string, { readonly key: VerificationKey; readonly until: number }>()
  /** Since when no news were missed. */
  let listensSince = Infinity
  let previouslyFetchedAt = -Infinity

  function keep(kid: string, key: VerificationKey): void {
    kept.set(kid, { key, until: previouslyFetchedAt + keptMs })
    const [oldest] = kept.keys()
    if (kept.size > maxKept && oldest !== undefined) kept.delete(oldest)
  }

  return {
    isCompromised: (kid) => compromised.size > 0 && compromised.has(kid),
    compromise(kid) {
      if (kid.length > maxKeyIdLength) return // No key has such an id.
      kept.delete(kid)
      compromised.add(kid)
      const [oldest] = compromised
      if (compromised.size > maxCompromised && oldest !== undefined) compromised.delete(oldest)
    },
    missNews() {
      listensSince = clock()
      kept.clear()
    },
    compare(previous, current, fetchedAt) {
      const vanished = [...previous].filter(([kid]) => !current.has(kid) && !compromised.has(kid))
      const mayKeep = previouslyFetchedAt - listensSince >= maxViewAgeMs
      if (mayKeep) for (const [kid, key] of vanished) keep(kid, key)
      for (const [kid, { until }] of kept) if (current.has(kid) || until <= fetchedAt) kept.delete(kid)
      previouslyFetchedAt = fetchedAt
      return mayKeep ? vanished.map(([kid]) => kid) : []
    },
    findKept(kid) {
      const found = kept.size > 0 ? kept.get(kid) : undefined
      return found && clock() < found.until ? found.key : undefined
    },
    withKept: (published) => new Map([...Array.from(kept, ([kid, { key }]) => [kid, key] as const), ...published]),
  }
}
