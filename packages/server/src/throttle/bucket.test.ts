import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBucket } from './bucket.ts'

test('a leap of the clock that is undone does not keep a bucket empty until the clock has caught up', () => {
  const bucket = createBucket(20, 2)
  const day = 86_400_000
  assert.ok(bucket.take(day) && bucket.take(2 * day) && bucket.take(day) && !bucket.take(day))
  assert.equal(bucket.wait(day), 50)
  assert.equal(bucket.take(day + 50), true)
})

test('a clock that goes back and forth fills no bucket', () => {
  const bucket = createBucket(20, 2)
  assert.ok(bucket.take(10_000) && bucket.take(10_000))
  for (let i = 0; i < 100; i++) assert.ok(!bucket.take(10_000 - (i % 2) * 5000))
})
