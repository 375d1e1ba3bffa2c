import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { adminScopes, type AdminScope } from '@countersign/admin'
import type { GroupRole } from '../configuration/sign-in-settings.ts'
import { createRightsOfGroups } from './rights-of-groups.ts'

const issuer = 'https://idp.example'
const from = (roles: Readonly<Record<string, GroupRole>>) => {
  const rightsOf = createRightsOfGroups({ issuer, roles })
  return (groups: readonly string[]) => rightsOf(groups, issuer)
}

const rightsOf = from({
  support: ['organizations:read', 'clients:read'],
  auditors: ['audit:read'],
  'alpha-admins': { scopes: 'all', realms: ['alpha'] },
  'alpha-beta-writers': { scopes: ['clients:write'], realms: ['alpha', 'beta'] },
  platform: 'all',
  founders: 'owner',
})

test('a person in no group with a role has no rights', () => {
  assert.equal(rightsOf([]), undefined)
  assert.equal(rightsOf(['Support', 'support ', '/support', 'constructor', '__proto__']), undefined)
})

test('groups that another identity provider named give nothing', () => {
  const rightsOf = createRightsOfGroups({ issuer, roles: { founders: 'owner' } })
  assert.equal(rightsOf(['founders'], issuer)?.owner, true)
  assert.equal(rightsOf(['founders'], 'https://idp.example/'), undefined)
})

test('"owner" is every scope in all realms and changing operators, "all" is every scope only', () => {
  assert.deepEqual(rightsOf(['founders']), { scopes: adminScopes, realms: undefined, owner: true })
  assert.deepEqual(rightsOf(['platform']), { scopes: adminScopes, realms: undefined, owner: false })
})

test('roles for the same realms add up', () => {
  const { scopes, realms, owner } = rightsOf(['auditors', 'support'])!
  assert.deepEqual([scopes, realms, owner], [['organizations:read', 'clients:read', 'audit:read'], undefined, false])
})

test('a role for one realm does not become one for another: of roles for different realms the first in the configuration counts', () => {
  const { scopes, realms } = rightsOf(['alpha-admins', 'support'])!
  assert.deepEqual([scopes, realms], [['organizations:read', 'clients:read'], undefined])
})

test('in the realms of the first role, also what the others give there counts', () => {
  const readersFirst = from({
    readers: { scopes: ['clients:read'], realms: ['alpha'] },
    writers: { scopes: ['clients:write'], realms: ['alpha', 'beta'] },
    auditors: ['audit:read'],
  })
  assert.deepEqual(readersFirst(['writers', 'readers', 'auditors']), {
    scopes: ['clients:read', 'clients:write', 'audit:read'],
    realms: ['alpha'],
    owner: false,
  })
})

test('every scope in all realms counts wherever it stands in the configuration', () => {
  assert.deepEqual(rightsOf(['support', 'alpha-admins', 'platform'])?.scopes, adminScopes)
  assert.equal(rightsOf(['support', 'alpha-admins', 'founders', 'platform'])?.owner, true)
})

test('whatever the groups, a person has no scope in a realm that none of the groups gives there', () => {
  const realms = ['alpha', 'beta', 'gamma']
  const scopes = fc.subarray([...adminScopes], { minLength: 1 })
  const role: fc.Arbitrary<GroupRole> = fc.oneof(scopes, fc.record({ scopes, realms: fc.subarray(realms, { minLength: 1 }) }))
  const roles = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), role)
  fc.assert(
    fc.property(roles, fc.subarray(['a', 'b', 'c', 'd', 'e']), (configured, groups) => {
      const rights = from(configured)(groups)
      const mine = groups.flatMap((group) => (Object.hasOwn(configured, group) ? [configured[group]!] : []))
      assert.equal(rights === undefined, mine.length === 0)
      for (const realm of rights?.realms ?? (rights ? realms : []))
        for (const scope of rights!.scopes)
          assert.ok(
            mine.some((one) => gives(one, scope, realm)),
            `${scope} in ${realm}`,
          )
    }),
  )

  function gives(one: GroupRole, scope: AdminScope, realm: string): boolean {
    if (typeof one === 'string') return true
    if (!('realms' in one)) return one.includes(scope)
    return one.realms.includes(realm) && (one.scopes === 'all' || one.scopes.includes(scope))
  }
})
