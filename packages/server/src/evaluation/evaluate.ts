// One evaluation: the question of an API in any language as the requirement and the request of a guard, and the verdict of our guard as the
// decision. It says what the rights are now; the rate is not counted, because a question is no call.
import { decideAccess, type Access, type Denial, type Guard, type GuardRequest, type Requirement, type Wanted } from '@countersign/guard'
import {
  formatBearer,
  isLowerCaseUuid,
  problems,
  problemUri,
  tokenProfiles,
  type CheckResult,
  type ProblemCode,
} from '@countersign/protocol'
import { createRealmGuard, type RealmGuardOptions } from '../api/realm-guard.ts'
import { tokenOfRights } from '../api/token-of-rights.ts'
import type { Cache } from '../cache/cache.ts'
import { ProblemError } from '../errors.ts'
import type { Realm } from '../realms/realm.ts'
import { builtInScopes } from '../realms/built-in-scope.ts'
import { isScopeOf } from '../token/choose-api.ts'
import type { EvaluationRequest } from './evaluation-schema.ts'

export interface Evaluated {
  readonly decision: boolean
  readonly context: Readonly<Record<string, unknown>>
  /** For the list of refused requests. */
  readonly refused?: { readonly denial: Denial; readonly request: GuardRequest; readonly requirement: Requirement; readonly guard: Guard }
}

export type Evaluate = (question: EvaluationRequest, requestId: string) => Promise<Evaluated>

export interface EvaluateOptions extends RealmGuardOptions {
  readonly realm: Realm
  readonly cache: Cache
}

const uncounted = { take: () => ({ tier: '', limit: Infinity, windowSeconds: 1, remaining: Infinity, resetSeconds: 1 }) }

/** @returns a function that throws ProblemError `invalid-request` for a question that names an API, action or scope that the realm lacks */
export function createEvaluation(options: EvaluateOptions): Evaluate {
  const { realm, cache, publicUrl } = options
  const guards = new Map<string | undefined, Guard>()

  function guardOf(audience: string | undefined): Guard {
    const guard = guards.get(audience) ?? createRealmGuard(realm, { ...options, rates: uncounted }, audience)
    guards.set(audience, guard)
    return guard
  }

  return async ({ subject, action, resource, context }, requestId) => {
    const audience = audienceOf(realm, cache, resource)
    const guard = guardOf(audience)
    const requirement = requirementOf(realm, action, resource)
    checkRequirement(guard, requirement)
    const wanted = { partnerId: idOrNone(resource.id), requestorId: idOrNone(context?.requestor_id) }
    const request: GuardRequest = {
      rawHeaders: [
        ...(subject.type === 'access_token' ? ['authorization', formatBearer(subject.id)] : []),
        ...(context?.requestor_id === undefined ? [] : ['requestor-id', context.requestor_id]),
      ],
      params: resource.type === 'partner' ? { [partnerParam]: resource.id } : {},
      requestId,
    }
    const verdict =
      subject.type === 'access_token'
        ? await guard.authorize(request, requirement)
        : await ofClient({ guard, clientId: subject.id, audience, wanted }, request, requirement)
    if (verdict.allowed) return { decision: true, context: describeAccess(verdict, resource) }
    if (verdict.code === 'temporarily-unavailable' || verdict.code === 'internal-error')
      throw new ProblemError(verdict.code, { cause: verdict.cause })
    return {
      decision: false,
      context: describeDenial(publicUrl, verdict),
      refused: { denial: verdict, request, requirement, guard },
    }
  }

  /** Without a token: as with one that was requested now, with all scopes of the API that the client has. */
  async function ofClient(
    { guard, clientId, audience, wanted }: ClientQuestion,
    request: GuardRequest,
    requirement: Requirement,
  ): Promise<Pick<Access, 'allowed' | 'token' | 'entitlement' | 'requestorId'> | Denial> {
    const entitlement = await cache.findEntitlement(realm.name, clientId, wanted)
    if (!entitlement) {
      const remedy = 'Check the client id in /subject/id, and the realm.'
      const denied = { allowed: false, code: 'invalid-token', detail: 'There is no such client.', remedy } as const
      return withoutToken(guard.explainDenial(denied, request, requirement), 'the client does not exist')
    }
    const token = {
      ...tokenOfRights(entitlement, new Set([...entitlement.client.scopes].filter((scope) => isScopeOf(realm, scope, audience)))),
      issuer: realm.issuer,
    }
    const known = { token, entitlement }
    if (!entitlement.client.rights.enabled) {
      const remedy = 'Ask the operator of the realm why the client is disabled.'
      const denied = { allowed: false, code: 'invalid-token', detail: 'The client is disabled.', remedy } as const
      return withoutToken(guard.explainDenial(denied, request, requirement, known), 'client disabled')
    }
    const decision = decideAccess(token, entitlement, requirement, request)
    if (!decision.allowed) return withoutToken(guard.explainDenial(decision, request, requirement, known))
    return { ...known, ...decision }
  }
}

const ofToken: ReadonlySet<string> = new Set(['credentials', 'form', 'token', 'expiry'])

