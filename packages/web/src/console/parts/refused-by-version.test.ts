import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judge } from './refused-by-version.ts'

const known = [
  { version: '2027-01', requiredFrom: '2027-01-01T00:00:00.000Z' },
  { version: '2026-01', requiredFrom: '2026-03-01T00:00:00.000Z' },
  { version: '2025-01', requiredFrom: null },
]
const from = (instant: string) => Date.parse(instant)

test('a version above all others refuses every organization that does not accept it', () => {
  assert.deepEqual(judge('2027-10', from('2027-02-01T00:00:00Z'), known), { kind: 'all' })
  assert.deepEqual(judge('1', from('2027-02-01T00:00:00Z'), []), { kind: 'all' })
})

test('a version below one that becomes required later is judged by those who accepted that one', () => {
  assert.deepEqual(judge('2026-09', from('2026-10-01T00:00:00Z'), known), { kind: 'by-version', version: '2027-01' })
})

test('a version below one that is required by then changes nothing', () => {
  assert.deepEqual(judge('2026-09', from('2027-06-01T00:00:00Z'), known), { kind: 'no-change', higher: '2027-01' })
  assert.deepEqual(judge('2024-01', from('2026-01-01T00:00:00Z'), known), { kind: 'no-change', higher: '2025-01' })
})

test('the version of the configuration file gets its text, and refuses no more than it does', () => {
  assert.deepEqual(judge('2025-01', from('2026-01-01T00:00:00Z'), known), { kind: 'configured' })
})

test('a version that is there is not published again', () => {
  assert.deepEqual(judge('2026-1', from('2026-10-01T00:00:00Z'), known), { kind: 'known' })
})
