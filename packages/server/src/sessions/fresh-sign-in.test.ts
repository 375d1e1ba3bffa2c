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
    ['clients.create', 'operators', {}],
    ['clients.update', 'operators', { scopes: [] }],
    ['clients.update', 'alpha', { operatorScopes: ['clients:read'] }],
  ] as const)
    assert.equal(needsFreshSignIn(name, { params: { realm }, body }), true, name)
  assert.equal(needsFreshSignIn('clients.create', { params: { realm: 'alpha' }, body: {} }), false)
  assert.equal(needsFreshSignIn('signingKeys.import', { params: { realm: 'alpha' }, bringsSigningKey: true }), true)
})
