import assert from 'node:assert/strict'
import { test } from 'node:test'
import { membersOf } from './event-members.ts'

test('a member that changed has what it was before and what it is since', () => {
  const detail = { before: 'active', status: 'suspended', reason: 'unpaid', by: { client: 'operator-1' } }
  assert.deepEqual(membersOf({ kind: 'organizations.suspend', detail }), [{ name: 'status', before: 'active', after: 'suspended' }])
})

test('what was removed has no value since', () => {
  const detail = { capability: 'kyc', removed: true }
  assert.deepEqual(membersOf({ kind: 'capabilities.remove', detail }), [
    { name: 'capability', before: undefined, after: 'kyc' },
    { name: 'removed', before: 'true', after: undefined },
  ])
})

test('a "before" of a kind that is not known is shown as it is, and a long value is cut', () => {
  const [row, long] = membersOf({ kind: 'organizations.paint', detail: { before: null, colour: 'x'.repeat(5000) } })
  assert.deepEqual(row, { name: 'before', before: undefined, after: 'none' })
  assert.equal(long?.after?.length, 2001)
})

test('an instant that was recorded as a number is shown as a time', () => {
  const retired = membersOf({ kind: 'signingKeys.retire', detail: { state: 'retired', retainUntil: Date.UTC(2026, 10, 30, 2, 44, 19) } })
  assert.equal(retired[1]?.after, '2026-11-30 02:44:19 UTC')
  // In seconds, as in a token.
  const detail = { before: Date.UTC(2026, 10, 30, 2, 0, 0) / 1000, tokensNotBefore: 0 }
  assert.deepEqual(membersOf({ kind: 'clients.lowerCut', detail }), [
    { name: 'tokensNotBefore', before: '2026-11-30 02:00:00 UTC', after: 'none' },
  ])
  const soon = membersOf({ kind: 'signingKeys.retire', detail: { retainUntil: 1000, issuedAt: 1 } })
  assert.deepEqual(
    soon.map(({ after }) => after),
    ['1970-01-01 00:00:01 UTC', '1970-01-01 00:00:01 UTC'],
  )
  assert.equal(membersOf({ kind: 'store.failover', detail: { from: 3 } })[0]?.after, '3')
})
