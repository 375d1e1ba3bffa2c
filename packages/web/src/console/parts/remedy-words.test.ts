import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeRemedy } from './remedy-words.ts'

const describe = (name: string, body: Record<string, unknown> = {}) =>
  describeRemedy({ name, params: { realm: 'prod', organization: 'acme', client: 'c-1', capability: 'kyc' }, body, missing: [] })

test('a button says what it changes and for which organization or client', () => {
  assert.equal(describe('organizations.resume')?.label, 'Resume acme')
  assert.equal(describe('dpa.accept', { version: '2026-01' })?.label, 'Record that acme accepted 2026-01')
  assert.equal(describe('capabilities.set', { value: true })?.label, 'Give acme kyc')
  assert.equal(describe('clients.update', { enabled: true })?.label, 'Enable c-1')
  assert.match(String(describe('clients.update', { scopes: ['a', 'b'] })?.consequence), /from then on: a b\./)
})

test('what only shows something, or is not known here, has no button', () => {
  for (const name of ['rotation.get', 'audit.search', 'organizations.delete']) assert.equal(describe(name), undefined)
  assert.equal(describe('clients.update', { name: 'x' }), undefined)
})
