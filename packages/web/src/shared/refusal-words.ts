// Refusals in a few words, and who can change them: by the reason of the audit log, which is more precise than the problem, otherwise by
// the problem code. The catalogue of the server (packages/protocol) has all of them with causes and remedies; a page needs only these.

interface RefusalWords {
  readonly title: string
  readonly who: 'an operator' | 'they' | 'the provider of the API'
}

const words: Readonly<Record<string, RefusalWords>> = {
  'missing-token': { title: 'No token', who: 'they' },
  'malformed-authorization': { title: 'Header malformed', who: 'they' },
  'several-tokens': { title: 'More than one token', who: 'they' },
  'invalid-token': { title: 'Token not valid', who: 'they' },
  'expired-token': { title: 'Token expired', who: 'they' },
  'organization-suspended': { title: 'Organization suspended', who: 'an operator' },
  'dpa-missing': { title: 'Agreement never accepted', who: 'an operator' },
  'dpa-outdated': { title: 'Agreement outdated', who: 'an operator' },
  'insufficient-scope': { title: 'Scope missing', who: 'an operator' },
  'partner-not-authorized': { title: 'Partner not allowed', who: 'an operator' },
  'capability-missing': { title: 'Capability missing', who: 'an operator' },
  'requestor-id-missing': { title: 'Requestor not named', who: 'they' },
  'requestor-id-malformed': { title: 'Requestor id malformed', who: 'they' },
  'requestor-unknown': { title: 'Requestor unknown', who: 'they' },
  'requestor-not-permitted': { title: 'Requestor lacks a permission', who: 'an operator' },
  'rate-limited': { title: 'Rate limit reached', who: 'they' },
  'temporarily-unavailable': { title: 'Server not reachable', who: 'an operator' },
  'guard-outdated': { title: 'Guard outdated', who: 'the provider of the API' },
  'route-not-permitted': { title: 'Path not let through', who: 'the provider of the API' },
  'ambiguous-request': { title: 'Request ambiguous', who: 'they' },
  'untrusted-peer': { title: 'Proxy not trusted', who: 'the provider of the API' },
  'invalid-client': { title: 'Wrong client or secret', who: 'they' },
  'malformed-token-request': { title: 'Token request malformed', who: 'they' },
  'wrong-realm': { title: 'Realm unknown', who: 'they' },
  'wrong-path': { title: 'Wrong path', who: 'they' },
  'wrong-grant-type': { title: 'Wrong grant type', who: 'they' },
  'user-credentials-sent': { title: 'Name and password sent', who: 'they' },
  'invalid-scope': { title: 'Scope not granted', who: 'they' },
  'invalid-target': { title: 'Resource unknown', who: 'they' },
  'too-many-token-requests': { title: 'Too many token requests', who: 'they' },
  'authentication-blocked': { title: 'Blocked after wrong secrets', who: 'they' },
  'token-service-unavailable': { title: 'No token could be issued', who: 'an operator' },
  'token-server-error': { title: 'Error of the server', who: 'an operator' },
  'internal-error': { title: 'Error of the server', who: 'an operator' },
}

export function titleOfRefusal(code: string): string {
  return words[code]?.title ?? sentenceOf(code)
}

/** Who can change it; undefined for a code that has no words here. */
export function whoCanFix(code: string): RefusalWords['who'] | undefined {
  return words[code]?.who
}

function sentenceOf(code: string): string {
  const text = code.replaceAll('-', ' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

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
export const codesToChoose: readonly (readonly [code: string, word: string])[] = /* @__PURE__ */ [
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

export const fixers = { integrator: 'the integrator', operator: 'an operator', api: 'the provider of the API' } as const
