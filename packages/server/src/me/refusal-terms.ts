// A refusal in the terms of an integrator: what was checked, and who can change it.
import { isProblemCode, type CheckResult, type DecisionCheck } from '@countersign/protocol'
import { usualFixerOf } from '../explain/find-cause.ts'
import { causeOfWhatItSaw } from '../explain/rights-causes.ts'

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

/** `provider`: nothing that the integrator can change by itself. @param portalUrl undefined if the portal is off */
export function whoCanFix(code: string, saw: string, portalUrl: string | undefined): 'you' | 'provider' {
  if (!isProblemCode(code)) return 'provider'
  const { who } = causeOfWhatItSaw(code, saw) ?? { who: usualFixerOf(code, null, portalUrl) }
  return who === 'integrator' ? 'you' : 'provider'
}
