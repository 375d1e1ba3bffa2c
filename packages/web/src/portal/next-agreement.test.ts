import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextAgreement } from './next-agreement.ts'

const now = Date.parse('2026-11-29T12:00:00Z')
const versions = [
  { version: '2027-01', requiredFrom: '2027-06-01T00:00:00Z' },
  { version: '2026-07', requiredFrom: '2027-01-01T00:00:00Z' },
  { version: '2026-01', requiredFrom: '2026-03-01T00:00:00Z' },
]

test('what is required now comes first', () => {
  const dpa = { status: 'outdated', requiredVersion: '2026-01', acceptedVersion: '2025-01' } as const
  assert.deepEqual(nextAgreement(dpa, versions, now), { version: '2026-01', requiredFrom: null })
})

test('then the one that becomes required first', () => {
  const dpa = { status: 'accepted', requiredVersion: '2026-01', acceptedVersion: '2026-01' } as const
  assert.deepEqual(nextAgreement(dpa, versions, now), { version: '2026-07', requiredFrom: '2027-01-01T00:00:00Z' })
  assert.equal(nextAgreement({ ...dpa, acceptedVersion: '2027-01' }, versions, now), undefined)
})

test('none, where none is required', () => {
  const dpa = { status: 'not-required', requiredVersion: null, acceptedVersion: null } as const
  assert.equal(nextAgreement(dpa, [], now), undefined)
})
