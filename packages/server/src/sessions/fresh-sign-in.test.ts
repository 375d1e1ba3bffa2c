import assert from 'node:assert/strict'
import { test } from 'node:test'
import { operations, type OperationName } from '@countersign/admin'
import { needsFreshSignIn } from './fresh-sign-in.ts'

test('what takes rights away never waits for a secret', () => {
  for (const name of [
    'organizations.suspend',
    'organizations.cutTokens',
    'secrets.revoke',
    'signingKeys.compromise',
    'partners.withdraw',
    'people.remove',
    'invitations.withdraw',
  ] as const)
    assert.equal(needsFreshSignIn(name, { params: { realm: 'alpha' }, body: { reason: 'x' } }), false, name)
  for (const realm of ['alpha', 'operators'])
    assert.equal(needsFreshSignIn('clients.update', { params: { realm }, body: { enabled: false } }), false)
})

test('what deletes, forces, gives a credential or makes an operator does', () => {
  for (const name of Object.keys(operations) as OperationName[])
    if (name.endsWith('.delete')) assert.equal(needsFreshSignIn(name, { params: { realm: 'alpha' } }), true, name)
  for (const [name, realm, body] of [
    ['rotation.confirm', 'alpha', { force: true }],
    ['rotation.start', 'alpha', {}],
    ['keys.add', 'alpha', {}],
    ['invitations.create', 'alpha', { role: 'viewer' }],
    ['people.setRole', 'alpha', { role: 'admin' }],
    ['clients.create', 'operators', {}],
    ['clients.create', 'alpha', {}],
    ['clients.update', 'operators', { scopes: [] }],
    ['clients.update', 'alpha', { operatorScopes: ['clients:read'] }],
  ] as const)
    assert.equal(needsFreshSignIn(name, { params: { realm }, body }), true, name)
  assert.equal(needsFreshSignIn('people.setRole', { params: { realm: 'alpha' }, body: { role: 'viewer' } }), false)
  assert.equal(needsFreshSignIn('signingKeys.import', { params: { realm: 'alpha' }, bringsSigningKey: true }), true)
})

test('abuse 313: each operation whose answer has a secret does', () => {
  const shown = (Object.keys(operations) as OperationName[]).filter((name) => 'secret' in operations[name])
  assert.ok(shown.length > 2, shown.join())
  for (const name of shown) assert.equal(needsFreshSignIn(name, { params: { realm: 'alpha' }, body: {} }), true, name)
})

test('what makes an operator one again does, as what makes one', () => {
  const needs = (name: OperationName, realm: string, body?: Record<string, unknown>) => needsFreshSignIn(name, { params: { realm }, body })
  for (const [name, body] of [
    ['clients.update', { enabled: true }],
    ['clients.update', { serviceAccountEnabled: true }],
    ['organizations.resume', undefined],
    ['organizations.update', { status: 'active' }],
  ] as const) {
    assert.equal(needs(name, 'operators', body), true, JSON.stringify(body))
    assert.equal(needs(name, 'alpha', body), false, JSON.stringify(body))
  }
  assert.equal(needs('organizations.update', 'operators', { name: 'Operators' }), false)
})
