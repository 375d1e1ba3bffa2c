import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseRoleRules, roleOfGroups, roleOfPerson } from './role-of-groups.ts'

const rules = parseRoleRules('{"a":"admin","d":"developer","v":"viewer"}', null)

test('of several groups the role with the most rights counts, whatever their order', () => {
  assert.equal(roleOfGroups(rules, ['v', 'a', 'd']), 'admin')
  assert.equal(roleOfGroups(rules, ['v', 'd', 'unknown']), 'developer')
  assert.equal(roleOfGroups(rules, []), null)
  assert.equal(roleOfGroups(rules, ['A', 'toString', '__proto__', 'constructor']), null)
})

test('everyone has a role, and a group gives no less', () => {
  const ofAll = { ...rules, everyone: 'developer' as const }
  assert.equal(roleOfGroups(ofAll, []), 'developer')
  assert.equal(roleOfGroups(ofAll, ['v']), 'developer')
  assert.equal(roleOfGroups(ofAll, ['a']), 'admin')
})

test('a damaged list, and a value that is no role, give nothing', () => {
  for (const text of ['{', '[]', 'null', '{"a":1}', '{"a":"owner"}', '{"a":true}'])
    assert.equal(roleOfGroups(parseRoleRules(text, null), ['a']), null, text)
})

test('a role follows from what the identity provider of now said, and from no other', () => {
  const idp = { idp_issuer: 'https://a.example', idp_roles: '{"a":"admin"}', idp_everyone: null }
  const person = { role: null, issuer: 'https://a.example', groups: '["a"]' }
  assert.equal(roleOfPerson({ ...person, ...idp }), 'admin')
  assert.equal(roleOfPerson({ ...person, ...idp, issuer: 'https://b.example' }), null)
  assert.equal(roleOfPerson({ ...person, idp_issuer: null, idp_roles: null, idp_everyone: null }), null)
  assert.equal(roleOfPerson({ ...person, ...idp, groups: 'damaged' }), null)
  assert.equal(roleOfPerson({ role: 'viewer', issuer: null, groups: null, ...idp, idp_everyone: 'admin' }), 'viewer', 'with a passkey')
})
