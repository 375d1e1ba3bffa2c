import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeAge, describeInstant, describeMoment, describeSpan } from './describe-time.ts'

const secondMs = 1000
const minuteMs = 60 * secondMs
const hourMs = 60 * minuteMs
const now = Date.UTC(2026, 10, 28, 9, 12)
const said = (ms: number, zone = 'UTC') => describeInstant(new Date(now + ms).toISOString(), now, zone)

test('an instant of the last hour is said by its age, one of the next hour by what is left', () => {
  assert.deepEqual(
    [-12 * secondMs, -59 * secondMs, -minuteMs, -59 * minuteMs, 30 * secondMs, 59 * minuteMs].map((ms) => said(ms)),
    ['12 s ago', '59 s ago', '1 min ago', '59 min ago', 'in 1 min', 'in 59 min'],
  )
})

test('a server whose clock is a second ahead has just done it', () => {
  assert.equal(said(secondMs), '0 s ago')
})

test('others are said by the clock, with the day unless it is today', () => {
  assert.deepEqual(
    [-2 * hourMs, -10 * hourMs, 20 * hourMs, 7 * 24 * hourMs, 34 * 24 * hourMs, -400 * 24 * hourMs].map((ms) => said(ms)),
    ['07:12', 'yesterday 23:12', 'tomorrow 05:12', '5 Dec 09:12', '1 Jan 2027 09:12', '24 Oct 2025'],
  )
  assert.equal(said(-10 * hourMs, 'America/New_York'), 'yesterday 18:12')
  assert.equal(describeMoment(new Date(now - minuteMs).toISOString(), now, 'Europe/Berlin'), '10:11')
})

test('an age is never rounded up, a span to the nearest', () => {
  assert.deepEqual([59 * secondMs, 119 * secondMs, 119 * minuteMs, 71 * hourMs, -1].map(describeAge), [
    '59 s',
    '1 min',
    '1 h',
    '2 days',
    '0 s',
  ])
  assert.deepEqual([89 * secondMs, 119 * minuteMs, 36 * hourMs, 71 * hourMs].map(describeSpan), ['1 min', '2 h', '36 h', '3 days'])
})
