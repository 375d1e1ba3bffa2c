import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeNone, noFilters, toAuditQuery } from './audit-question.ts'

const now = Date.parse('2026-11-29T09:31:41Z')

test('the page opens with the changes of the last 24 hours, from a round time on', () => {
  assert.deepEqual(toAuditQuery(noFilters, now, undefined), { limit: 50, changes: 'true', from: '2026-11-28T09:00:00.000Z' })
})

test('tokens are those that were issued, refusals those of any kind', () => {
  const { kind, outcome } = toAuditQuery({ ...noFilters, tab: 'tokens' }, now, undefined) as Record<string, unknown>
  assert.deepEqual({ kind, outcome }, { kind: 'token.request', outcome: 'success' })
  assert.deepEqual(toAuditQuery({ ...noFilters, tab: 'refusals', since: 'all' }, now, undefined), { limit: 50, outcome: 'refused' })
})

test('"about" is a client, or the organization that it names', () => {
  const place = { ...noFilters, tab: 'all', since: 'all', about: 'acme' }
  assert.deepEqual(toAuditQuery(place, now, undefined), { limit: 50, client: 'acme' })
  assert.deepEqual(toAuditQuery(place, now, 'b1d7'), { limit: 50, organization: 'b1d7' })
})

test('a range has its own ends', () => {
  const place = { ...noFilters, tab: 'all', since: 'between', from: '2026-11-01T00:00:00.000Z', to: '2026-11-02T00:00:00.000Z' }
  assert.deepEqual(toAuditQuery(place, now, undefined), { limit: 50, from: place.from, to: place.to })
})

test('an empty page says its filters in words', () => {
  assert.equal(describeNone(noFilters), 'No change in the last 24 hours')
  assert.equal(
    describeNone({ ...noFilters, tab: 'refusals', about: 'acme', realm: 'nt24-idp', since: '7d' }),
    'No refusal about acme in the realm nt24-idp in the last 7 days',
  )
})

test('abuse 160: an address that names what every object has is asked for as one without filters', () => {
  for (const name of ['constructor', '__proto__', 'toString']) {
    assert.deepEqual(toAuditQuery({ ...noFilters, since: name, tab: name }, now, undefined), { limit: 50, changes: 'true' })
    assert.equal(describeNone({ ...noFilters, since: name, tab: name }), 'No event')
  }
})
