import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeNews, nameOfGuard, newsOf, type Guard } from './key-news.ts'

const key = { publishedAt: '2026-11-28T08:00:00.000Z', createdAt: '2026-11-28T08:00:00.000Z' }

function aGuard(guard: string, state: Guard['state'], knownAsOf: string | null): Guard {
  return { guard, state, knownAsOf, api: 'orders', reporter: 'api' } as Guard
}

const before = '2026-11-28T07:59:59.999Z'
const after = '2026-11-28T08:00:01.000Z'

test('a guard has heard of a key if it knew of changes after the key was published', () => {
  const { heard, notYet, away } = newsOf(key, [
    aGuard('1', 'connected', after),
    aGuard('2', 'connected', before),
    aGuard('3', 'cut-off', null),
    aGuard('4', 'not-seen', before),
    aGuard('5', 'not-seen', after),
    aGuard('6', 'blocked', null),
  ])
  const names = (guards: readonly Guard[]) => guards.map(({ guard }) => guard).join('')
  assert.deepEqual([names(heard), names(notYet), names(away)], ['15', '23', '46'])
})

test('an imported key that verifiers knew counts from its import', () => {
  assert.equal(newsOf({ ...key, publishedAt: null }, [aGuard('1', 'connected', before)]).notYet.length, 1)
})

test('the sentence says how many of how many', () => {
  const of = (...guards: Guard[]) => describeNews(newsOf(key, guards))
  assert.match(of(), /^No guard reports to this realm/)
  assert.equal(of(aGuard('1', 'connected', after)), 'The only guard knows it.')
  assert.equal(of(aGuard('1', 'connected', after), aGuard('2', 'connected', after)), 'All 2 guards know it.')
  assert.equal(of(aGuard('1', 'connected', after), aGuard('2', 'not-seen', null)), '1 of 2 guards know it.')
})

test('a guard without the name of an API is named by its client', () => {
  assert.equal(nameOfGuard({ api: null, reporter: 'api-client-orders', guard: '0a1b2c3d' }), 'the API of api-client-orders (0a1b2c3d)')
})
