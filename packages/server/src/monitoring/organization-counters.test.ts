import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createOrganizationCounters } from './organization-counters.ts'

const organization = (name: string) => ({ id: name, slug: name })

test('a fixed number of organizations has counters of its own, the named ones first; the rest counts together', () => {
  const counters = createOrganizationCounters(3)
  for (const name of ['large', 'larger']) counters.name('r', organization(name))
  for (let one = 0; one < 10_000; one++) counters.count('r', organization(`o${one}`), one % 2 === 0)
  counters.count('r', organization('large'), true)
  counters.count('r', undefined, false)
  assert.deepEqual(
    counters.counts().map(({ organization: name, issued, refused }) => [name, issued, refused]),
    [
      ['large', 1, 0],
      ['larger', 0, 0],
      ['o0', 1, 0],
      ['_other', 4999, 5001],
    ],
  )
})

test('without places, nothing is counted', () => {
  const counters = createOrganizationCounters(0)
  counters.name('r', organization('a'))
  counters.count('r', organization('a'), true)
  assert.deepEqual(counters.counts(), [])
})
