// How this server uses its own guard: what the guard decides about a request is noted with the request, for the audit log, refusals and usage.
import type { FastifyRequest } from 'fastify'
import { readAccessToken, readClaimedIssuer, type Guard, type GuardDecision } from '@countersign/guard'
import type { CountersignGuardOptions } from '@countersign/guard/fastify'
import { isOfOtherClient } from '@countersign/protocol'
import { logFailure } from '../http/answer-error.ts'
import type { AskingPerson } from '../http/framework-types.ts'
import type { Realm } from '../realms/realm.ts'

interface Asking {
  /** The realm of who asks, for a guard of several realms. */
  readonly realmOf?: (request: FastifyRequest) => string | undefined
  /** A person who has signed in. */
  readonly personOf?: (request: FastifyRequest) => AskingPerson | undefined
}

export function ownGuard(guard: Guard, { realmOf = () => guard.realm, personOf = () => undefined }: Asking = {}): CountersignGuardOptions {
  return { guard, onUndecided: logFailure, onDecision: (decision, request) => noteDecision(decision, request, { realmOf, personOf }) }
}

function noteDecision(decision: GuardDecision, request: FastifyRequest, { realmOf, personOf }: Required<Asking>): void {
  const { outcome, clientId, organizationId, checks } = decision
  request.guardDecision = decision
  if (outcome !== 'allowed') request.refused = { code: outcome }
  // Only of a token whose signature was verified.
  if (clientId === null) return
  if (outcome !== 'allowed' && isOfOtherClient(checks)) {
    request.refused = { code: outcome, clientId }
    request.clientRealm = realmOf(request)
    return
  }
  // The id that stands for the client of a person is that of no client.
  request.person = personOf(request)
  if (!request.person) request.clientId = clientId
  request.organizationId = organizationId ?? undefined
  request.clientRealm = realmOf(request)
}

/** By the claim of a token, which must have been verified. */
export function realmOfToken(realms: ReadonlyMap<string, Realm>): NonNullable<Asking['realmOf']> {
  const nameOf = realmNames(realms)
  return ({ raw }) => {
    const token = readAccessToken({ rawHeaders: raw.rawHeaders })
    const issuer = typeof token === 'string' ? readClaimedIssuer(token) : undefined
    return typeof issuer === 'string' ? nameOf(issuer) : undefined
  }
}

export function realmNames(realms: ReadonlyMap<string, Realm>): (issuer: string) => string | undefined {
  const names = new Map(Array.from(realms.values(), ({ issuer, name }) => [issuer, name]))
  return (issuer) => names.get(issuer)
}
