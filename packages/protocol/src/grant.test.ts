import assert from 'node:assert/strict'
import { test } from 'node:test'
import { emptyGrant, mergeGrants, type Grant } from './grant.ts'

const grant = (parts: Partial<Grant>): Grant => ({ ...emptyGrant, ...parts })

test('grants merge: audiences and roles unite, without repeats and in order', () => {
  const one = grant({ audiences: ['a', 'b'], roles: { realm: ['partner'], clients: { orders: ['read'] } } })
  const two = grant({
    audiences: ['b', 'c'],
    roles: { realm: ['auditor', 'partner'], clients: { orders: ['write', 'read'], stock: ['read'] } },
  })
  assert.deepEqual(mergeGrants([one, two]), {
    audiences: ['a', 'b', 'c'],
    roles: { realm: ['partner', 'auditor'], clients: { orders: ['read', 'write'], stock: ['read'] } },
    claims: {},
  })
})

test('grants merge: objects member by member, lists of texts unite, everything else is that of the later grant', () => {
  const one = grant({ claims: { tenant: 'one', tags: ['x'], limits: { daily: 5, list: [1, 2] }, kept: null } })
  const two = grant({ claims: { tenant: 'two', tags: ['y', 'x'], limits: { list: [3], hourly: 1 } } })
  assert.deepEqual(mergeGrants([one, two]).claims, {
    tenant: 'two',
    tags: ['x', 'y'],
    limits: { daily: 5, list: [3], hourly: 1 },
    kept: null,
  })
})

test('abuse 105: "__proto__" in the claims of grants is a name like others, and changes no prototype', () => {
  const one = grant({ claims: JSON.parse('{"__proto__": {"admin": true}}') as Grant['claims'] })
  const { claims } = mergeGrants([one, one])
  assert.equal(Object.getPrototypeOf(claims), Object.prototype)
  assert.deepEqual(Object.keys(claims), ['__proto__'])
  assert.equal(({} as Record<string, unknown>)['admin'], undefined)
})
