// A refusal in the terms of an integrator: what was checked, and who can change it.
import type { CheckResult, DecisionCheck, ProblemCode } from '@countersign/protocol'
import { isAcceptedAtPortal } from '../explain/agreement-at-portal.ts'

const checks: Readonly<Record<DecisionCheck, string>> = {
  credentials: 'The request carries no access token.',
  form: 'The access token was not sent as "Authorization: Bearer <token>", once.',
  token: 'The access token is not one that this API accepts.',
  expiry: 'The access token had expired.',
  standing: 'The access token was revoked, or the client was disabled or replaced.',
  organization: 'The organization is suspended.',
  agreement: 'The Data Processing Agreement is not accepted in the version that is required.',
  scope: 'The access token lacks a scope that the route requires.',
  partner: 'The partner in the path is not one that the organization may act for.',
  capability: 'The organization lacks a capability that the route requires.',
  'requestor-id': 'The header Requestor-ID is missing or malformed.',
  requestor: 'The natural person in Requestor-ID is not known, or lacks the permission that the route requires.',
  rate: 'The organization has reached its rate limit.',
}

export function describeCheck({ check, saw }: Pick<CheckResult, 'check' | 'saw'>): string {
  return saw === null ? checks[check] : `${checks[check].slice(0, -1)}: ${saw}.`
}

const byProvider: ReadonlySet<string> = new Set<ProblemCode>([
  'organization-suspended',
  'dpa-missing',
  'dpa-outdated',
  'insufficient-scope',
  'partner-not-authorized',
  'capability-missing',
  'requestor-unknown',
  'requestor-not-permitted',
  'temporarily-unavailable',
  'token-service-unavailable',
  'token-server-error',
  'internal-error',
  'invalid-scope',
  'realm-not-permitted',
])

/** `provider`: nothing that the integrator can change by itself. @param portalUrl undefined if the portal is off */
export function whoCanFix(code: string, portalUrl: string | undefined): 'you' | 'provider' {
  return byProvider.has(code) && !isAcceptedAtPortal(code, portalUrl) ? 'provider' : 'you'
}
