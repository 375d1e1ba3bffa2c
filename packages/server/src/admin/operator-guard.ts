// The guard of the admin API. It accepts the tokens of the realm of the operators, and those of a client that is an operator of its own
// realm: by its row, and with the scopes of that row, whatever the token contains. Every other token gets the answer of the guard of the
// operators, as if there were no other operators.
import { decideAccess, readAccessToken, readClaimedIssuer, type Denial, type Guard, type GuardRequest } from '@countersign/guard'
import type { Requirement, VerifiedToken } from '@countersign/guard'
import { formatScope } from '@countersign/protocol'
import type { FastifyRequest } from 'fastify'
import type { Cache } from '../cache/cache.ts'
import type { ClientRecord } from '../cache/records.ts'
import { realmsOf, type Operator, type OperatorAccess } from '../operators/operator-authority.ts'
import type { Realm } from '../realms/realm.ts'
import { subjectOf } from '../realms/subject.ts'

export interface OperatorGuardOptions {
  /** Of the realm of the operators. */
  readonly guard: Guard
  /** Of the other realms, for tokens that were issued for the admin API. */
  readonly realmGuards: readonly Guard[]
  readonly realms: ReadonlyMap<string, Realm>
  readonly cache: Pick<Cache, 'findClient' | 'readClient'>
}

export function createOperatorGuard({ guard, realmGuards, realms, cache }: OperatorGuardOptions): Guard {
  const guardOf = new Map(realmGuards.map((one) => [one.issuer, one]))

  async function authorize(request: GuardRequest, requirement: Requirement): Promise<OperatorAccess | Denial> {
    try {
      const ofRealm = findGuard(request)
      const decided = ofRealm && (await authorizeInRealm(ofRealm, request, requirement))
      if (decided) return decided
      const verdict = await guard.authorize(request, requirement)
      if (!verdict.allowed) return verdict
      const client = await findClient(guard.realm, verdict.token)
      if (client) return { ...verdict, operator: toOperator(client, verdict.token) }
      return guard.explainDenial({ allowed: false, code: 'invalid-token' }, request, requirement, { token: verdict.token })
    } catch (cause) {
      return guard.explainDenial({ allowed: false, code: 'temporarily-unavailable', retryAfterSeconds, cause }, request, requirement)
    }
  }

  /** The claim is read unverified, so it only chooses the guard that verifies the token. */
  function findGuard(request: GuardRequest): Guard | undefined {
    const token = readAccessToken(request)
    const issuer = typeof token === 'string' ? readClaimedIssuer(token) : undefined
    return typeof issuer === 'string' ? guardOf.get(issuer) : undefined
  }

  /** Undefined if the token is not one of an operator. */
  async function authorizeInRealm(
    ofRealm: Guard,
    request: GuardRequest,
    requirement: Requirement,
  ): Promise<OperatorAccess | Denial | undefined> {
    // Not authorize(): that would count the request against the rate of the organization.
    const verdict = await ofRealm.verifyToken(String(readAccessToken(request)))
    if (!verdict.valid) {
      const { denial } = verdict
      return denial.code === 'temporarily-unavailable' ? ofRealm.explainDenial(denial, request, requirement) : undefined
    }
    const client = await findClient(ofRealm.realm, verdict.token)
    const scopes = client?.operatorRights?.scopes ?? []
    if (!client || scopes.length === 0) return undefined
    const token = Object.freeze({ ...verdict.token, scope: formatScope(scopes), scopes: new Set(scopes) })
    const { entitlement } = verdict
    const decision = decideAccess(token, entitlement, requirement, request)
    if (decision.allowed) return { ...decision, token, entitlement, operator: toOperator(client, token) }
    return ofRealm.explainDenial(decision, request, requirement, { token, entitlement })
  }

  /** As fresh as the entitlement that the guard has decided by; undefined if the client is another one by now. */
  async function findClient(realm: string, { clientId, subject }: VerifiedToken): Promise<ClientRecord | undefined> {
    const client = cache.findClient(realm, clientId) ?? (await cache.readClient(realm, clientId)).client
    return client && subjectOf(realms.get(realm)!, client) === subject ? client : undefined
  }

  /** Realms that are not configured any more are left out: nothing of them can be answered. */
  function toOperator({ realm, id, clientId, operatorRights }: ClientRecord, { scopes }: Pick<VerifiedToken, 'scopes'>): Operator {
    return { realm, id, clientId, realms: realmsOf(realm, operatorRights)?.filter((name) => realms.has(name)), scopes }
  }

  return Object.freeze({ ...guard, authorize })
}

const retryAfterSeconds = 5

/** @throws TypeError on a route whose guard is another one */
export function accessOf(request: FastifyRequest): OperatorAccess {
  const access = request.access as Partial<OperatorAccess> & typeof request.access
  if (!access.operator) throw new TypeError('The route is not guarded by the guard of the admin API')
  return access as OperatorAccess
}
