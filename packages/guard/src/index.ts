export type { Access, Denial, GuardRequest, UnexplainedDenial } from './access.ts'
export { anyAudience, type Audience } from './audience.ts'
export { readAccessToken } from './access-token.ts'
export { readClaimedIssuer } from './claimed-issuer.ts'
export type { VerifiedToken } from './claims.ts'
export { ClockBehindError } from './clock-alarm.ts'
export type { GuardedRoute } from './decision-watcher.ts'
export { decideAccess, type Decision } from './decide-access.ts'
export { denialResponse, type DenialResponse } from './denial-response.ts'
export {
  indexClient,
  indexEntitlement,
  indexOrganization,
  indexPermissions,
  type Entitlement,
  type IndexedClient,
  type IndexedOrganization,
  type Membership,
  type OrganizationMembers,
  type RequestorPermissions,
  type Wanted,
} from './entitlement-index.ts'
export type { ReportHealth, SettleOptions } from './decision-reporter.ts'
export { createGuard, type Guard, type TokenVerdict } from './guard.ts'
export type { KnownOfDenial } from './guard-answers.ts'
export type { GuardDecision } from './guard-decision.ts'
export type { EntitlementSource, GuardOptions, GuardSettings, IssuerOptions, MultiIssuerGuardOptions } from './guard-options.ts'
export type { IssuerNames } from './issuer-list.ts'
export { createJwsParser, findRefusedHeader, hasValidSignature, maxTokenLength, type CompactJws } from './jws.ts'
export { RemoteGuardError, type RemoteGuardFault } from './remote-guard-error.ts'
export {
  createRemoteGuard,
  type MultiIssuerRemoteGuardOptions,
  type RemoteGuard,
  type RemoteGuardOptions,
  type RemoteGuardSettings,
} from './remote-guard.ts'
export type { GuardCredentials } from './guard-credentials.ts'
export type { GuardHealth, RemoteIssuerOptions } from './remote-issuer.ts'
export type { ReportOnly } from './report-only.ts'
export { createGuardName, createRequestIds } from './request-ids.ts'
export { checkRequirement, meRequirement, param, type ParamReference, type Requirement } from './requirement.ts'
export { rateHeaders, type RateState, type TierRates } from './tier-rate.ts'
export { findRsaFault } from './rsa-key.ts'
export { importVerificationKey, type VerificationKey } from './verification-key.ts'
export type { KeySource } from './verify-token.ts'
