import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { expectedInstant, missingDay, parseInstant } from './instant.ts'

for (const day of ['2027-02-30', '2027-02-29', '2026-04-31', '1900-02-29', '2026-13-01', '2026-00-10', '2026-01-00', '2026-01-32']) {
  test(`fault 4.4: the day "${day}" does not exist, at any time of it`, () => {
    assert.deepEqual(
      [day, `${day}T12:00:00Z`, `${day}t00:00:00+02:00`].map((text) => [missingDay(text), parseInstant(text)]),
      [1, 2, 3].map(() => [day, undefined]),
    )
  })
}

const noon = Date.parse('2027-01-31T12:00:00Z')
for (const text of [
  '2027-01-31T12:00:00+00:00',
  '2027-01-31T14:00:00+02:00',
  '2027-01-31T12:00:00-00:00',
  '2027-02-01T11:59:00+23:59',
  '2027-01-31T06:15:00.000-05:45',
  '2027-01-31t12:00:00z',
  '2027-01-31T12:00Z',
]) {
  test(`fault 4.5: "${text}" is noon in UTC`, () => assert.equal(parseInstant(text), noon))
}

for (const text of ['0000-01-01T00:00:00+00:01', '9999-12-31T23:59:59-00:01', '2027-01-31T12:00:00+24:00', '2027-01-31T12:00:00+0200'])
  test(`fault 4.5: "${text}" is not an instant that can be written in UTC`, () => assert.equal(parseInstant(text), undefined))

test('fault 4.5: an offset whose "+" became a space in a query is refused with the way to write it', () => {
  assert.match(expectedInstant('2027-01-31T14:00:00 02:00'), /%2B/)
})

test('29 February exists in leap years', () => {
  assert.deepEqual(
    ['2028-02-29', '2000-02-29'].map((day) => [missingDay(day), typeof parseInstant(`${day}T00:00:00Z`)]),
    [1, 2].map(() => [undefined, 'number']),
  )
})

for (const text of [
  '2026-01-31',
  '2026-01-31T24:00:00Z',
  '2026-01-31T12:00:60Z',
  '2026-01-31T12:00:00',
  '2026-01-31 12:00:00Z',
  '31.1.2026',
])
  test(`"${text}" is not an instant, and no day is missing`, () => {
    assert.deepEqual([parseInstant(text), missingDay(text)], [undefined, undefined])
  })

test('an instant that is written by toISOString is read as the same', () => {
  const between = { min: new Date('0000-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true }
  fc.assert(fc.property(fc.date(between), (date) => parseInstant(date.toISOString()) === date.getTime()))
})

test('no text throws', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      parseInstant(text)
      missingDay(text)
    }),
  )
})

test('fault 4.5: an instant that only its offset takes out of the years 0000 to 9999 is refused with that reason', () => {
  for (const text of ['9999-12-31T23:59:59.999-12:00', '0000-01-01T00:00:00+23:59'])
    assert.equal(expectedInstant(text), 'an instant in the years 0000 to 9999 of UTC')
})
