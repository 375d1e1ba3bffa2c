// How this server uses its own guard: what the guard decides about a request is noted with the request, for the audit log, refusals and usage.
import type { FastifyRequest } from 'fastify'
import { readAccessToken, readClaimedIssuer, type Guard, type GuardDecision } from '@countersign/guard'
import type { CountersignGuardOptions } from '@countersign/guard/fastify'
import { isOfOtherClient } from '@countersign/protocol'
import { logFailure } from '../http/answer-error.ts'
import type { Realm } from '../realms/realm.ts'

/** @param realmOf of the client that asks, for a guard of several realms */
export function ownGuard(guard: Guard, realmOf: RealmOfRequest = () => guard.realm): CountersignGuardOptions {
  return { guard, onUndecided: logFailure, onDecision: (decision, request) => noteDecision(decision, request, realmOf) }
}

type RealmOfRequest = (request: FastifyRequest) => string | undefined

function noteDecision(decision: GuardDecision, request: FastifyRequest, realmOf: RealmOfRequest): void {
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
  request.clientId = clientId
  request.organizationId = organizationId ?? undefined
  request.clientRealm = realmOf(request)
}

/** By the claim of a token, which must have been verified. */
export function realmOfToken(realms: ReadonlyMap<string, Realm>): RealmOfRequest {
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
