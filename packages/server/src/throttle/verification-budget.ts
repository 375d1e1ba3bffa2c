// How many tokens that turn out to be bad a caller may let the server verify. The signature of a bad one is verified each time; that of a good one is
// remembered by the guard. So when the budget is used up, only tokens that were good before are looked at. It must be large: the tokens come from
// the callers of an API, and with a small one any of them could keep the new tokens of all others out.
import { hash } from 'node:crypto'
import { createClientBuckets } from './client-buckets.ts'

export interface Caller {
  readonly realm: string
  readonly clientId: string
  /** How many times the budget of one it has. Default: 1. */
  readonly share?: number
}

export interface VerificationBudget {
  /**
   * Calls `refuse` for a token that is not known to be good, once the budget of the caller is used up.
   * @param token followed by a zero character and what it is verified for, if anything
   */
  check(caller: Caller, token: string, now: number): void
  /** Notes what became of the token. */
  settle(caller: Caller, token: string, isGood: boolean, now: number): void
}

/** For the text of a refusal. */
export const badTokens = { perSecond: 500, what: 'tokens that are not valid (with ES384 and ES512: 100)' } as const
const burst = 1000
/** About a hundred bytes each. */
const maxKnown = 20_000

/** @param refuse throws the error of the endpoint; gets the milliseconds until the next token */
export function createVerificationBudget(refuse: (waitMs: number) => never): VerificationBudget {
  const buckets = createClientBuckets(badTokens.perSecond, burst)
  const known = new Set<string>()
  return {
    check({ realm, clientId, share }, token, now) {
      if (known.has(keyOf(token))) return
      const waitMs = buckets.of(realm, clientId, now, share).wait(now)
      if (waitMs > 0) refuse(waitMs)
    },
    settle({ realm, clientId, share }, token, isGood, now) {
      const key = keyOf(token)
      if (!isGood) {
        known.delete(key)
        const bucket = buckets.of(realm, clientId, now, share)
        for (let taken = 0; taken < costOf(token); taken++) bucket.take(now)
      } else {
        if (known.size >= maxKnown) known.clear()
        known.add(key)
      }
    },
  }
}

/** A signature of P-384 or P-521, told by its length, takes up to 1.5 ms to verify; one of another algorithm a tenth of it. */
function costOf(token: string): number {
  return /\.(?:[\w-]{128}|[\w-]{176})(?:\0|$)/.test(token) ? 5 : 1
}

function keyOf(token: string): string {
  return hash('sha256', token, 'base64')
}
