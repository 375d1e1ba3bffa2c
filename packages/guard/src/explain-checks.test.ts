import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decisionChecks, type DecisionCheck } from '@countersign/protocol'
import { decisionRows, denialOf, everything, rateLimit } from './decision-rows.fixture.ts'
import { indexEntitlement, indexOrganization } from './entitlement-index.ts'
import * as fixture from './guard.fixture.ts'
import type { GuardOptions } from './guard-options.ts'
import { RemoteGuardError } from './remote-guard-error.ts'
import type { Requirement } from './requirement.ts'

const { aRealm, aSigningKey, anEntitlementDocument, partnerId, requestorId, startSeconds } = fixture

for (const { name, failed, saw, ...row } of decisionRows) {
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
      ['passed', `${partnerId} is a partner of the organization`],
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
