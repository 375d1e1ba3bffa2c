// The rows of the decision table, each as a request that it denies: for the guard, and for every adapter of it.
import assert from 'node:assert/strict'
import type { DecisionCheck, OrganizationRights } from '@countersign/protocol'
import type { Denial, GuardRequest } from './access.ts'
import { aRealm, foreignPartnerId, partnerId, requestorId, startSeconds, type TestRealm } from './guard.fixture.ts'
import type { GuardOptions } from './guard-options.ts'
import { param, type Requirement } from './requirement.ts'

export const everything: Requirement = {
  scope: 'orders:read',
  partner: param('sellerId'),
  capability: 'allowMarketplaceLedKyc',
  requestor: { permission: 'payments:create' },
}
const strangerId = requestorId.replace('9a', '9b')
export const rateLimit = { tier: 'standard', limit: 1, windowSeconds: 1 }
const dpa = (status: 'missing' | 'outdated', acceptedVersion: string | null) => ({
  dpa: { status, requiredVersion: '2026-01', acceptedVersion, acceptedAt: null },
})

export interface DecisionRow {
  readonly name: string
  readonly failed: DecisionCheck
  readonly saw: RegExp
  readonly claims?: Record<string, unknown>
  readonly rights?: Parameters<TestRealm['setEntitlement']>[0]
  readonly requirement?: Requirement
  readonly headers?: readonly string[]
  readonly sellerId?: string
  readonly requestor?: readonly string[]
  readonly url?: string
  readonly options?: Partial<GuardOptions>
  readonly calls?: number
}

const suspended: Partial<OrganizationRights> = { status: 'suspended' }
export const decisionRows: readonly DecisionRow[] = [
  { name: 'row 1: no header', failed: 'credentials', saw: /^no Authorization header$/, headers: [] },
  { name: 'row 2: another scheme', failed: 'form', saw: /^the header is not exactly/, headers: ['Authorization', 'Basic eA=='] },
  { name: 'row 2: two headers', failed: 'form', saw: /^two Auth/, headers: ['Authorization', 'Bearer a', 'Authorization', 'Bearer b'] },
  { name: 'row 2: a second token in the query', failed: 'form', saw: /^more than one token$/, url: '/?access_token=a' },
  { name: 'row 3: no token', failed: 'token', saw: /three segments/, headers: ['Authorization', 'Bearer abc'] },
  { name: 'row 3: another realm', failed: 'token', saw: /^issued by another realm$/, claims: { iss: 'https://else.example' } },
  { name: 'row 3: another audience', failed: 'token', saw: /^wrong audience/, claims: { aud: 'another' } },
  { name: 'row 3: the future', failed: 'token', saw: /^not valid yet by the clock/, claims: { iat: startSeconds + 60 } },
  { name: 'row 3: a key that is gone', failed: 'token', saw: /unknown, or was compromised/, options: { keys: { find: () => undefined } } },
  { name: 'row 3: an algorithm', failed: 'token', saw: /does not accept tokens signed by ES256/, options: { algorithms: ['RS256'] } },
  { name: 'row 4: expired', failed: 'expiry', saw: /^expired 40 s ago$/, claims: { exp: startSeconds - 40 } },
  { name: 'row 5: no such client', failed: 'standing', saw: /does not exist/, rights: { client: { clientId: 'another' } } },
  { name: 'row 5: a new client', failed: 'standing', saw: /another client has its name/, rights: { client: { subject: 'subject-2' } } },
  { name: 'row 5: another organization', failed: 'standing', saw: /belongs to another/, claims: { organization_id: 'another' } },
  { name: 'row 5: disabled', failed: 'standing', saw: /^client disabled$/, rights: { client: { enabled: false } } },
  { name: 'row 5: revoked', failed: 'standing', saw: /^revoked$/, rights: { client: { revokedTokenIds: ['token-1'] } } },
  {
    name: 'row 5: a cut of the client',
    failed: 'standing',
    saw: /^cut: the tokens of its client from before 2027-01-15T08:00:01.000Z were revoked$/,
    rights: { client: { tokensNotBefore: startSeconds + 1 } },
  },
  {
    name: 'row 5: a cut of the organization',
    failed: 'standing',
    saw: /^cut: the tokens of its organization /,
    rights: { organization: { tokensNotBefore: startSeconds + 1 } },
  },
  { name: 'row 6: suspended', failed: 'organization', saw: /^suspended$/, rights: { organization: suspended } },
  { name: 'row 7: no agreement', failed: 'agreement', saw: /^none is accepted, 2026-01/, rights: { organization: dpa('missing', null) } },
  { name: 'row 7: outdated', failed: 'agreement', saw: /^version 2025-06 is acc/, rights: { organization: dpa('outdated', '2025-06') } },
  {
    name: 'row 8: a scope that the client lacks',
    failed: 'scope',
    saw: /^admin is not among orders:read orders:write$/,
    requirement: { ...everything, scope: ['orders:read', 'admin'] },
  },
  {
    name: 'row 8: a scope that the token lacks',
    failed: 'scope',
    saw: /^orders:read is not among orders:write; the client has it, but requested this token without it$/,
    claims: { scope: 'orders:write' },
  },
  {
    name: 'row 9: a partner',
    failed: 'partner',
    saw: new RegExp(`^${foreignPartnerId} is not a partner of the organization, which has 1 partner$`),
    sellerId: foreignPartnerId,
  },
  { name: 'row 9: no UUID', failed: 'partner', saw: /^sellerId is not a UUID$/, sellerId: 'eyJhbGciOi.secret' },
  {
    name: 'row 10: a capability',
    failed: 'capability',
    saw: /^allowMarketplaceLedKyc is false$/,
    rights: { organization: { capabilities: { allowMarketplaceLedKyc: false } } },
  },
  { name: 'row 11: no requestor', failed: 'requestor-id', saw: /^no Requestor-ID$/, requestor: [] },
  { name: 'row 11: no UUID', failed: 'requestor-id', saw: /^not a UUID$/, requestor: ['eyJhbGciOi.secret'] },
  { name: 'row 11: two', failed: 'requestor-id', saw: /^two headers/, requestor: [requestorId, requestorId] },
  {
    name: 'row 12: unknown',
    failed: 'requestor',
    saw: /^not a requestor of the organization, which has 1 requestor$/,
    requestor: [strangerId],
  },
  {
    name: 'row 12: not permitted',
    failed: 'requestor',
    saw: /^lacks the permission payments:cancel$/,
    requirement: { ...everything, requestor: { permission: 'payments:cancel' } },
  },
  {
    name: 'row 13: the rate',
    failed: 'rate',
    saw: /^1 requests in 1 s, the limit of the tier standard$/,
    rights: { organization: { rateLimit } },
    calls: 2,
  },
]

export async function denialOf(row: Omit<DecisionRow, 'name' | 'failed' | 'saw'>): Promise<Denial> {
  const { claims = {}, rights, requirement = everything, sellerId = partnerId, requestor = [requestorId], url, options, calls = 1 } = row
  const realm = aRealm(options)
  if (rights) realm.setEntitlement(rights)
  const headers = row.headers ?? ['Authorization', `Bearer ${realm.token(claims)}`]
  const rawHeaders = [...headers, ...requestor.flatMap((id) => ['Requestor-ID', id])]
  const request: GuardRequest = { rawHeaders, params: { sellerId }, url }
  let verdict = await realm.guard.authorize(request, requirement)
  for (let call = 1; call < calls; call++) verdict = await realm.guard.authorize(request, requirement)
  assert.equal(verdict.allowed, false)
  return verdict
}
