// The guard of pages: who asks is who has signed in, by the cookie alone. It decides by the same pure policy as every guard; `Authorization`
// changes nothing.
import { decideAccess, type Denial, type Guard, type GuardRequest, type Requirement } from '@countersign/guard'
import type { FastifyRequest } from 'fastify'
import type { Clock } from '../clock.ts'
import type { Operator, PersonAsking } from '../operators/operator-authority.ts'
import { findAccess, type FoundAccess, type SessionAccess, type StandingContext } from './session-standing.ts'
import type { Sessions } from './sessions.ts'

export interface SessionGuardOptions extends StandingContext {
  /** Of the realm of the operators, whose names denials have. */
  readonly guard: Guard
  readonly sessions: Pick<Sessions, 'find'>
  /** The value of the cookie. */
  readonly readToken: (rawHeaders: readonly string[]) => string | undefined
  readonly clock: Clock
}

export interface SessionGuard extends Guard {
  /** The realm of who has signed in, once a request was decided on. */
  realmOf(request: FastifyRequest): string | undefined
  /** The person who has signed in, once a request was decided on; undefined for a client. */
  personOf(request: FastifyRequest): PersonAsking | undefined
  /** The access that a cookie gives now; undefined without a session that counts. */
  findAccess(token: string | undefined): Promise<FoundAccess | undefined>
}

const retryAfterSeconds = 5

export function createSessionGuard({ guard, sessions, readToken, clock, ...context }: SessionGuardOptions): SessionGuard {
  /** By the headers of a request, which the framework's request and that of the guard share. */
  const askers = new WeakMap<readonly string[], Operator>()

  async function find(token: string | undefined): Promise<FoundAccess | undefined> {
    const session = token === undefined ? undefined : await sessions.find(token)
    return session && findAccess(context, session, clock())
  }

  async function authorize(request: GuardRequest, requirement: Requirement): Promise<SessionAccess | Denial> {
    try {
      const found = await find(readToken(request.rawHeaders))
      if (!found) return guard.explainDenial({ allowed: false, code: 'signed-out' }, request, requirement)
      const { token, entitlement, operator } = found
      askers.set(request.rawHeaders, operator)
      const decision = decideAccess(token, entitlement, requirement, request)
      return decision.allowed ? { ...found, ...decision } : guard.explainDenial(decision, request, requirement, { token, entitlement })
    } catch (cause) {
      return guard.explainDenial({ allowed: false, code: 'temporarily-unavailable', retryAfterSeconds, cause }, request, requirement)
    }
  }

  return Object.freeze({
    ...guard,
    authorize,
    findAccess: find,
    realmOf: ({ raw }: FastifyRequest) => askers.get(raw.rawHeaders)?.realm,
    personOf: ({ raw }: FastifyRequest) => askers.get(raw.rawHeaders)?.person,
  })
}

/** @throws TypeError on a route whose guard is another one */
export function sessionAccessOf(request: FastifyRequest): SessionAccess {
  const access = request.access as Partial<SessionAccess> & typeof request.access
  if (!access.session) throw new TypeError('The route is not guarded by the guard of a session')
  return access as SessionAccess
}
