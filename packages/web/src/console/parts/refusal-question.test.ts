import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isFiltered, noRefusalFilters, toListQuery, toSummaryQuery } from './refusal-question.ts'

const now = Date.parse('2026-11-29T09:31:41Z')

test('the question of a span stays the same for an hour', () => {
  assert.deepEqual(toSummaryQuery(noRefusalFilters, now), {})
  assert.deepEqual(toSummaryQuery({ ...noRefusalFilters, span: '7d' }, now), { from: '2026-11-22T10:00:00.000Z' })
  assert.deepEqual(toSummaryQuery({ ...noRefusalFilters, span: '30d' }, now), { step: 'day' })
})

test('an address with anything in it asks nothing that the server would refuse', () => {
  const place = { ...noRefusalFilters, code: '<img>', reason: 'a b', source: 'nonsense', api: 'a/b', client: 'c' }
  assert.deepEqual(toSummaryQuery(place, now), { client: 'c' })
  assert.equal(isFiltered({ ...noRefusalFilters, span: '7d' }), false)
})

test('what a page has besides its filters is none of them', () => {
  const place = { ...noRefusalFilters, refresh: () => {} }
  assert.equal(isFiltered(place), false)
  assert.equal(isFiltered({ ...place, source: 'guard' }), true)
})

test('the last of a group are asked with the filters of the page', () => {
  const place = { ...noRefusalFilters, source: 'guard', organization: 'acme' }
  assert.deepEqual(toListQuery(place, { code: 'dpa-missing', client: 'c' }, '2026-11-29T00:00:00.000Z'), {
    code: 'dpa-missing',
    client: 'c',
    organization: 'acme',
    source: 'guard',
    from: '2026-11-29T00:00:00.000Z',
    limit: 50,
  })
})
