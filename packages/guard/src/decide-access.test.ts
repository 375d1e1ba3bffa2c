import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Dpa, OrganizationRights } from '@countersign/protocol'
import type { VerifiedToken } from './claims.ts'
import { decideAccess } from './decide-access.ts'
import { indexEntitlement } from './entitlement-index.ts'
import * as fixture from './guard.fixture.ts'
import { meRequirement, param, type Requirement } from './requirement.ts'

const { clientId, foreignPartnerId, organizationId, partnerId, requestorId, startSeconds } = fixture
const strangerId = '9a8b7c6d-5e4f-4a3b-8c2d-1f0e9d8c7b99'

const token: VerifiedToken = {
  issuer: fixture.issuer,
  clientId,
  subject: 'subject-1',
  organizationId,
  scope: 'orders:read orders:write',
  scopes: new Set(['orders:read', 'orders:write']),
  tokenId: 'token-1',
  issuedAt: startSeconds,
  expiresAt: startSeconds + 300,
  keyId: 'key-1',
}

const suspended = { status: 'suspended' } as const
const dpa = (status: Dpa['status']) => ({ dpa: { status, requiredVersion: '2026-01', acceptedVersion: '2025-06', acceptedAt: null } })
const bySeller: Requirement = { partner: param('sellerId') }
const byPerson: Requirement = { requestor: 'required' }
const byPayer: Requirement = { requestor: { permission: 'payments:create' } }

interface Case {
  readonly name: string
  readonly requirement: Requirement
  readonly organization?: Partial<OrganizationRights>
  readonly sellerId?: string
  /** The values of all Requestor-ID headers. */
  readonly requestorIds?: readonly string[]
  /** `undefined`: allowed. */
  readonly denial?: string
}

const cases: readonly Case[] = [
  { name: 'a valid token is all that an empty requirement needs', requirement: {} },
  { name: 'row 6: a suspended organization', requirement: {}, organization: suspended, denial: 'organization-suspended' },
  { name: 'row 6: a suspended organization may read /v1/me', requirement: meRequirement, organization: suspended },
  { name: 'row 7: a DPA that was never accepted', requirement: {}, organization: dpa('missing'), denial: 'dpa-missing' },
  { name: 'row 7: an outdated DPA', requirement: {}, organization: dpa('outdated'), denial: 'dpa-outdated' },
  { name: 'row 7: a realm without DPA', requirement: {}, organization: dpa('not-required') },
  { name: 'row 7: a missing DPA where any will do', requirement: meRequirement, organization: dpa('missing') },
  { name: 'row 8: a scope that the token has', requirement: { scope: 'orders:read' } },
  { name: 'row 8: a scope that the token lacks', requirement: { scope: 'orders' }, denial: 'insufficient-scope' },
  { name: 'row 8: two scopes that the token has', requirement: { scope: ['orders:write', 'orders:read'] } },
  { name: 'row 8: one of two scopes', requirement: { scope: ['orders:read', 'admin'] }, denial: 'insufficient-scope' },
  { name: 'row 9: an authorized partner', requirement: bySeller, sellerId: partnerId },
  {
    name: 'row 9: the partner of another organization',
    requirement: bySeller,
    sellerId: foreignPartnerId,
    denial: 'partner-not-authorized',
  },
  { name: 'row 9: no partner in the path', requirement: bySeller, denial: 'partner-not-authorized' },
  {
    name: 'row 9: no partners',
    requirement: bySeller,
    organization: { partners: fixture.listOf() },
    sellerId: partnerId,
    denial: 'partner-not-authorized',
  },
  { name: 'row 10: a capability', requirement: { capability: 'allowMarketplaceLedKyc' } },
  { name: 'row 10: an absent capability', requirement: { capability: 'other' }, denial: 'capability-missing' },
  { name: 'row 10: a choice is no flag', requirement: { capability: 'rateLimitTier' }, denial: 'capability-missing' },
  { name: 'row 10: a name of Object.prototype', requirement: { capability: 'constructor' }, denial: 'capability-missing' },
  {
    name: 'row 10: a capability that is false',
    requirement: { capability: 'kyc' },
    organization: { capabilities: { kyc: false } },
    denial: 'capability-missing',
  },
  {
    name: 'row 10: a capability that is the word true',
    requirement: { capability: 'kyc' },
    organization: { capabilities: { kyc: 'true' } },
    denial: 'capability-missing',
  },
  { name: 'row 11: no Requestor-ID', requirement: byPerson, denial: 'requestor-id-missing' },
  { name: 'row 11: an empty Requestor-ID', requirement: byPerson, requestorIds: [''], denial: 'requestor-id-malformed' },
  { name: 'row 11: an upper-case one', requirement: byPerson, requestorIds: [requestorId.toUpperCase()], denial: 'requestor-id-malformed' },
  { name: 'row 11: a list', requirement: byPerson, requestorIds: [`${requestorId}, x`], denial: 'requestor-id-malformed' },
  { name: 'row 11: two headers', requirement: byPerson, requestorIds: [requestorId, requestorId], denial: 'requestor-id-malformed' },
  { name: 'row 11: the word "repeated"', requirement: byPerson, requestorIds: ['repeated'], denial: 'requestor-id-malformed' },
  { name: 'row 12: an unknown requestor', requirement: byPerson, requestorIds: [strangerId], denial: 'requestor-unknown' },
  { name: 'row 12: a known requestor', requirement: byPerson, requestorIds: [requestorId] },
  { name: 'row 12: a permitted requestor', requirement: byPayer, requestorIds: [requestorId] },
  {
    name: 'row 12: a requestor without the permission',
    requirement: { requestor: { permission: 'payments:cancel' } },
    requestorIds: [requestorId],
    denial: 'requestor-not-permitted',
  },
]

