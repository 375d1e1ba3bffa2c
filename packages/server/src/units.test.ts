import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { duration, formatDuration, size } from './units.ts'

const anyDuration = duration({ atLeast: 1, atMost: 999_999_999 })

test('durations are read in seconds', () => {
  assert.deepEqual(
    ['30s', '5m', '12h', '90d'].map((text) => anyDuration.parse(text)),
    [30, 300, 43_200, 7_776_000],
  )
})

test('parsing a formatted duration returns the duration', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 999_999 }), (seconds) => assert.equal(anyDuration.parse(formatDuration(seconds)), seconds)),
  )
})

test('a duration is formatted in the largest unit that divides it', () => {
  assert.deepEqual([300, 90, 3600, 86_400, 90_000].map(formatDuration), ['5m', '90s', '1h', '1d', '25h'])
})

test('arbitrary values are parsed as a duration within the bounds or rejected', () => {
  const bounded = duration({ atLeast: 60, atMost: 3600 })
  const piece = fc.constantFrom('0', '1', '60', '9', 's', 'm', 'h', 'd', '.', '-', ' ')
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(piece).map((pieces) => pieces.join('')),
        fc.anything(),
      ),
      (value) => {
        const result = bounded.safeParse(value)
        if (result.success) assert.ok(Number.isInteger(result.data) && result.data >= 60 && result.data <= 3600)
      },
    ),
  )
})

for (const value of ['0s', '-1s', '1.5m', '5', '5M', ' 5m', '5m ', '5 m', '05m', '1e3s', '9999999999d', '', 'NaN', 300, Number.NaN, null]) {
  test(`${JSON.stringify(value)} is not a duration, and the error gives an example`, () => {
    assert.match(anyDuration.safeParse(value).error!.issues[0]!.message, /^a duration between 1s and .* such as "30s"/)
  })
}

test('sizes are read in bytes', () => {
  const anySize = size({ atLeast: 1, atMost: 16 * 1024 * 1024 })
  assert.deepEqual(
    ['4096B', '64KB', '2MB'].map((text) => anySize.parse(text)),
    [4096, 65_536, 2_097_152],
  )
})

for (const value of [Number.NaN, '', '8KBs', -1, '-1', '0B', '8kb', 'Infinity', '99999999MB', null, 8192]) {
  test(`abuse 009: ${JSON.stringify(value)} is not a size`, () => {
    assert.equal(size({ atLeast: 1, atMost: 16 * 1024 * 1024 }).safeParse(value).success, false)
  })
}
