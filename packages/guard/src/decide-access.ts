// The whole policy, as a pure function: may this token do what the route requires? Checks in the order of the table in
// ARCHITECTURE.md, rows 6 to 12; the guard verifies the token before and takes the tier's rate after.
import { formatScope, isLowerCaseUuid, readSingleHeader } from '@countersign/protocol'
import { deny, readParam, type UnexplainedDenial, type GuardRequest } from './access.ts'
import type { VerifiedToken } from './claims.ts'
import type { Entitlement, Membership, Wanted } from './entitlement-index.ts'
import { createRequirementReader, type CheckedRequirement } from './read-requirement.ts'
import type { Requirement } from './requirement.ts'

export type Decision = { readonly allowed: true; readonly requestorId?: string } | UnexplainedDenial

const readRequirement = createRequirementReader()

/**
 * Decides on a verified token that is not revoked. Checks neither of the two, nor the rate.
 * @throws TypeError for a requirement with unknown members or invalid values; Error if the entitlement does not tell whether
 *   the partner or requestor of the request is a member of the organization.
 */
export function decideAccess(token: VerifiedToken, entitlement: Entitlement, requirement: Requirement, request: GuardRequest): Decision {
  return decideChecked(token, entitlement, readRequirement(requirement), request)
}

/** The partner and requestor that the decision will be about, as far as they are ids at all; `undefined` if it is about neither. */
export function readWanted({ partner, requestor }: CheckedRequirement, request: GuardRequest): Wanted | undefined {
  if (partner === undefined && requestor === undefined) return undefined
  return {
    partnerId: partner && idOrNone(readParam(request, partner.param)),
    requestorId: requestor && idOrNone(readSingleHeader(request.rawHeaders, 'requestor-id')),
  }
}

function idOrNone(text: string | undefined): string | undefined {
  return text !== undefined && isLowerCaseUuid(text) ? text : undefined
}

/** The same for a requirement that the guard has checked. */
export function decideChecked(
  token: VerifiedToken,
  entitlement: Entitlement,
  requirement: CheckedRequirement,
  request: GuardRequest,
): Decision {
  return (
    denyOrganization(entitlement, requirement) ??
    denyDpa(entitlement, requirement) ??
    denyScope(token, requirement) ??
    denyPartner(entitlement, requirement, request) ??
    denyCapability(entitlement, requirement) ??
    decideRequestor(entitlement, requirement, request)
  )
}

function denyOrganization({ organization }: Entitlement, { organization: required }: CheckedRequirement): UnexplainedDenial | undefined {
  if (required === 'any' || organization.rights.status === 'active') return undefined
  return deny('organization-suspended')
}

function denyDpa({ organization }: Entitlement, { dpa: required }: CheckedRequirement): UnexplainedDenial | undefined {
  const { dpa } = organization.rights
  if (required === 'any' || dpa.status === 'accepted' || dpa.status === 'not-required') return undefined
  if (dpa.status === 'missing') return deny('dpa-missing')
  return deny('dpa-outdated', { detail: `Version "${dpa.requiredVersion}" is required; version "${dpa.acceptedVersion}" was accepted.` })
}

function denyScope({ scopes }: VerifiedToken, { scope }: CheckedRequirement): UnexplainedDenial | undefined {
  if (scope === undefined || scope.every((token) => scopes.has(token))) return undefined
  return deny('insufficient-scope', { scope: formatScope(scope) })
}

function denyPartner({ organization }: Entitlement, { partner }: CheckedRequirement, request: GuardRequest): UnexplainedDenial | undefined {
  if (partner === undefined) return undefined
  const partnerId = readParam(request, partner.param)
  if (partnerId !== undefined && findMember(organization.partners, partnerId)) return undefined
  return deny('partner-not-authorized', {
    detail: `The partner id in the path ({${partner.param}}) is not in the list of partners that your organization may act for.`,
  })
}

function denyCapability({ organization }: Entitlement, { capability }: CheckedRequirement): UnexplainedDenial | undefined {
  if (capability === undefined) return undefined
  const { capabilities } = organization.rights
  // Own members only: "constructor" is not a capability.
  if (Object.hasOwn(capabilities, capability) && capabilities[capability] === true) return undefined
  return deny('capability-missing', { detail: `The endpoint requires ${capability}=true, which your organization does not have.` })
}

function decideRequestor({ organization }: Entitlement, { requestor }: CheckedRequirement, { rawHeaders }: GuardRequest): Decision {
  if (requestor === undefined) return { allowed: true }
  const requestorId = readSingleHeader(rawHeaders, 'requestor-id')
  if (requestorId === undefined) return deny('requestor-id-missing')
  if (!isLowerCaseUuid(requestorId)) return deny('requestor-id-malformed') // 'repeated' is not a UUID either.
  const permissions = findMember(organization.requestors, requestorId)
  if (!permissions) return deny('requestor-unknown')
  if (requestor === 'required' || permissions.has(requestor.permission)) return { allowed: true, requestorId }
  return deny('requestor-not-permitted', { detail: `The requestor lacks the permission "${requestor.permission}".` })
}

function findMember<Member>(members: Membership<Member>, id: string): Member | null {
  const member = members.find(id)
  if (member !== undefined) return member
  if (!isLowerCaseUuid(id)) return null
  throw new Error(`The entitlement does not tell whether ${id} is a partner or requestor of the organization`) // Neither a yes nor a no.
}
