// Explains a denial: every check of the decision in its order, with what it saw. For operators, never on the wire. Nothing that a caller
// chose gets in, but the ids of a partner and a requestor that are UUIDs.
import {
  decisionChecks,
  isLowerCaseUuid,
  problems,
  readSingleHeader,
  reportLimits,
  type CheckResult,
  type DecisionCheck,
  type ProblemCode,
} from '@countersign/protocol'
import { readParam, type GuardRequest, type UnexplainedDenial } from './access.ts'
import type { VerifiedToken } from './claims.ts'
import type { Entitlement, Membership } from './entitlement-index.ts'
import { InvalidTokenError, type GenuineToken } from './invalid-token.ts'
import type { CheckedRequirement } from './read-requirement.ts'
import type { RemoteGuardError } from './remote-guard-error.ts'

/** What the decision knew when it ended. */
export interface SeenRequest {
  readonly request: GuardRequest
  /** `undefined` if it is invalid. */
  readonly requirement: CheckedRequirement | undefined
  /** Once it is verified, with the scopes that its client still has as soon as that is known. */
  readonly token?: VerifiedToken | undefined
  readonly entitlement?: Entitlement | undefined
  /** What was thrown: an InvalidTokenError, or why something could not be had. */
  readonly error?: unknown
}

const checkOf: { readonly [code in ProblemCode]?: DecisionCheck } = {
  'missing-token': 'credentials',
  'malformed-authorization': 'form',
  'several-tokens': 'form',
  'invalid-token': 'token',
  'expired-token': 'expiry',
  'organization-suspended': 'organization',
  'dpa-missing': 'agreement',
  'dpa-outdated': 'agreement',
  'insufficient-scope': 'scope',
  'partner-not-authorized': 'partner',
  'capability-missing': 'capability',
  'requestor-id-missing': 'requestor-id',
  'requestor-id-malformed': 'requestor-id',
  'requestor-unknown': 'requestor',
  'requestor-not-permitted': 'requestor',
  'rate-limited': 'rate',
}

/** Denials of a defective API, and of a gateway, which looks at no token then. */
const beforeAllChecks: ReadonlySet<ProblemCode> = new Set(['internal-error', 'route-not-permitted', 'ambiguous-request'])

/** All of `decisionChecks`, in order. At most one failed; none did if something could not be had, or if the API has a defect. */
export function explainChecks(denial: UnexplainedDenial, seen: SeenRequest): readonly CheckResult[] {
  const isDecided = denial.code !== 'temporarily-unavailable' && !beforeAllChecks.has(denial.code)
  const last = isDecided ? failedCheck(denial, seen) : undecidedCheck(denial, seen)
  const end = decisionChecks.indexOf(last)
  return decisionChecks.map((check, index): CheckResult => {
    if (index > end) return { check, result: 'not-reached', saw: null }
    if (index < end) return passed(check, seen)
    return { check, result: isDecided ? 'failed' : 'not-reached', saw: bounded(lastSaw(check, denial, seen)) }
  })
}

function failedCheck({ code }: UnexplainedDenial, { error, token }: SeenRequest): DecisionCheck {
  if (error instanceof InvalidTokenError) return error.check
  if (code === 'invalid-token' && token !== undefined) return 'standing'
  return checkOf[code] ?? 'rate'
}

/** The first check that could not be made. */
function undecidedCheck({ code }: UnexplainedDenial, { token, entitlement, requirement, request }: SeenRequest): DecisionCheck {
  if (beforeAllChecks.has(code)) return 'credentials'
  if (token === undefined) return 'token'
  if (entitlement === undefined) return 'standing'
  const { partners, requestors } = entitlement.organization
  if (requirement?.partner && isUnknown(partners, readParam(request, requirement.partner.param))) return 'partner'
  const requestorId = requirement?.requestor && readSingleHeader(request.rawHeaders, 'requestor-id')
  return isUnknown(requestors, requestorId) ? 'requestor' : 'rate'
}

function isUnknown(members: Membership<unknown>, id: string | undefined): boolean {
  if (id === undefined || !isLowerCaseUuid(id)) return false
  try {
    return members.find(id) === undefined
  } catch {
    return true // A list of another source may be what failed.
  }
}

function passed(check: DecisionCheck, seen: SeenRequest): CheckResult {
  const saw = look(check, seen)
  return saw === notRequired ? { check, result: 'not-required', saw: null } : { check, result: 'passed', saw: bounded(saw) }
}

function lastSaw(check: DecisionCheck, denial: UnexplainedDenial, seen: SeenRequest): string | null {
  const { error, request } = seen
  if (denial.code === 'internal-error') return 'the requirement of the route is invalid, or the request that the adapter passes'
  if (beforeAllChecks.has(denial.code)) return denial.detail ?? problems[denial.code].title
  if (denial.code === 'temporarily-unavailable') return unavailable(check, error)
  if (error instanceof InvalidTokenError) return error.saw
  if (denial.code === 'missing-token') return 'no Authorization header'
  if (denial.code === 'malformed-authorization') return 'the header is not exactly "Bearer <token>"'
  if (denial.code === 'several-tokens')
    return readSingleHeader(request.rawHeaders, 'authorization') === 'repeated' ? 'two Authorization headers' : 'more than one token'
  if (denial.rate) return `${denial.rate.limit} requests in ${denial.rate.windowSeconds} s, the limit of the tier ${denial.rate.tier}`
  const saw = look(check, seen)
  return saw === notRequired ? null : saw
}

const sources: { readonly [check in DecisionCheck]?: string } = {
  token: 'the key of the token',
  standing: 'the entitlement of the client',
  partner: 'whether the partner is one of the organization',
  requestor: 'whether the requestor is one of the organization',
  rate: 'how many requests the organization has made',
}

