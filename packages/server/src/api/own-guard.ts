// How this server uses its own guard: what the guard decides about a request is noted with the request, for the audit log, refusals and usage.
import type { FastifyRequest } from 'fastify'
import { readAccessToken, readClaimedIssuer, type Guard, type GuardDecision } from '@countersign/guard'
import type { CountersignGuardOptions } from '@countersign/guard/fastify'
import { logFailure } from '../http/answer-error.ts'
import type { Realm } from '../realms/realm.ts'

/** @param realmOfIssuer for a guard of several realms */
export function ownGuard(guard: Guard, realmOfIssuer?: (issuer: string) => string | undefined): CountersignGuardOptions {
  const realmOf = (request: FastifyRequest) => (realmOfIssuer ? claimedRealm(request, realmOfIssuer) : guard.realm)
  return { guard, onUndecided: logFailure, onDecision: (decision, request) => noteDecision(decision, request, realmOf) }
}

function noteDecision(decision: GuardDecision, request: FastifyRequest, realmOf: (request: FastifyRequest) => string | undefined): void {
  const { outcome, clientId, organizationId } = decision
  request.guardDecision = decision
  if (outcome !== 'allowed') request.refused = { code: outcome }
  // Only of a token whose signature was verified.
  if (clientId === null) return
  request.clientId = clientId
  request.organizationId = organizationId ?? undefined
  request.clientRealm = realmOf(request)
}

/** The claim of a token that was verified. */
function claimedRealm({ raw }: FastifyRequest, realmOfIssuer: (issuer: string) => string | undefined): string | undefined {
  const token = readAccessToken({ rawHeaders: raw.rawHeaders })
  const issuer = typeof token === 'string' ? readClaimedIssuer(token) : undefined
  return typeof issuer === 'string' ? realmOfIssuer(issuer) : undefined
}

export function realmNames(realms: ReadonlyMap<string, Realm>): (issuer: string) => string | undefined {
  const names = new Map(Array.from(realms.values(), ({ issuer, name }) => [issuer, name]))
  return (issuer) => names.get(issuer)
}
