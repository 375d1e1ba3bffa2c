// Counts the outcomes of token requests by realm: both labels come from fixed lists, so a caller cannot create new label values.
import type { ErrorReason } from '../errors.ts'

/** `other` is an outcome without a reason of its own: an internal error, or an unreadable body. */
export type TokenOutcome = 'issued' | 'other' | ErrorReason

export interface TokenOutcomes {
  /** Returns the function that counts the outcomes of one realm. */
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
