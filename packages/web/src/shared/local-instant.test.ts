import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromLocalField, toLocalField } from './local-instant.ts'

for (const zone of ['UTC', undefined])
  test(`an instant in a field is the same instant again, in ${zone ?? 'the zone of the browser'}`, () => {
    const at = '2026-11-29T09:31:00.000Z'
    assert.equal(fromLocalField(toLocalField(at, zone), zone), at)
  })

test('a field that is empty or not complete is no instant', () => {
  assert.equal(fromLocalField('', 'UTC'), undefined)
  assert.equal(fromLocalField('tomorrow', undefined), undefined)
  assert.equal(toLocalField('tomorrow', 'UTC'), '')
})
