// The whole policy, as a pure function: may this token do what the route requires? Checks in the order of the table in
// ARCHITECTURE.md, rows 6 to 12; the guard verifies the token before and takes the tier's rate after.
import { formatScope, readSingleHeader } from '@countersign/protocol'
import { deny, type Denial, type GuardRequest } from './access.ts'
import type { VerifiedToken } from './claims.ts'
import { isLowerCaseUuid, type Entitlement } from './entitlement-index.ts'
import { createRequirementReader, type CheckedRequirement } from './read-requirement.ts'
import type { Requirement } from './requirement.ts'

export type Decision = { readonly allowed: true; readonly requestorId?: string } | Denial

const readRequirement = createRequirementReader()

/**
 * Decides on a verified token that is not revoked. Checks neither of the two, nor the rate.
 * @throws TypeError for a requirement with unknown members or invalid values.
 */
export function decideAccess(token: VerifiedToken, entitlement: Entitlement, requirement: Requirement, request: GuardRequest): Decision {
  return decideChecked(token, entitlement, readRequirement(requirement), request)
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

function denyOrganization({ document }: Entitlement, { organization }: CheckedRequirement): Denial | undefined {
  if (organization === 'any' || document.organization.status === 'active') return undefined
  return deny('organization-suspended')
}

function denyDpa({ document: { dpa } }: Entitlement, { dpa: required }: CheckedRequirement): Denial | undefined {
  if (required === 'any' || dpa.status === 'accepted' || dpa.status === 'not-required') return undefined
  if (dpa.status === 'missing') return deny('dpa-missing')
  return deny('dpa-outdated', { detail: `Version "${dpa.requiredVersion}" is required; version "${dpa.acceptedVersion}" was accepted.` })
}

function denyScope({ scopes }: VerifiedToken, { scope }: CheckedRequirement): Denial | undefined {
  if (scope === undefined || scope.every((token) => scopes.has(token))) return undefined
  return deny('insufficient-scope', { scope: formatScope(scope) })
}

function denyPartner({ partnerIds }: Entitlement, { partner }: CheckedRequirement, { params }: GuardRequest): Denial | undefined {
  if (partner === undefined) return undefined
  const partnerId = params[partner.param]
  if (partnerId !== undefined && partnerIds.has(partnerId)) return undefined
  return deny('partner-not-authorized', {
    detail: `The partner id in the path ({${partner.param}}) is not in the list of partners that your organization may act for.`,
  })
}

function denyCapability({ document }: Entitlement, { capability }: CheckedRequirement): Denial | undefined {
  if (capability === undefined) return undefined
  // Own members only: "constructor" is not a capability.
  if (Object.hasOwn(document.capabilities, capability) && document.capabilities[capability] === true) return undefined
  return deny('capability-missing', { detail: `The endpoint requires ${capability}=true, which your organization does not have.` })
}

function decideRequestor({ requestors }: Entitlement, { requestor }: CheckedRequirement, { rawHeaders }: GuardRequest): Decision {
  if (requestor === undefined) return { allowed: true }
  const requestorId = readSingleHeader(rawHeaders, 'requestor-id')
  if (requestorId === undefined) return deny('requestor-id-missing')
  if (!isLowerCaseUuid(requestorId)) return deny('requestor-id-malformed') // 'repeated' is not a UUID either.
  const permissions = requestors.get(requestorId)
  if (!permissions) return deny('requestor-unknown')
  if (requestor === 'required' || permissions.has(requestor.permission)) return { allowed: true, requestorId }
  return deny('requestor-not-permitted', { detail: `The requestor lacks the permission "${requestor.permission}".` })
}
