export { accessRequestKinds, accessRequestStates, type AccessRequestKind } from './access-request-shapes.ts'
export { AdminRequestError, createAdminClient, type AdminClient, type CallOptions, type ListName } from './admin-client.ts'
export { openApiDocument } from './openapi.ts'
export {
  adminScopes,
  ifMatchOf,
  operatorsIssuerPath,
  operatorsTokenPath,
  requiresIfMatch,
  isWrite,
  portalRoles,
  takesIdempotencyKey,
  type AdminScope,
  type Operation,
  type PortalRole,
  type PortalRow,
} from './operation.ts'
export { operations, type CheckedInput, type OperationInput, type OperationName, type OperationOutput } from './operations.ts'
export { nodeReport, type NodeReport } from './health-shapes.ts'
export { maxPartnersPerRequest } from './operations/partners.ts'
export { workAddress } from './people-shapes.ts'
export { displayName, maxScopeLength, onlyReason } from './shapes.ts'
export { expectedPlainClientId, isPlainClientId, maxClientIdLength } from './client-id.ts'
export { refusalSources } from './refusal-shapes.ts'
export { usageQuery } from './usage-shapes.ts'
export { shellWord } from './shell-word.ts'
export type { SignInErrorCode } from './sign-in-errors.ts'
export { expectedVisible, isVisibleText, spellOutInvisible } from './visible-text.ts'
