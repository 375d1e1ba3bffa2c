import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { learnTime, now } from './clock.ts'

const hourMs = 3_600_000
const inHours = (hours: number) => new Date(Date.now() + hours * hourMs).toUTCString()

afterEach(() => learnTime(null))

test('the time is that of the server, where the clock is wrong', () => {
  for (const hours of [-26, 3, 0]) {
    learnTime(inHours(hours))
    assert.ok(Math.abs(now() - Date.now() - hours * hourMs) < 2000, `${hours} h`)
  }
})

test('a response without a time, or a few seconds away, moves nothing', () => {
  for (const date of [null, '', 'yesterday', new Date(Date.now() - 30_000).toUTCString()]) {
    learnTime(date)
    assert.ok(Math.abs(now() - Date.now()) < 50, String(date))
  }
})