function decide({ requirement, organization = {}, sellerId, requestorIds = [] }: Omit<Case, 'name'>) {
  const rawHeaders = ['Host', 'api.example.com', ...requestorIds.flatMap((id) => ['Requestor-ID', id])]
  const index = indexEntitlement(fixture.anEntitlementDocument({ organization }))
  return decideAccess(token, index, requirement, { rawHeaders, params: { sellerId } })
}

for (const { name, ...input } of cases) {
  test(`${name}: ${input.denial ?? 'allowed'}`, () => {
    const decision = decide(input)
    assert.equal(decision.allowed ? undefined : decision.code, input.denial)
  })
}

test('if every check fails, the denials come in the order of the table', () => {
  const requirement: Requirement = { scope: 'admin', partner: param('sellerId'), capability: 'other', ...byPayer }
  const wrong: Omit<Case, 'name'> = { requirement, organization: { ...suspended, ...dpa('missing') } }
  const remedies: Partial<Case>[] = [
    {},
    { organization: dpa('missing') },
    { organization: {} },
    { requirement: { ...requirement, scope: 'orders:read' } },
    { sellerId: partnerId },
    { requirement: { ...requirement, scope: 'orders:read', capability: 'allowMarketplaceLedKyc' } },
    { requestorIds: [strangerId] },
    { requestorIds: [requestorId] },
  ]
  let input = wrong
  const denials = remedies.map((remedy) => {
    input = { ...input, ...remedy }
    const decision = decide(input)
    return decision.allowed ? 'allowed' : decision.code
  })
  assert.deepEqual(denials, [
    'organization-suspended',
    'dpa-missing',
    'insufficient-scope',
    'partner-not-authorized',
    'capability-missing',
    'requestor-id-missing',
    'requestor-unknown',
    'allowed',
  ])
})

test('abuse 106: a capability must be an own member, even if Object.prototype has been polluted', (t) => {
  // eslint-disable-next-line no-extend-native -- it is the attack
  Object.defineProperty(Object.prototype, 'kyc', { value: true, configurable: true })
  t.after(() => Reflect.deleteProperty(Object.prototype, 'kyc'))
  assert.equal(decide({ requirement: { capability: 'kyc' } }).allowed, false)
})

test('an access names its requestor', () => {
  assert.deepEqual(decide({ requirement: byPerson, requestorIds: [requestorId] }), { allowed: true, requestorId })
})

test('a denial for scope names all scopes that the route requires', () => {
  const decision = decide({ requirement: { scope: ['orders:read', 'admin'] } })
  assert.ok(!decision.allowed)
  assert.equal(decision.scope, 'orders:read admin')
})

const otherSpellings = [
  partnerId.toUpperCase(),
  `{${partnerId}}`,
  partnerId.replaceAll('-', ''),
  `${partnerId} `,
  `${partnerId};x`,
  `${partnerId}%00`,
  `%2e%2e`,
  '..',
  '*',
  '',
]
for (const sellerId of otherSpellings) {
  test(`abuse 107: the partner ${JSON.stringify(sellerId)} in the path is not the authorized one`, () => {
    const decision = decide({ requirement: bySeller, sellerId })
    assert.ok(!decision.allowed)
    assert.equal(decision.code, 'partner-not-authorized')
  })
}

test('abuse 107: a partner id in the entitlement that is not a lower-case UUID, such as "*", authorizes nothing', () => {
  for (const id of ['*', '', partnerId.toUpperCase(), 'orders']) {
    const decision = decide({ requirement: bySeller, organization: { partners: fixture.listOf({ id, name: 'x' }) }, sellerId: id })
    assert.equal(decision.allowed, false)
  }
})