/**
 * A denial whose checks say that there was no token to look at.
 * @param fault of the client itself
 */
function withoutToken(denial: Denial, fault?: string): Denial {
  const checks = denial.checks.map((each): CheckResult => {
    if (ofToken.has(each.check)) return { check: each.check, result: 'not-required', saw: null }
    return each.check === 'standing' && fault !== undefined ? { check: each.check, result: 'failed', saw: fault } : each
  })
  return { ...denial, checks }
}

/** The name of the route parameter that stands for the partner. */
const partnerParam = 'partner'

interface ClientQuestion {
  readonly guard: Guard
  readonly clientId: string
  readonly audience: string | undefined
  readonly wanted: Wanted
}

function idOrNone(text: string | undefined): string | undefined {
  return text !== undefined && isLowerCaseUuid(text) ? text : undefined
}

function audienceOf(realm: Realm, cache: Cache, { type, id, properties }: EvaluationRequest['resource']): string | undefined {
  const asked = type === 'api' ? id : properties?.audience
  if (!tokenProfiles[realm.tokenProfile].hasAudience) {
    if (asked === undefined || asked === realm.name) return undefined
    throw invalid('/resource', `tokens of the realm name no API; expected "${realm.name}"`)
  }
  if (asked === undefined && realm.apis.size === 0 && realm.audience !== undefined) return realm.audience
  if (asked !== undefined && isAudienceOf(realm, cache, asked)) return asked
  // Not which there are: they may be the APIs of others.
  const found = asked === undefined ? 'the realm has several APIs' : `the realm has no API with the audience ${JSON.stringify(asked)}`
  const where = type === 'api' ? '/resource/id' : '/resource/properties/audience'
  throw invalid(where, `${found}; expected the "aud" of the tokens of your API`)
}

function isAudienceOf(realm: Realm, cache: Cache, name: string): boolean {
  return name === realm.audience || realm.apis.has(name) || cache.claimSets.audiencesOf(realm.name).includes(name)
}

/** Without properties the name of the action has to be a scope: a question that requires nothing must say so, with `properties: {}`. */
function requirementOf(
  realm: Realm,
  { name, properties }: EvaluationRequest['action'],
  { type }: EvaluationRequest['resource'],
): Requirement {
  const partner = type === 'partner' && { partner: { param: partnerParam } }
  if (properties) return { ...(properties as Requirement), ...partner }
  if (realm.scopes.includes(name) || builtInScopes.includes(name)) return { scope: name, ...partner }
  const scopes = realm.scopes.length > 0 ? `, or one of its scopes as its name: ${realm.scopes.join(', ')}` : ''
  throw invalid('/action/properties', `expected what the action requires, such as { "capability": "…" }, or {} for nothing${scopes}`)
}

/** Checks that scopes and capabilities exist. */
function checkRequirement(guard: Guard, requirement: Requirement): void {
  try {
    guard.checkRequirement(requirement, [partnerParam])
  } catch (error) {
    throw invalid('/action/properties', (error as Error).message)
  }
}

function invalid(pointer: string, detail: string): ProblemError {
  return new ProblemError('invalid-request', { detail: `${pointer}: ${detail}`, errors: [{ pointer, detail }] })
}

type Allowed = Pick<Access, 'token' | 'entitlement' | 'requestorId'>

function describeAccess({ token, entitlement: { organization }, requestorId }: Allowed, { type, id }: EvaluationRequest['resource']) {
  const { clientId, scope, expiresAt } = token
  return {
    client_id: clientId,
    organization_id: organization.rights.id,
    organization: organization.rights.slug,
    scope,
    ...(expiresAt > 0 && { exp: expiresAt }),
    ...(type === 'partner' && { partner_id: id }),
    ...(requestorId !== undefined && { requestor_id: requestorId }),
  }
}

/** Where the text of a guard names a path or a header, which a question has not. */
const ofQuestion: { readonly [code in ProblemCode]?: { readonly detail?: string; readonly remedy?: string } } = {
  'partner-not-authorized': { detail: 'The partner in /resource/id is not in the list of partners that the organization may act for.' },
  'insufficient-scope': { remedy: 'Request a token with the scope that is named in "scope".' },
}

/** What the API needs to answer as a guard does: status, problem and scope; and each check, for its log. */
function describeDenial(publicUrl: string, { code, detail, remedy, scope, clientId, organizationId, requestId, checks }: Denial) {
  const { status, title, causes } = problems[code]
  return {
    code,
    status,
    type: problemUri(publicUrl, code),
    title,
    ...(detail !== undefined && { detail: ofQuestion[code]?.detail ?? detail }),
    remedy: ofQuestion[code]?.remedy ?? remedy ?? causes[0]?.remedy,
    ...(scope !== undefined && { scope }),
    instance: `urn:request:${requestId}`,
    ...(clientId !== null && { client_id: clientId }),
    ...(organizationId !== null && { organization_id: organizationId }),
    checks: checks.map(({ check, result, saw }) => ({ check, result, saw })),
  }
}
