import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { RateLimit } from '@countersign/protocol'
import { aClock, aRealm } from './guard.fixture.ts'
import { createTierRates, rateHeaders, type TierRates } from './tier-rate.ts'

const standard: RateLimit = { tier: 'standard', limit: 100, windowSeconds: 1 }

function aCounter(rateLimit: RateLimit = standard) {
  const clock = aClock()
  const { take } = createTierRates(clock.now)
  const admitted = (times: number, organization = 'acme') =>
    Array.from({ length: times }, () => take(organization, rateLimit)).filter((state) => state.retryAfterSeconds === undefined).length
  return { clock, take, admitted }
}

test('the whole limit may be used in one burst, and not one request more', () => {
  const { admitted } = aCounter()
  assert.equal(admitted(150), 100)
})

test('organizations are counted separately', () => {
  const { admitted } = aCounter()
  assert.equal(admitted(150, 'acme'), 100)
  assert.equal(admitted(150, 'borealis'), 100)
})

test('abuse 179: using the limit just before the edge of a window leaves next to nothing just after it', () => {
  const { clock, admitted } = aCounter()
  clock.advance(0.99)
  assert.equal(admitted(150), 100)
  clock.advance(0.02)
  assert.equal(admitted(150), 1)
})

test('constant retries get the limit per window in the long run, for small limits too', () => {
  for (const limit of [1, 2, 10]) {
    const { clock, admitted } = aCounter({ tier: 'small', limit, windowSeconds: 1 })
    let total = 0
    for (let i = 0; i < 10_000; i++) {
      total += admitted(1)
      clock.advance(0.01)
    }
    assert.ok(total >= limit * 98 && total <= limit * 101, `${total} in 100 windows of ${limit}`)
  }
})

test('waiting for Retry-After is always enough', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 60 }),
      fc.array(fc.tuple(fc.double({ min: 0, max: 90, noNaN: true }), fc.integer({ min: 1, max: 30 })), { maxLength: 10 }),
      (limit, windowSeconds, bursts) => {
        const { clock, take, admitted } = aCounter({ tier: 'any', limit, windowSeconds })
        for (const [pause, size] of bursts) {
          clock.advance(pause)
          admitted(size)
        }
        const { retryAfterSeconds } = take('acme', { tier: 'any', limit, windowSeconds })
        if (retryAfterSeconds === undefined) return
        clock.advance(retryAfterSeconds)
        assert.equal(admitted(1), 1)
        assert.ok(Number.isInteger(retryAfterSeconds) && retryAfterSeconds <= 2 * windowSeconds + 1)
      },
    ),
  )
})

test('"remaining" is the number of requests that are still admitted now', () => {
  const { take, admitted } = aCounter()
  admitted(30)
  const { remaining } = take('acme', standard)
  assert.equal(remaining, 69)
  assert.equal(admitted(150), 69)
})

test('abuse 184: a changed limit applies from the next request on', () => {
  const { take, admitted } = aCounter()
  assert.equal(admitted(100), 100)
  assert.equal(take('acme', { ...standard, limit: 101 }).retryAfterSeconds, undefined)
  assert.equal(take('acme', { ...standard, limit: 50 }).remaining, 0)
})

test('a limit of 0 admits nothing', () => {
  const { take } = aCounter()
  const state = take('acme', { tier: 'none', limit: 0, windowSeconds: 10 })
  assert.equal(state.retryAfterSeconds, 11)
})

test('a window of 0 seconds, which a document may contain, counts as 1 second', () => {
  const { admitted } = aCounter({ ...standard, windowSeconds: 0 })
  assert.equal(admitted(150), 100)
})

test('a clock that is set back locks no organization out', () => {
  const { clock, admitted } = aCounter()
  assert.equal(admitted(150), 100)
  clock.advance(-3600)
  assert.equal(admitted(150), 100)
})

test('the header fields are structured fields with the tier as their name', () => {
  const { take } = aCounter()
  assert.deepEqual(rateHeaders(take('acme', standard)), {
    'ratelimit-policy': '"standard";q=100;w=1',
    ratelimit: '"standard";r=99;t=1',
  })
  const odd = rateHeaders({ ...standard, tier: 'a"b\\c\r\nd', remaining: 0, resetSeconds: 1 })
  assert.equal(odd['ratelimit'], '"a\\"b\\\\cd";r=0;t=1')
})

test('row 13: the request over the limit is denied with the state of the limit, and denied requests are not counted', async () => {
  const realm = aRealm()
  realm.setEntitlement({ organization: { rateLimit: { tier: 'standard', limit: 2, windowSeconds: 1 } } })
  const token = realm.token()
  for (let i = 0; i < 10; i++) await realm.authorize(token, { scope: 'admin' })
  assert.equal(await realm.denialOf(token), undefined)
  assert.equal(await realm.denialOf(token), undefined)
  const denial = await realm.authorize(token)
  assert.ok(!denial.allowed)
  assert.equal(denial.code, 'rate-limited')
  assert.equal(denial.retryAfterSeconds, 2)
  assert.deepEqual(denial.rate && rateHeaders(denial.rate)['ratelimit'], '"standard";r=0;t=1')
})

test('a counter that answers later is waited for, and its answer counts', async () => {
  const realm = aRealm({ rates: aSharedCounter(2) })
  realm.setEntitlement({ organization: { rateLimit: standard } })
  const verdicts = []
  for (let i = 0; i < 3; i++) verdicts.push(await realm.authorize(realm.token()))
  assert.deepEqual(
    verdicts.map((verdict) => (verdict.allowed ? verdict.rate?.remaining : verdict.code)),
    [1, 0, 'rate-limited'],
  )
})

/** Of a store that is asked over the network. */
function aSharedCounter(limit: number): TierRates {
  let used = 0
  return {
    async take(_organizationId, rateLimit) {
      await new Promise(setImmediate)
      const state = { ...rateLimit, limit, remaining: Math.max(0, limit - used - 1), resetSeconds: 1 }
      return used++ < limit ? state : { ...state, retryAfterSeconds: 1 }
    },
  }
}
