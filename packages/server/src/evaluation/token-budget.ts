// How many tokens that turn out to be bad a client may ask about. The signature of a bad one is verified each time, which takes 1.5 ms with
// P-521; that of a good one is remembered by the guard. So when the budget is used up, only tokens that were good before are looked at.
import { hash } from 'node:crypto'
import { createClientRate } from '../api/client-rate.ts'
import { failedCheck } from '../refusals/refusal.ts'
import type { Evaluated } from './evaluate.ts'
import type { EvaluationRequest } from './evaluation-schema.ts'

interface Caller {
  readonly realm: string
  readonly clientId: string
}

export interface TokenBudget {
  /** @throws ProblemError `rate-limited` for a token that is not known to be good, once the budget of the caller is used up */
  check(caller: Caller, question: EvaluationRequest, now: number): void
  /** Notes what became of the token. */
  settle(caller: Caller, question: EvaluationRequest, evaluated: Evaluated, now: number): void
}

/** About a hundred bytes each. */
const maxKnown = 20_000

export function createTokenBudget(): TokenBudget {
  const rate = createClientRate({
    perSecond: 100,
    burst: 200,
    what: 'tokens that are not valid',
    remedy: 'Wait for the seconds in "Retry-After", and find out who sends your API such tokens.',
  })
  const known = new Set<string>()
  return {
    check({ realm, clientId }, question, now) {
      if (question.subject.type === 'access_token' && !known.has(keyOf(question))) rate.check(realm, clientId, now)
    },
    settle({ realm, clientId }, question, { refused }, now) {
      if (question.subject.type !== 'access_token') return
      const failed = refused && failedCheck(refused.denial)?.check
      if (failed === 'credentials' || failed === 'form') return // Nothing was verified.
      const key = keyOf(question)
      if (failed === 'token' || failed === 'expiry') {
        known.delete(key)
        rate.take(realm, clientId, now)
      } else {
        if (known.size >= maxKnown) known.clear()
        known.add(key)
      }
    },
  }
}

/** A token is good at one API, and verified anew at another each time. */
function keyOf({ subject, resource: { type, id, properties } }: EvaluationRequest): string {
  const audience = type === 'api' ? id : (properties?.audience ?? '')
  return hash('sha256', `${subject.id}\0${audience}`, 'base64')
}
