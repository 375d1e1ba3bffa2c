// What became of token requests, by realm: both come from fixed lists, so nobody outside can make new label values.
import type { ErrorReason } from '../errors.ts'

/** `other` stands for what has no reason of its own: a failure inside, or a body that could not be read. */
export type TokenOutcome = 'issued' | 'other' | ErrorReason

export interface TokenOutcomes {
  /** Returns what counts the outcomes of one realm. */
  counterOf(realm: string): (outcome: TokenOutcome) => void
  counts(): { readonly realm: string; readonly outcome: TokenOutcome; readonly count: number }[]
}

export function createTokenOutcomes(): TokenOutcomes {
  const byRealm = new Map<string, Map<TokenOutcome, number>>()
  return {
    counterOf(realm) {
      const counts = new Map<TokenOutcome, number>([['issued', 0]])
      byRealm.set(realm, counts)
      return (outcome) => void counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
    },
    counts: () => [...byRealm].flatMap(([realm, counts]) => [...counts].map(([outcome, count]) => ({ realm, outcome, count }))),
  }
}
