import assert from 'node:assert/strict'
import { test } from 'node:test'
import { widthOfText } from './place-labels.ts'
import { describeBar, timeTicks } from './time-axis.ts'

const hourMs = 3_600_000
const start = Date.UTC(2026, 10, 23)

test('a week of hours has its days', () => {
  const ticks = timeTicks(start, start + 7 * 24 * hourMs, 'hour', 900, 'UTC')
  assert.deepEqual(
    ticks.map(({ text }) => text),
    ['Mon 23', 'Tue 24', 'Wed 25', 'Thu 26', 'Fri 27', 'Sat 28', 'Sun 29'],
  )
})

test('two days of hours also have clock times, and days win over them', () => {
  const ticks = timeTicks(start + 15 * hourMs, start + 63 * hourMs, 'hour', 900, 'UTC').map(({ text }) => text)
  assert.deepEqual(ticks, ['18:00', 'Tue 24', '06:00', '12:00', '18:00', 'Wed 25', '06:00', '12:00'])
})

test('ticks do not touch, at any width', () => {
  for (let width = 40; width < 900; width += 37)
    for (const [hours, step] of [
      [48, 'hour'],
      [168, 'hour'],
      [400 * 24, 'day'],
    ] as const) {
      const to = start + hours * hourMs
      const ticks = timeTicks(start, to, step, width, 'Asia/Kolkata').map(
        ({ at, text }) => [((at - start) / (to - start)) * width, text] as const,
      )
      ticks.forEach(([x, text], index) => {
        const next = ticks[index + 1]?.[0] ?? width
        assert.ok(x + widthOfText(text) <= next, `${text} at ${width}`)
      })
    }
})

test('days are those of the time zone, also where the clock is set', () => {
  const from = Date.UTC(2026, 9, 24, 12)
  const days = timeTicks(from, from + 72 * hourMs, 'hour', 900, 'Europe/Berlin').map(({ at }) => new Date(at).toISOString())
  assert.deepEqual(days, ['2026-10-24T22:00:00.000Z', '2026-10-25T23:00:00.000Z', '2026-10-26T23:00:00.000Z'])
})

test('a bar is said by its day and its hours', () => {
  assert.equal(describeBar(start + 14 * hourMs, 'hour', 1, 'UTC'), 'Mon 23 Nov, 14:00–15:00')
  assert.equal(describeBar(start + 14 * hourMs, 'hour', 3, 'Europe/Berlin'), 'Mon 23 Nov, 15:00–18:00')
  assert.equal(describeBar(start, 'day', 1, 'Asia/Kolkata'), 'Mon 23 Nov')
  assert.equal(describeBar(start, 'day', 7, 'UTC'), 'Mon 23 Nov – Sun 29 Nov')
})
