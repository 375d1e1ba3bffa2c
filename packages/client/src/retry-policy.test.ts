import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { decideWait, readRetryPolicy, spend, unspent, type RefusedRequest, type Spent } from './retry-policy.ts'

function refused(change: Partial<RefusedRequest> & { retryAfter?: string } = {}): RefusedRequest {
  const { retryAfter = '4', ...rest } = change
  const header = (name: string) => (name === 'retry-after' ? retryAfter : null)
  return { status: 429, header, method: 'GET', isRepeatable: true, hasIdempotencyKey: false, ...rest }
}

const policy = readRetryPolicy('withBearer', { random: () => 0 })

const decisions: [what: string, request: RefusedRequest, waitMs: number | undefined, spent?: Spent][] = [
  ['429', refused(), 4000],
  ['503', refused({ status: 503 }), 4000],
  ['429 to a POST, of which nothing was done', refused({ method: 'POST' }), 4000],
  ['503 to a POST, which may have been done', refused({ status: 503, method: 'POST' }), undefined],
  ['503 to a POST with an Idempotency-Key', refused({ status: 503, method: 'POST', hasIdempotencyKey: true }), 4000],
  ['503 to a PATCH', refused({ status: 503, method: 'PATCH' }), undefined],
  ['503 to a put in lower case', refused({ status: 503, method: 'put' }), 4000],
  ['429 to a stream', refused({ isRepeatable: false }), undefined],
  ['500', refused({ status: 500 }), undefined],
  ['429 with a header that says nothing', refused({ retryAfter: 'soon' }), undefined],
  ['429 after the last attempt', refused(), undefined, { attempts: 3, waitedMs: 0 }],
  ['429 that asks for all that is left', refused(), 4000, { attempts: 2, waitedMs: 56_000 }],
  ['429 that asks for more than is left', refused(), undefined, { attempts: 2, waitedMs: 56_001 }],
]
for (const [what, request, waitMs, spent = unspent] of decisions)
  test(`abuse 259: a ${what} is ${waitMs === undefined ? 'returned' : 'repeated'}`, () =>
    assert.equal(decideWait(policy, request, spent), waitMs))

test('without the option nothing is repeated', () => {
  assert.equal(decideWait(readRetryPolicy('withBearer', false), refused(), unspent), undefined)
})

test('abuse 259: whatever an API answers, a request waits at least as long as it asked, and never longer than the bounds in all', () => {
  const seconds = fc.nat({ max: 100 })
  const randomness = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
  fc.assert(
    fc.property(fc.array(seconds, { maxLength: 12 }), randomness, fc.integer({ min: 1, max: 10 }), (asked, random, maxAttempts) => {
      const bounded = readRetryPolicy('withBearer', { maxAttempts, maxWaitSeconds: 60, random: () => random })
      let spent = unspent
      for (const retryAfter of asked) {
        const waitMs = decideWait(bounded, refused({ retryAfter: String(retryAfter) }), spent)
        if (waitMs === undefined) break
        assert.ok(waitMs >= retryAfter * 1000)
        spent = spend(spent, waitMs)
      }
      assert.ok(spent.attempts <= maxAttempts && spent.waitedMs <= 60_000.001)
    }),
  )
})

test('requests that were refused together are spread over half of the time that the API named, at least a second', () => {
  const spreadOf = (retryAfter: string) =>
    [0, 0.999].map((random) =>
      Math.round(decideWait(readRetryPolicy('withBearer', { random: () => random }), refused({ retryAfter }), unspent)!),
    )
  assert.deepEqual(spreadOf('0'), [0, 999])
  assert.deepEqual(spreadOf('20'), [20_000, 29_990])
})
