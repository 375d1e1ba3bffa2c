// Bounds how many bad tokens a network may have the server verify where a request needs nothing but a token, such as at GET /v1/me: the budget is
// that of the endpoints that verify tokens for clients (throttle/verification-budget.ts), and tokens that were good before are answered all the same.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { readAccessToken } from '@countersign/guard'
import { ProblemError } from '../errors.ts'
import type { EndedRequest, OnRequestEnd } from '../http/request-end.ts'
import { countedPrefixes } from '../throttle/client-address.ts'
import { badTokens, createVerificationBudget, type Caller } from '../throttle/verification-budget.ts'

export interface BadTokenLimit {
  /**
   * For the routes that are added to the scope from now on, whose guard reads the token of the request: at a route for sessions, whose guard does not, a
   * forged token would count as good. Requests above the budget get `rate-limited` before the guard is asked.
   */
  addTo(scope: FastifyInstance): void
  /** Notes what became of the token. */
  readonly settle: OnRequestEnd
}

interface BadTokenLimitOptions {
  readonly addressOf: (request: EndedRequest) => string
  /** Never fails. Milliseconds. */
  readonly now: () => number
}

export function createBadTokenLimit({ addressOf, now }: BadTokenLimitOptions): BadTokenLimit {
  const budget = createVerificationBudget(refuse)
  const tokens = new WeakMap<EndedRequest, string>()
  /** Of IPv6 also the wider networks that one user may have, with a larger budget. */
  const callersOf = (request: EndedRequest): readonly Caller[] =>
    countedPrefixes(addressOf(request)).map(({ prefix, share }) => ({ realm: 'network', clientId: prefix, share }))
  return {
    addTo(scope) {
      scope.addHook('onRequest', async (request) => {
        const token = readVerified(request)
        if (token === undefined) return
        for (const caller of callersOf(request)) budget.check(caller, token, now())
        tokens.set(request, token)
      })
    },
    settle({ request }) {
      const token = tokens.get(request)
      const { guardDecision: decision } = request
      if (token === undefined || !decision) return
      const { outcome, checks } = decision
      const resultOf = (name: 'token' | 'expiry') => checks.find(({ check }) => check === name)?.result
      const isBad = resultOf('token') === 'failed' || resultOf('expiry') === 'failed'
      // Otherwise the guard did not come to the token: there is nothing to learn about it.
      if (!isBad && outcome !== 'allowed' && resultOf('token') !== 'passed') return
      for (const caller of callersOf(request)) budget.settle(caller, token, !isBad, now())
    },
  }
}

/** A token that the guard of the route may have to verify: one with the three parts of a JWS. */
function readVerified({ raw, routeOptions: { config } }: FastifyRequest): string | undefined {
  if (!config.requires) return undefined
  const token = readAccessToken({ rawHeaders: raw.rawHeaders, url: raw.url })
  return typeof token === 'string' && token.split('.', 4).length === 3 ? token : undefined
}

function refuse(waitMs: number): never {
  throw new ProblemError('rate-limited', {
    detail: `Your network has sent more than ${badTokens.perSecond} ${badTokens.what} a second.`,
    remedy: 'Wait for the seconds in "Retry-After", and find out which program sends such tokens.',
    headers: { 'retry-after': String(Math.max(1, Math.ceil(waitMs / 1000))) },
  })
}
