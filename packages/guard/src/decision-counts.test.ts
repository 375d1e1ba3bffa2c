import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDecisionCounts } from './decision-counts.ts'

const hour = 1_800_000_000_000
const orders = { method: 'GET', route: '/v1/orders' }

test('counts are kept apart by hour, client, route and outcome, across new versions of the client', () => {
  const counts = createDecisionCounts()
  for (const record of [{}, {}]) counts.allowed(record, 'a', orders, hour)
  counts.allowed({}, 'b', orders, hour)
  counts.allowed({}, 'a', { ...orders, method: 'POST' }, hour)
  counts.denied('a', orders, 'rate-limited', hour)
  counts.allowed({}, 'a', orders, hour + 3_600_000)
  assert.deepEqual(
    counts.take(500).map(({ hour: at, clientId, route, outcome, count }) => [at - hour, clientId, route, outcome, count]),
    [
      [0, 'a', 'GET /v1/orders', 'allowed', 2],
      [0, 'b', 'GET /v1/orders', 'allowed', 1],
      [0, 'a', 'POST /v1/orders', 'allowed', 1],
      [0, 'a', 'GET /v1/orders', 'rate-limited', 1],
      [3_600_000, 'a', 'GET /v1/orders', 'allowed', 1],
    ],
  )
  assert.equal(counts.isEmpty, true)
})

test('what one report does not hold waits for the next, together with what comes after', () => {
  const counts = createDecisionCounts()
  for (const client of ['a', 'b', 'c']) counts.denied(client, orders, 'dpa-missing', hour)
  assert.equal(counts.take(1).length, 1)
  counts.denied('b', orders, 'dpa-missing', hour)
  assert.deepEqual(
    counts.take(500).map(({ clientId, count }) => [clientId, count]),
    [
      ['b', 2],
      ['c', 1],
    ],
  )
})

test('of a client twenty routes are told apart, and none that is a path', () => {
  const counts = createDecisionCounts()
  const record = {}
  for (let round = 0; round < 2; round++)
    for (let route = 0; route < 100; route++) counts.allowed(record, 'a', { method: 'GET', route: `/v1/${route}` }, hour)
  counts.allowed(record, 'a', { method: 'GET', route: '/v1/5f0d2c4e-8a61-4c37-b7d9-1e2f3a4b5c02' }, hour)
  counts.allowed(record, 'a', {}, hour)
  const taken = counts.take(500)
  assert.equal(taken.length, 21)
  assert.equal(taken.find(({ route }) => route === null)?.count, 162)
  assert.equal(taken.find(({ route }) => route === 'GET /v1/0')?.count, 2)
})

test('abuse 174: beyond the limit of keys only outcomes are counted, and nothing is lost', () => {
  const counts = createDecisionCounts({ routes: 20, keys: 10 })
  for (let interval = 0; interval < 3; interval++) {
    for (let client = 0; client < 30; client++) {
      counts.allowed({}, `${interval} ${client}`, orders, hour)
      counts.denied(`${interval} ${client}`, orders, 'dpa-missing', hour)
    }
    counts.take(0)
  }
  const taken = counts.take(500)
  assert.ok(taken.length <= 12, String(taken.length))
  assert.equal(
    taken.reduce((sum, { count }) => sum + count, 0),
    180,
  )
  assert.equal(counts.takeLost(), 0)
})

test('abuse 174: of many hours without a server the oldest are dropped, and their decisions counted', () => {
  const counts = createDecisionCounts({ routes: 20, keys: 5 })
  for (let hours = 0; hours < 100; hours++) counts.denied(null, {}, 'missing-token', hour + hours * 3_600_000)
  const taken = counts.take(500)
  assert.deepEqual([taken.length, counts.takeLost()], [10, 90])
  assert.equal(taken.at(-1)?.hour, hour + 99 * 3_600_000)
})
