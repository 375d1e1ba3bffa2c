import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { GuardRequest } from './access.ts'
import { decideAccess } from './decide-access.ts'
import { aRealm, partnerId } from './guard.fixture.ts'
import { param, type Requirement } from './requirement.ts'

class Inherited {
  readonly scope = 'admin'
}

/** Each is a mistake that required less than its author meant. */
const mistakes: [name: string, requirement: unknown, message: RegExp][] = [
  ['a misspelt partner', { partnr: param('id') }, /unknown option "partnr"/],
  ['scopes instead of scope', { scopes: ['admin'] }, /unknown option "scopes"/],
  ['a misspelt member beside a good one', { scope: 'orders:read', capabilty: 'kyc' }, /unknown option "capabilty"/],
  ['a misspelt constant as scope', { scope: ({} as { admin?: string }).admin }, /"scope" is undefined/],
  ['a misspelt constant as partner', { partner: undefined }, /"partner" is undefined/],
  ['a list', [{ scope: 'admin' }], /must be an object/],
  ['an empty list', [], /must be an object/],
  ['a Map', new Map([['scope', 'admin']]), /must be an object/],
  ['an instance of a class', new Inherited(), /must be an object/],
  ['an inherited member', Object.create({ partnr: param('id') }), /must be an object/],
  ['a second member beside the permission', { requestor: { permission: 'payments:create', scope: 'admin' } }, /"requestor"/],
  ['a second member beside the parameter', { partner: { param: 'sellerId', permission: 'x' } }, /"partner"/],
  ['an empty list of scopes', { scope: [] }, /"scope"/],
]

for (const [name, requirement, message] of mistakes) {
  test(`fault 3.1: ${name} in a requirement is an error of the API at every entrance, never a check less`, async () => {
    const realm = aRealm()
    const token = realm.token()
    for (const headers of [['Authorization', `Bearer ${token}`], []]) {
      const verdict = await realm.guard.authorize({ rawHeaders: headers, params: { sellerId: partnerId } }, requirement as Requirement)
      assert.ok(!verdict.allowed)
      assert.equal(verdict.code, 'internal-error')
      assert.match(String(verdict.cause), message)
    }
    const error = { name: 'TypeError', message }
    assert.throws(() => realm.guard.checkRequirement(requirement as Requirement, ['id', 'sellerId']), error)
    const access = await realm.authorize(token)
    assert.ok(access.allowed)
    const request = { rawHeaders: [], params: {} }
    assert.throws(() => decideAccess(access.token, access.entitlement, requirement as Requirement, request), error)
  })
}

const otherRequests: [name: string, request: object, message: RegExp][] = [
  ['headers in place of raw headers', { headers: { authorization: 'Bearer x' }, params: {} }, /"rawHeaders" is not a list/],
  ['an object of headers', { rawHeaders: { authorization: 'Bearer x' }, params: {} }, /"rawHeaders" is not a list/],
  ['pairs of headers', { rawHeaders: [['authorization', 'Bearer x']], params: {} }, /"rawHeaders" is not a list/],
  ['no parameters', { rawHeaders: [] }, /"params" is not an object/],
]

for (const [name, request, message] of otherRequests) {
  test(`fault 3.1: ${name} in a request is an error of the API, not an outage or a missing token`, async () => {
    const verdict = await aRealm().guard.authorize(request as GuardRequest, { partner: param('sellerId') })
    assert.ok(!verdict.allowed)
    assert.equal(verdict.code, 'internal-error')
    assert.match(String(verdict.cause), message)
  })
}

test('fault 3.1: a requirement counts as it was first read; a later change neither opens nor closes the route', async () => {
  const realm = aRealm()
  const scope = ['orders:read', 'admin']
  const requirement: { scope?: string[]; partnr?: unknown } = { scope }
  const ask = async () => (await realm.authorize(realm.token(), requirement)).allowed
  assert.equal(await ask(), false)
  scope.pop()
  delete requirement.scope
  assert.equal(await ask(), false)
})

test('fault 3.1: a requirement is read once, not for each request', async () => {
  const realm = aRealm()
  let reads = 0
  const requirement = new Proxy<Requirement>({ scope: 'orders:read' }, { get: (target, name) => (reads++, Reflect.get(target, name)) })
  assert.equal((await realm.authorize(realm.token(), requirement)).allowed, true)
  const first = reads
  assert.equal((await realm.authorize(realm.token(), requirement)).allowed, true)
  assert.equal(reads, first)
})

const declared = { scopes: ['orders:read', 'orders:write'], capabilities: ['allowMarketplaceLedKyc'] }
const undeclared: [requirement: Requirement, message: RegExp][] = [
  [{ scope: 'order:read' }, /the realm has no scope "order:read"; it has orders:read, orders:write, entitlements:read, decisions:write/],
  [{ scope: ['orders:read', 'Orders:write'] }, /no scope "Orders:write"/],
  [{ capability: 'allowMarketplaceLedKYC' }, /no capability "allowMarketplaceLedKYC"; it has allowMarketplaceLedKyc/],
  [{ capability: 'constructor' }, /no capability "constructor"/],
]
for (const [requirement, message] of undeclared) {
  test(`fault 3.1: a guard that knows the names of its realm refuses ${JSON.stringify(requirement)}`, async () => {
    const realm = aRealm(declared)
    assert.throws(() => realm.guard.checkRequirement(requirement, []), { name: 'TypeError', message })
    const verdict = await realm.authorize(realm.token(), requirement)
    assert.ok(!verdict.allowed)
    assert.equal(verdict.code, 'internal-error')
    assert.match(String(verdict.cause), message)
  })
}

test('names that the realm has are accepted, and every realm has entitlements:read and decisions:write', async () => {
  const { guard, authorize, token } = aRealm(declared)
  guard.checkRequirement({ scope: ['entitlements:read', 'decisions:write'] }, [])
  assert.equal((await authorize(token(), { scope: 'orders:read', capability: 'allowMarketplaceLedKyc' })).allowed, true)
})

test('declared names that are no list are refused', () => {
  for (const scopes of ['orders:read', [1], {}]) assert.throws(() => aRealm({ scopes: scopes as never }), /"scopes" is not a list of names/)
})
