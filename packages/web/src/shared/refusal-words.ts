// Refusals in a few words, and who can change them: by the reason of the audit log, which is more precise than the problem, otherwise by
// the problem code. The catalogue of the server (packages/protocol) has all of them with causes and remedies; a page needs only these.

const titles: Readonly<Record<string, string>> = {
  'missing-token': 'No token',
  'malformed-authorization': 'Header malformed',
  'several-tokens': 'More than one token',
  'invalid-token': 'Token not valid',
  'expired-token': 'Token expired',
  'organization-suspended': 'Organization suspended',
  'dpa-missing': 'Agreement never accepted',
  'dpa-outdated': 'Agreement outdated',
  'insufficient-scope': 'Scope missing',
  'partner-not-authorized': 'Partner not allowed',
  'capability-missing': 'Capability missing',
  'requestor-id-missing': 'Requestor not named',
  'requestor-id-malformed': 'Requestor id malformed',
  'requestor-unknown': 'Requestor unknown',
  'requestor-not-permitted': 'Requestor lacks a permission',
  'rate-limited': 'Rate limit reached',
  'temporarily-unavailable': 'Server not reachable',
  'guard-outdated': 'Guard outdated',
  'route-not-permitted': 'Path not let through',
  'ambiguous-request': 'Request ambiguous',
  'untrusted-peer': 'Proxy not trusted',
  'invalid-client': 'Wrong client or secret',
  'malformed-token-request': 'Token request malformed',
  'wrong-realm': 'Realm unknown',
  'wrong-path': 'Wrong path',
  'wrong-grant-type': 'Wrong grant type',
  'user-credentials-sent': 'Name and password sent',
  'invalid-scope': 'Scope not granted',
  'invalid-target': 'Resource unknown',
  'too-many-token-requests': 'Too many token requests',
  'authentication-blocked': 'Blocked after wrong secrets',
  'token-service-unavailable': 'No token could be issued',
  'token-server-error': 'Error of the server',
  'internal-error': 'Error of the server',
}

/** What callers can change by themselves, and what is set in the API; the rest is of operators. */
const ofCallers = /* @__PURE__ */ new Set([
  'missing-token',
  'malformed-authorization',
  'several-tokens',
  'invalid-token',
  'expired-token',
  'requestor-id-missing',
  'requestor-id-malformed',
  'requestor-unknown',
  'rate-limited',
  'ambiguous-request',
  'invalid-client',
  'malformed-token-request',
  'wrong-realm',
  'wrong-path',
  'wrong-grant-type',
  'user-credentials-sent',
  'invalid-scope',
  'invalid-target',
  'too-many-token-requests',
  'authentication-blocked',
])
const ofApis = /* @__PURE__ */ new Set(['guard-outdated', 'route-not-permitted', 'untrusted-peer'])

export function titleOfRefusal(code: string): string {
  return titles[code] ?? sentenceOf(code)
}

/** Who can change it, if it is no operator. */
export function whoCanFix(code: string): 'they' | 'the provider of the API' | undefined {
  return ofCallers.has(code) ? 'they' : ofApis.has(code) ? 'the provider of the API' : undefined
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
