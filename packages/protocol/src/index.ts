export { BasicSyntaxError, formatBasic, parseBasic, type BasicCredentials } from './basic.ts'
export { formatBearer, hasTokenInQuery, maxBearerHeaderLength, readBearer, type BearerHeader } from './bearer.ts'
export { formatBearerChallenge, parseBearerChallenge, type BearerChallenge, type BearerError } from './challenge.ts'
export {
  clientAuthenticationMethodNames,
  clientAuthenticationMethods,
  keyMethodName,
  publicKeyKind,
  secretMethodNames,
  secretMethods,
  type ClientAuthenticationMethod,
  type ClientAuthenticationMethodName,
  type CredentialKind,
} from './client-authentication-methods.ts'
export { findCredentialFault } from './credential-text.ts'
export {
  decisionChecks,
  isOfOtherClient,
  reportLimits,
  sawOtherClient,
  type CheckOutcome,
  type CheckResult,
  type DecisionCheck,
  type DecisionCount,
  type DecisionReport,
  type RefusalReport,
  type ReportedRequirement,
  type RouteReport,
} from './decision-report.ts'
export {
  compareVersions,
  dpaStatus,
  EntitlementSyntaxError,
  escapePointer,
  maxListed,
  parseChanges,
  parseEntitlement,
  type CapabilityValue,
  type AsOf,
  type ChangesDocument,
  type ClientRights,
  type EntitlementChange,
  type ListOrTotal,
  type OrganizationRights,
  type Dpa,
  type DpaStatus,
  type EntitlementDocument,
  type OrganizationSummary,
  type Partner,
  type RateLimit,
  type Requestor,
  type SecretSummary,
} from './entitlement.ts'
export { describeFound, withoutUrls } from './found-value.ts'
export {
  emptyGrant,
  grantVariables,
  mergeClaims,
  mergeGrants,
  type Grant,
  type GrantVariable,
  type JsonRecord,
  type JsonValue,
} from './grant.ts'
export { readSingleHeader } from './headers.ts'
export { isLowerCaseUuid, isRequestId, readRequestId } from './ids.ts'
export { expectedInstant, missingDay, parseInstant } from './instant.ts'
export { hasRepeatedMember } from './json-members.ts'
export { kindOf, refuseUnknownOptions } from './known-options.ts'
export { isLoopbackHost } from './loopback.ts'
export { meDocument, type MeDocument, type TokenOfMe } from './me.ts'
export { networkOf } from './network-of-address.ts'
export {
  isOAuthProblem,
  oauthErrorDocument,
  type OAuthErrorDetails,
  type OAuthErrorDocument,
  type OAuthErrorName,
  type OAuthProblemCode,
} from './oauth-errors.ts'
export { problemFixes, type Fixer, type ProblemFix } from './problem-fixes.ts'
export {
  isProblemCode,
  problemContentType,
  problemDocument,
  problems,
  problemUri,
  type FieldError,
  type ProblemCause,
  type ProblemCode,
  type ProblemDetails,
  type ProblemDocument,
  type ProblemEntry,
} from './problems.ts'
export { parseSafeUrl } from './safe-url.ts'
export { formatScope, isScopeToken, parseScope, ScopeSyntaxError } from './scope.ts'
export { isSigningAlgorithm, signingAlgorithms, type SigningAlgorithm, type SigningAlgorithmName } from './signing-algorithms.ts'
export {
  reservedClaims,
  tokenProfiles,
  type OmittableClaim,
  type TokenFacts,
  type TokenProfile,
  type TokenProfileName,
  type TokenResponseFacts,
} from './token-profiles.ts'
export {
  defaultLifetimeSeconds,
  maxLifetimeSeconds,
  parseTokenResponse,
  TokenResponseSyntaxError,
  type TokenResponse,
} from './token-response.ts'
