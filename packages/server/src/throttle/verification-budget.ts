// How many tokens that turn out to be bad a caller may let the server verify. The signature of a bad one is verified each time, which takes 1.5 ms
// with P-521; that of a good one is remembered by the guard. So when the budget is used up, only tokens that were good before are looked at.
import { hash } from 'node:crypto'
import { createClientBuckets } from './client-buckets.ts'

export interface Caller {
  readonly realm: string
  readonly clientId: string
}

export interface VerificationBudget {
  /** Calls `refuse` for a token that is not known to be good, once the budget of the caller is used up. @param token with what it is verified for */
  check(caller: Caller, token: string, now: number): void
  /** Notes what became of the token. */
  settle(caller: Caller, token: string, isGood: boolean, now: number): void
}

export const badTokensPerSecond = 100
const burst = 200
/** About a hundred bytes each. */
const maxKnown = 20_000

/** @param refuse throws the error of the endpoint; gets the milliseconds until the next token */
export function createVerificationBudget(refuse: (waitMs: number) => never): VerificationBudget {
  const buckets = createClientBuckets(badTokensPerSecond, burst)
  const known = new Set<string>()
  return {
    check({ realm, clientId }, token, now) {
      if (known.has(keyOf(token))) return
      const waitMs = buckets.of(realm, clientId, now).wait(now)
      if (waitMs > 0) refuse(waitMs)
    },
    settle({ realm, clientId }, token, isGood, now) {
      const key = keyOf(token)
      if (!isGood) {
        known.delete(key)
        buckets.of(realm, clientId, now).take(now)
      } else {
        if (known.size >= maxKnown) known.clear()
        known.add(key)
      }
    },
  }
}

function keyOf(token: string): string {
  return hash('sha256', token, 'base64')
}
