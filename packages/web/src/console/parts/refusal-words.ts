// Refusals in the few words of a list: by the reason of the audit log, which is more precise than the problem, otherwise by that.
import { titleOfRefusal } from '../../shared/refusal-words.ts'

const reasons: Readonly<Record<string, string>> = {
  'address-blocked': 'Address blocked',
  'client-disabled': 'Client disabled',
  'client-ids-differ': 'Two client ids',
  'expired-assertion': 'Assertion expired',
  'expired-secret': 'Secret has ended',
  'method-not-registered': 'Wrong way to authenticate',
  'no-credentials': 'No credentials',
  'organization-suspended': 'Organization suspended',
  'repeated-assertion': 'Assertion sent twice',
  'scope-not-granted': 'Scope not granted',
  'secret-mistyped': 'Secret mistyped',
  'service-account-off': 'Service account off',
  'unknown-client': 'Unknown client id',
  'wrong-assertion': 'Wrong key',
  'wrong-secret': 'Wrong secret',
}

export interface RefusalReason {
  readonly code: string
  readonly reason: string | null
}

export function nameRefusal({ code, reason }: RefusalReason): string {
  return reasons[reason ?? ''] ?? titleOfRefusal(code)
}

/** Codes to filter by, with their words. */
export const codesToChoose: readonly (readonly [code: string, word: string])[] = [
  'dpa-missing',
  'dpa-outdated',
  'partner-not-authorized',
  'capability-missing',
  'insufficient-scope',
  'organization-suspended',
  'requestor-id-missing',
  'requestor-unknown',
  'requestor-not-permitted',
  'rate-limited',
  'invalid-client',
  'invalid-scope',
  'authentication-blocked',
  'too-many-token-requests',
  'missing-token',
  'expired-token',
  'invalid-token',
  'temporarily-unavailable',
].map((code) => [code, titleOfRefusal(code)] as const)

export const fixers = { integrator: 'them', operator: 'an operator', api: 'the provider of the API' } as const
