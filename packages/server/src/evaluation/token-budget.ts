// How many tokens that turn out to be bad a client may ask about (throttle/verification-budget.ts).
import { refuseRate } from '../api/client-rate.ts'
import { failedCheck } from '../refusals/refusal.ts'
import { badTokens, createVerificationBudget, type Caller } from '../throttle/verification-budget.ts'
import type { Evaluated } from './evaluate.ts'
import type { EvaluationRequest } from './evaluation-schema.ts'

export interface TokenBudget {
  /** @throws ProblemError `rate-limited` for a token that is not known to be good, once the budget of the caller is used up */
  check(caller: Caller, question: EvaluationRequest, now: number): void
  /** Notes what became of the token. */
  settle(caller: Caller, question: EvaluationRequest, evaluated: Evaluated, now: number): void
}

const rate = {
  ...badTokens,
  remedy: 'Wait for the seconds in "Retry-After", and find out who sends your API such tokens.',
}

export function createTokenBudget(): TokenBudget {
  const budget = createVerificationBudget((waitMs) => refuseRate(rate, waitMs))
  return {
    check(caller, question, now) {
      if (question.subject.type === 'access_token') budget.check(caller, tokenAtApi(question), now)
    },
    settle(caller, question, { refused }, now) {
      if (question.subject.type !== 'access_token') return
      const failed = refused && failedCheck(refused.denial)?.check
      if (failed === 'credentials' || failed === 'form') return // Nothing was verified.
      budget.settle(caller, tokenAtApi(question), failed !== 'token' && failed !== 'expiry', now)
    },
  }
}

/** A token is good at one API, and verified anew at another each time. */
function tokenAtApi({ subject, resource: { type, id, properties } }: EvaluationRequest): string {
  const audience = type === 'api' ? id : (properties?.audience ?? '')
  return `${subject.id}\0${audience}`
}
