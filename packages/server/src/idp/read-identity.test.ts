import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasGroups, readIdentity } from './read-identity.ts'

const read = (claims: Readonly<Record<string, unknown>>, claim = 'groups') =>
  readIdentity('https://idp.example', { sub: 'mia', ...claims }, claim)

test('the name is what the identity provider calls it, or else the user name, or else the subject', () => {
  assert.equal(read({ name: ' Mia Wong ', preferred_username: 'mw' })?.name, 'Mia Wong')
  assert.equal(read({ name: '', preferred_username: 'mw' })?.name, 'mw')
  assert.equal(read({ name: ['Mia'], email: 'mia@acme.example' })?.name, 'mia@acme.example')
  assert.equal(read({ name: '\u202egnoW' })?.name, 'mia', 'with a character that turns text around')
  assert.equal(read({ name: 'x'.repeat(10_000) })?.name.length, 200)
  assert.equal(read({ name: ' The  provider', preferred_username: 'mw' })?.name, 'mw', 'which stands for every operator')
  assert.equal(read({ sub: 'The provider' })?.name, 'unnamed person')
})

test('groups are a list or one text, also inside another claim or under a name with dots', () => {
  assert.deepEqual(read({ groups: ['a', 7, null, 'b'] })?.groups, ['a', 'b'])
  assert.deepEqual(read({ groups: 'a' })?.groups, ['a'])
  assert.deepEqual(read({ groups: ['a', 'b', 'a'] })?.groups, ['a', 'b'])
  assert.deepEqual(read({ realm_access: { roles: ['a'] } }, 'realm_access.roles')?.groups, ['a'])
  assert.deepEqual(read({ 'https://acme.example/groups': ['a'] }, 'https://acme.example/groups')?.groups, ['a'])
  assert.deepEqual(read({ groups: { a: true } })?.groups, [])
  assert.deepEqual(read({}, 'constructor.name')?.groups, [])
  assert.deepEqual(read({ groups: Array.from({ length: 5000 }, (_, at) => `g${at}`) })?.groups.length, 1000)
})

test('a claim that is missing can be asked for, an empty one cannot', () => {
  assert.equal(hasGroups({ sub: 'mia' }, 'groups'), false)
  assert.equal(hasGroups({ groups: null }, 'groups'), false)
  assert.equal(hasGroups({ groups: [] }, 'groups'), true)
})

test('without a subject that can be stored there is no person', () => {
  for (const sub of [undefined, '', 7, 'x'.repeat(256), 'a\u0000b', 'a\u202eb']) assert.equal(read({ sub }), undefined, String(sub))
  assert.equal(read({ sub: 'x'.repeat(255) })?.subject.length, 255)
})

test('an address and a session are kept only if they are texts of a usual length', () => {
  assert.equal(read({ email: 'mia@acme.example' })?.address, 'mia@acme.example')
  assert.equal(read({ email: 'x'.repeat(255) })?.address, null)
  assert.equal(read({ email: { a: 1 } })?.address, null)
  assert.equal(read({ sid: 's1' })?.idpSession, 's1')
  assert.equal(read({ sid: ['s1'] })?.idpSession, undefined)
  for (const sid of ['', 'a\u0000b', 'x'.repeat(256)]) assert.equal(read({ sid })?.idpSession, undefined)
})