/** Of an error only its kind: the message of another source than ours may have an address with credentials. */
function unavailable(check: DecisionCheck, error: unknown): string {
  const reason = isOfRemoteGuard(error) ? ` (${[error.fault, error.code ?? error.status].filter(Boolean).join(', ')})` : ''
  return `${sources[check]} could not be had${reason}`
}

/** By its name: with its class, a guard with sources of its own would contain all of the remote one. */
function isOfRemoteGuard(error: unknown): error is RemoteGuardError {
  return error instanceof Error && error.name === 'RemoteGuardError'
}

const notRequired = Symbol('not required')

/** What a check compares, whatever comes out; null if there is nothing to tell. */
function look(check: DecisionCheck, seen: SeenRequest): string | null | typeof notRequired {
  const { token, error, entitlement, requirement } = seen
  if (check === 'credentials' || check === 'form') return null
  if (check === 'token') {
    const genuine: GenuineToken | undefined = token ?? (error instanceof InvalidTokenError ? error.token : undefined)
    return genuine ? `signed by the key ${genuine.keyId}` : null
  }
  if (check === 'expiry') return token ? `expires at ${instant(token.expiresAt)}` : null
  if (check === 'standing') return 'enabled, not revoked'
  if (!entitlement || !requirement) return null
  return lookAtRights(check, { ...seen, entitlement, requirement })
}

type Rights = SeenRequest & { readonly entitlement: Entitlement; readonly requirement: CheckedRequirement }

function lookAtRights(check: DecisionCheck, seen: Rights): string | null | typeof notRequired {
  const { organization } = seen.entitlement
  const { requirement } = seen
  switch (check) {
    case 'organization':
      return requirement.organization === 'any' ? notRequired : organization.rights.status
    case 'agreement':
      return requirement.dpa === 'any' ? notRequired : lookAtAgreement(seen)
    case 'scope':
      return requirement.scope === undefined ? notRequired : lookAtScope(requirement.scope, seen)
    case 'partner':
      return requirement.partner === undefined ? notRequired : lookAtPartner(requirement.partner.param, seen)
    case 'capability':
      return requirement.capability === undefined ? notRequired : lookAtCapability(requirement.capability, seen)
    case 'requestor-id':
      return requirement.requestor === undefined ? notRequired : lookAtRequestorId(seen)
    case 'requestor':
      return requirement.requestor === undefined ? notRequired : lookAtRequestor(requirement.requestor, seen)
    default:
      return organization.rights.rateLimit ? null : notRequired
  }
}

function lookAtAgreement({ entitlement }: Rights): string | typeof notRequired {
  const { status, requiredVersion, acceptedVersion } = entitlement.organization.rights.dpa
  if (status === 'not-required') return notRequired
  return `${acceptedVersion === null ? 'none' : `version ${acceptedVersion}`} is accepted, ${requiredVersion} is required`
}

function lookAtScope(scope: readonly string[], { token, entitlement }: Rights): string {
  const scopes = token?.scopes ?? new Set<string>()
  const missing = scope.filter((one) => !scopes.has(one))
  if (missing.length === 0) return `${scope.join(' ')} is among ${token?.scope}`
  const saw = `${missing.join(' ')} is not among ${token?.scope || 'no scopes'}`
  const isOfClient = missing.every((one) => entitlement.client.scopes.has(one))
  return isOfClient ? `${saw}; the client has it, but requested this token without it` : saw
}

function lookAtPartner(name: string, { request, entitlement: { organization } }: Rights): string {
  const id = readParam(request, name)
  if (id === undefined) return `no parameter ${name} in the path`
  if (!isLowerCaseUuid(id)) return `${name} is not a UUID`
  if (organization.partners.find(id)) return `${id} is a partner of the organization`
  return `${id} is not a partner of the organization, which has ${counted(organization.rights.partners.total, 'partner')}`
}

function lookAtCapability(name: string, { entitlement }: Rights): string {
  const { capabilities } = entitlement.organization.rights
  return Object.hasOwn(capabilities, name) ? `${name} is ${JSON.stringify(capabilities[name])}` : `${name} is not set`
}

function lookAtRequestorId({ request }: Rights): string {
  const id = readSingleHeader(request.rawHeaders, 'requestor-id')
  if (id === undefined) return 'no Requestor-ID'
  if (id === 'repeated') return 'two headers Requestor-ID'
  return isLowerCaseUuid(id) ? id : 'not a UUID'
}

function lookAtRequestor(required: 'required' | { readonly permission: string }, { request, entitlement: { organization } }: Rights) {
  const id = readSingleHeader(request.rawHeaders, 'requestor-id') ?? ''
  const permissions = isLowerCaseUuid(id) ? organization.requestors.find(id) : undefined
  if (!permissions) return `not a requestor of the organization, which has ${counted(organization.rights.requestors.total, 'requestor')}`
  if (required === 'required') return 'known'
  return `${permissions.has(required.permission) ? 'has' : 'lacks'} the permission ${required.permission}`
}

function counted(total: number, noun: string): string {
  return total === 0 ? 'none' : `${total} ${noun}${total === 1 ? '' : 's'}`
}

function instant(seconds: number): string {
  const date = new Date(seconds * 1000)
  return Number.isNaN(date.getTime()) ? 'no date' : date.toISOString()
}

/** Without control characters, which a scope or capability cannot have, but an identifier of an imported key can. */
function bounded(text: string | null): string | null {
  if (text === null) return null
  const short = text.length <= reportLimits.sawLength ? text : `${text.slice(0, reportLimits.sawLength - 1)}…`
  return short.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, ' ')
}
