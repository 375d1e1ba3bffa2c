import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decisionChecks, type DecisionCheck, type OrganizationRights } from '@countersign/protocol'
import type { Denial, GuardRequest } from './access.ts'
import { indexEntitlement, indexOrganization } from './entitlement-index.ts'
import * as fixture from './guard.fixture.ts'
import type { GuardOptions } from './guard-options.ts'
import { RemoteGuardError } from './remote-guard-error.ts'
import { param, type Requirement } from './requirement.ts'

const { aRealm, aSigningKey, anEntitlementDocument, foreignPartnerId, partnerId, requestorId, startSeconds } = fixture

const everything: Requirement = {
  scope: 'orders:read',
  partner: param('sellerId'),
  capability: 'allowMarketplaceLedKyc',
  requestor: { permission: 'payments:create' },
}
const strangerId = requestorId.replace('9a', '9b')
const rateLimit = { tier: 'standard', limit: 1, windowSeconds: 1 }
const dpa = (status: 'missing' | 'outdated', acceptedVersion: string | null) => ({
  dpa: { status, requiredVersion: '2026-01', acceptedVersion, acceptedAt: null },
})

interface Row {
  readonly name: string
  readonly failed: DecisionCheck
  readonly saw: RegExp
  readonly claims?: Record<string, unknown>
  readonly rights?: Parameters<fixture.TestRealm['setEntitlement']>[0]
  readonly requirement?: Requirement
  readonly headers?: readonly string[]
  readonly sellerId?: string
  readonly requestor?: readonly string[]
  readonly url?: string
  readonly options?: Partial<GuardOptions>
  readonly calls?: number
}

const suspended: Partial<OrganizationRights> = { status: 'suspended' }
const rows: readonly Row[] = [
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
  { name: 'row 9: a partner', failed: 'partner', saw: new RegExp(`^${foreignPartnerId} is not among 1 p`), sellerId: foreignPartnerId },
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
  { name: 'row 12: unknown', failed: 'requestor', saw: /^not among 1 requestors$/, requestor: [strangerId] },
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

async function denialOf(row: Omit<Row, 'name' | 'failed' | 'saw'>): Promise<Denial> {
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

for (const { name, failed, saw, ...row } of rows) {
  test(`${name}: the checks before "${failed}" passed, those after it were not reached`, async () => {
    const { checks } = await denialOf(row)
    assert.deepEqual(
      checks.map(({ check }) => check),
      decisionChecks,
    )
    const at = decisionChecks.indexOf(failed)
    assert.equal(checks[at]?.result, 'failed')
    assert.match(checks[at]?.saw ?? '', saw)
    for (const { result } of checks.slice(0, at)) assert.match(result, /^(passed|not-required)$/)
    for (const { result, saw: unseen } of checks.slice(at + 1)) assert.deepEqual([result, unseen], ['not-reached', null])
    assert.doesNotMatch(JSON.stringify(checks), /eyJ|access_token/)
  })
}

test('checks that passed say what they saw, and those that the route does not require say so', async () => {
  const passed = await denialOf({ requirement: { ...everything, requestor: { permission: 'payments:cancel' } } })
  assert.deepEqual(
    passed.checks.map(({ result, saw }) => [result, saw]),
    [
      ['passed', null],
      ['passed', null],
      ['passed', 'signed by the key ES256-1'],
      ['passed', 'expires at 2027-01-15T08:05:00.000Z'],
      ['passed', 'enabled, not revoked'],
      ['passed', 'active'],
      ['passed', 'version 2026-01 is accepted, 2026-01 is required'],
      ['passed', 'orders:read is among orders:read orders:write'],
      ['passed', `${partnerId} is among 1 partners`],
      ['passed', 'allowMarketplaceLedKyc is true'],
      ['passed', requestorId],
      ['failed', 'lacks the permission payments:cancel'],
      ['not-reached', null],
    ],
  )
  const bare = await denialOf({ requirement: { dpa: 'any' }, rights: { organization: { rateLimit } }, calls: 2 })
  assert.deepEqual(
    bare.checks.slice(6).map(({ result }) => result),
    ['not-required', 'not-required', 'not-required', 'not-required', 'not-required', 'not-required', 'failed'],
  )
})

test('a denial names the client of a verified token, also of an expired one', async () => {
  const { clientId, organizationId } = fixture
  const expired = await denialOf({ claims: { exp: startSeconds - 40 } })
  assert.deepEqual([expired.clientId, expired.organizationId, expired.tokenId], [clientId, organizationId, 'token-1'])
  const altered = await denialOf({ headers: ['Authorization', 'Bearer abc'] })
  assert.deepEqual([altered.clientId, altered.organizationId, altered.tokenId], [null, null, null])
})

const broken = () => {
  throw new RemoteGuardError('network', 'https://user:password@host is away', { code: 'timeout' })
}
const elsewhere = () => Promise.reject(new Error('postgres://user:password@host is away'))
const undecided: readonly [check: DecisionCheck, saw: string, options: Partial<GuardOptions>][] = [
  ['token', 'the key of the token could not be had (network, timeout)', { keys: { find: broken } }],
  ['standing', 'the entitlement of the client could not be had', { entitlements: { find: elsewhere } }],
  ['partner', 'whether the partner is one of the organization could not be had', { entitlements: { find: () => withUnknown('partners') } }],
  [
    'requestor',
    'whether the requestor is one of the organization could not be had',
    { entitlements: { find: () => withUnknown('requestors') } },
  ],
  ['rate', 'how many requests the organization has made could not be had', { rates: { take: elsewhere } }],
]

function withUnknown(list: 'partners' | 'requestors') {
  const { organization, client } = anEntitlementDocument({ organization: { [list]: { total: 1000 } } })
  return { organization: indexOrganization(organization), client: indexEntitlement({ ...anEntitlementDocument(), client }).client }
}

for (const [check, saw, options] of undecided) {
  test(`a request that gets 503 because "${check}" cannot be checked has no failed check, and no address with credentials`, async () => {
    const rights = options.rates ? { organization: { rateLimit } } : undefined
    const { code, checks } = await denialOf({ options, ...(rights && { rights }) })
    assert.equal(code, 'temporarily-unavailable')
    const at = decisionChecks.indexOf(check)
    assert.deepEqual(checks[at], { check, result: 'not-reached', saw })
    assert.ok(checks.slice(0, at).every(({ result }) => result === 'passed'))
    assert.ok(checks.slice(at).every(({ result }) => result === 'not-reached'))
    assert.doesNotMatch(JSON.stringify(checks), /password/)
  })
}

test('a defect of the API is no failed check', async () => {
  const { code, checks } = await denialOf({ requirement: { scopes: 'misspelt' } as Requirement })
  assert.equal(code, 'internal-error')
  assert.ok(checks.every(({ result }) => result === 'not-reached'))
  assert.match(checks[0]?.saw ?? '', /requirement of the route is invalid/)
})

test('what a check saw is at most 200 characters, without control characters', async () => {
  const key = aSigningKey('ES256', `key\u0007${'k'.repeat(250)}`)
  const realm = aRealm({ key })
  const denial = await realm.authorize(realm.token(), { scope: Array.from({ length: 30 }, (_, at) => `missing:scope-${at}`) })
  assert.equal(denial.allowed, false)
  for (const { saw } of denial.checks) if (saw !== null) assert.match(saw, /^[\x20-\x7e…]{1,200}$/)
})
