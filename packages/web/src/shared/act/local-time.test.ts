import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toIso, toLocal } from './local-time.ts'

test('an instant is the same after it was shown in a field', () => {
  for (const isUtc of [true, false])
    for (const iso of ['2026-01-31T12:00:00.000Z', '2026-07-31T23:30:00.000Z']) assert.equal(toIso(toLocal(iso, isUtc), isUtc), iso)
})

test('what is no instant is empty', () => {
  assert.equal(toLocal('', true), '')
  assert.equal(toIso('', false), '')
  assert.equal(toIso('soon', true), '')
})
