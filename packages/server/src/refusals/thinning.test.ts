import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createThinning } from './thinning.ts'

const limits = { perSecond: 1, burst: 2, kinds: 3 }
const refusal = { realm: 'prod', clientId: 'acme', address: undefined, code: 'dpa-missing', route: '/v1/orders' } as const

test('refusals are kept up to a burst, and then one of each kind a minute', () => {
  const { admit } = createThinning(limits)
  const fates = [0, 0, 0, 0].map((now) => admit(refusal, now))
  assert.deepEqual(fates, ['sample', 'kept', 'thinned', 'thinned'])
  assert.equal(admit({ ...refusal, code: 'rate-limited' }, 0), 'sample')
  assert.equal(admit(refusal, 1000), 'kept')
  assert.equal(admit(refusal, 1000), 'thinned')
  assert.equal(admit(refusal, 60_000), 'sample')
})

test('abuse 186: of 100,000 kinds the first ones are kept, and of all others one', () => {
  const { admit } = createThinning({ ...limits, burst: 1, kinds: 10_000 })
  const fates = Array.from({ length: 100_000 }, (_, kind) => admit({ ...refusal, route: `/${kind}` }, 0))
  assert.equal(fates.filter((fate) => fate === 'sample').length, 10_001)
  assert.equal(fates.filter((fate) => fate === 'kept').length, 0)
})

test('abuse 186: strangers use up a budget of their own', () => {
  const { admit } = createThinning(limits, limits)
  const stranger = { ...refusal, clientId: undefined, code: 'invalid-token' } as const
  for (let sent = 0; sent < 100; sent++) admit({ ...stranger, address: `198.51.100.${sent}` }, 0)
  assert.equal(admit({ ...stranger, address: '192.0.2.1' }, 0), 'thinned')
  assert.deepEqual([admit(refusal, 0), admit(refusal, 0)], ['sample', 'kept'])
})

test('abuse 186: strangers who name a client do not crowd out what it did itself', () => {
  const { admit } = createThinning(limits, limits)
  const named = { ...refusal, code: 'invalid-client', detail: { isNamed: true } } as const
  for (let sent = 0; sent < 100; sent++) admit(named, 0)
  assert.deepEqual([admit(refusal, 0), admit(refusal, 0)], ['sample', 'kept'])
})

test('abuse 186: an API that asks for decisions uses up a budget of its own', () => {
  const { admit } = createThinning({ ...limits, burst: 100 }, limits, { perSecond: 1, burst: 2 })
  const asked = { ...refusal, askedBy: 'shop-api' }
  assert.deepEqual(
    Array.from({ length: 4 }, () => admit(asked, 0)),
    ['sample', 'kept', 'thinned', 'thinned'],
  )
  assert.equal(admit({ ...asked, askedBy: 'stock-api' }, 0), 'kept')
  assert.equal(admit(refusal, 0), 'kept')
  assert.equal(admit({ ...asked, code: 'rate-limited' }, 0), 'sample', 'the first of its kind is kept all the same')
  assert.equal(admit(asked, 1000), 'kept')
})

test('a clock that is set back stops no budget for good', () => {
  const { admit } = createThinning(limits)
  for (const now of [120_000, 120_000, 120_000]) admit(refusal, now)
  assert.equal(admit(refusal, 90_000), 'sample')
  assert.equal(admit(refusal, 122_000), 'sample')
})
