import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { maxRetryAfterSeconds, parseRetryAfter } from './retry-after.ts'

const noon = 'Tue, 03 Mar 2026 12:00:00 GMT'

test('Retry-After in seconds is used unchanged', () => {
  assert.equal(parseRetryAfter('17', noon), 17)
})

test('Retry-After of more digits than a number has is a long one, and not a missing one', () => {
  for (const digits of [12, 16, 400]) assert.equal(parseRetryAfter('9'.repeat(digits), noon), maxRetryAfterSeconds)
})

test('Retry-After as a date is relative to the Date of the same response, so a wrong local clock does no harm', () => {
  assert.equal(parseRetryAfter('Tue, 03 Mar 2026 12:02:00 GMT', noon), 120)
  assert.equal(parseRetryAfter('Tue, 03 Mar 2026 11:00:00 GMT', noon), 0)
})

test('Retry-After is read in all three forms of an HTTP date', () => {
  for (const date of ['Tue, 03 Mar 2026 12:02:00 GMT', 'Tuesday, 03-Mar-26 12:02:00 GMT', 'Tue Mar  3 12:02:00 2026'])
    assert.equal(parseRetryAfter(date, noon), 120, date)
})

test('Retry-After as a date without a Date header is relative to the local clock', () => {
  const inAMinute = new Date(Date.now() + 60_000).toUTCString()
  const seconds = parseRetryAfter(inAMinute, null) ?? Number.NaN
  assert.ok(seconds >= 58 && seconds <= 60, `found ${seconds}`)
})

for (const senseless of [null, '', '-1', '1.5', 'soon', '1e9', '2026-03-03T12:00:00Z', 'Tue, 99 Mar 2026 12:00:00 GMT'])
  test(`Retry-After ${JSON.stringify(senseless)} is ignored`, () => assert.equal(parseRetryAfter(senseless, noon), undefined))

for (const date of ['Mon, 30 Feb 2026 12:00:00 GMT', 'Friday, 31-Apr-26 12:00:00 GMT', 'Mon Feb 30 12:00:00 2026'])
  test(`fault 4.4: Retry-After "${date}" is ignored, because the day does not exist`, () =>
    assert.equal(parseRetryAfter(date, noon), undefined))

test('no header can pause a client for longer than an hour', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.nat().map(String),
        fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
      ),
      (header) => {
        const seconds = parseRetryAfter(header, noon)
        assert.ok(seconds === undefined || (Number.isInteger(seconds) && seconds >= 0 && seconds <= maxRetryAfterSeconds))
      },
    ),
  )
})
