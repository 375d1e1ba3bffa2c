import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chipOf, factOf, type AttentionItem } from './attention-words.ts'

const now = Date.parse('2026-11-29T09:00:00Z')
const item = (kind: string, more: Partial<AttentionItem> = {}): AttentionItem => ({
  kind,
  reason: null,
  version: null,
  since: null,
  until: null,
  count: null,
  ...more,
})
const said = (one: AttentionItem) =>
  factOf(one)
    .map((piece) => (typeof piece === 'string' ? piece : 'at' in piece ? `<${piece.at}>` : piece.typed))
    .join('')

test('a rotation that cuts off says when, and what stops', () => {
  const one = item('rotation-cuts-off', { reason: 'new-unused', until: '2026-11-29T18:00:00Z' })
  assert.equal(chipOf(one, now), 'Ends in 9 h')
  assert.equal(
    said(one),
    'The old secret ends <2026-11-29T18:00:00Z>, and the new one was never used. The client gets no tokens from then on.',
  )
})

test('an agreement says which version is missing, and how many have not accepted it', () => {
  const refused = item('agreement-refused', { reason: 'outdated', version: '2026-01', count: 412, since: '2026-11-29T08:10:00Z' })
  assert.equal(chipOf(refused, now), 'Refused × 412')
  assert.match(said(refused), /^An older version of the agreement was accepted; 2026-01 is required\. /)
  const coming = item('agreement-coming', { version: '2026-07', count: 1, until: '2027-01-01T00:00:00Z' })
  assert.equal(
    said(coming),
    'Version 2026-07 of the agreement becomes required <2027-01-01T00:00:00Z>; 1 organization has not accepted it.',
  )
})

test('a rotation that can end says nothing of "since", which is when it became safe, not when the old secret was last used', () => {
  assert.equal(said(item('rotation-can-end', { since: '2026-11-29T08:10:00Z' })), 'The old secret is not used any more, and can be ended.')
})

test('a kind that this page does not know is shown by its name', () => {
  assert.equal(chipOf(item('new-kind'), now), 'new-kind')
  assert.deepEqual(factOf(item('new-kind')), [])
})
