import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { refreshDelayMs } from './refresh-schedule.ts'

const noJitter = () => 0

test('a token of 300 s is renewed a minute before it expires, one of 3600 s after 85 % and one of 5 s after half of it', () => {
  const inSeconds = (lifetimeSeconds: number) => refreshDelayMs(lifetimeSeconds * 1000, 'steady', noJitter) / 1000
  assert.deepEqual([300, 3600, 5, 1].map(inSeconds), [240, 3060, 2.5, 0.5])
})

test('abuse 244: a renewal comes neither immediately nor after 85 % of any lifetime, with any jitter', () => {
  const fraction = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 86_400 }), fraction, (lifetimeSeconds, random) => {
      const share = (pace: 'spread' | 'steady') => refreshDelayMs(lifetimeSeconds * 1000, pace, () => random) / (lifetimeSeconds * 1000)
      assert.ok(share('steady') >= 0.475 && share('steady') <= 0.85)
      assert.ok(share('spread') >= 0.125 && share('spread') <= 0.85)
    }),
  )
})

test('abuse 257: 5,000 instances deployed within one minute renew evenly over the next hour', () => {
  const random = createRandom(20_260_303)
  const perMinute = Array.from({ length: 60 }, () => 0)
  for (let instance = 0; instance < 5000; instance++) {
    let at = random() * 60
    for (let pace: 'spread' | 'steady' = 'spread'; ; pace = 'steady') {
      at += refreshDelayMs(300_000, pace, random) / 1000
      if (at >= 3600) break
      perMinute[Math.floor(at / 60)]! += 1
    }
  }
  const mean = perMinute.reduce((sum, count) => sum + count) / perMinute.length
  assert.ok(mean > 1200, `expected everyone to renew every four minutes, found a mean of ${mean} in a minute`)
  assert.ok(Math.max(...perMinute) / mean <= 2, `peak ${Math.max(...perMinute)}, mean ${mean}`)
})

/** mulberry32: the same sequence in every run. */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
