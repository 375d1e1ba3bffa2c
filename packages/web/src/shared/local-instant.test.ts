import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromLocalField, toLocalField } from './local-instant.ts'

for (const zone of ['UTC', undefined])
  test(`an instant in a field is the same instant again, in ${zone ?? 'the zone of the browser'}`, () => {
    for (const at of ['2026-01-31T12:00:00.000Z', '2026-07-31T23:30:00.000Z'])
      assert.equal(fromLocalField(toLocalField(at, zone), zone), at)
  })

test('a field that is empty or not complete is no instant', () => {
  assert.equal(fromLocalField('', 'UTC'), undefined)
  assert.equal(fromLocalField('tomorrow', undefined), undefined)
  assert.equal(toLocalField('', 'UTC'), '')
  assert.equal(toLocalField('tomorrow', 'UTC'), '')
})

test('the last instant of all is shown, or empty where the zone leads beyond it', (t) => {
  const last = '+275760-09-13T00:00:00.000Z'
  assert.equal(toLocalField(last, 'UTC'), '+275760-09-13T00:00')
  t.mock.method(Date.prototype, 'getTimezoneOffset', () => -120)
  assert.equal(toLocalField(last, undefined), '')
})
