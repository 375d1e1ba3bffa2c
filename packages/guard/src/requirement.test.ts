import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkRequirement, meRequirement, param, type Requirement } from './requirement.ts'

const good: Requirement[] = [
  {},
  meRequirement,
  { scope: 'orders:read' },
  { scope: ['orders:read', 'transactions/post'] },
  { partner: param('sellerId'), capability: 'allowMarketplaceLedKyc' },
  { requestor: 'required' },
  { requestor: { permission: 'payments:create' }, dpa: 'accepted', organization: 'active' },
]
for (const requirement of good) {
  test(`${JSON.stringify(requirement)} is a valid requirement`, () => checkRequirement(requirement, ['sellerId']))
}

const bad: [requirement: unknown, message: RegExp][] = [
  [null, /must be an object/],
  ['orders:read', /must be an object/],
  [{ scopes: 'orders:read' }, /unknown option "scopes"/],
  [{ Scope: 'orders:read' }, /unknown option "Scope"/],
  [{ scope: '' }, /"scope"/],
  [{ scope: 'orders:read orders:write' }, /"scope"/],
  [{ scope: [] }, /"scope"/],
  [{ scope: ['a"b'] }, /"scope"/],
  [{ scope: [1] }, /"scope"/],
  [{ scope: null }, /"scope"/],
  [{ partner: param('partnerId') }, /the parameter "partnerId"; the route has sellerId/],
  [{ partner: 'sellerId' }, /"partner"/],
  [{ partner: null }, /"partner"/],
  [{ capability: '' }, /"capability"/],
  [{ capability: true }, /"capability"/],
  [{ requestor: 'optional' }, /"requestor"/],
  [{ requestor: true }, /"requestor"/],
  [{ requestor: null }, /"requestor"/],
  [{ requestor: { permission: '' } }, /"requestor"/],
  [{ dpa: 'none' }, /"dpa"/],
  [{ organization: 'suspended' }, /"organization"/],
]
for (const [requirement, message] of bad) {
  test(`${JSON.stringify(requirement)} is rejected when its route is registered`, () => {
    assert.throws(() => checkRequirement(requirement as Requirement, ['sellerId']), { name: 'TypeError', message })
  })
}

test('a parameter is rejected if the route has none', () => {
  assert.throws(() => checkRequirement({ partner: param('sellerId') }, []), /the route has none/)
})
