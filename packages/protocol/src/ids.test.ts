import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isLowerCaseUuid, isRequestId } from './ids.ts'

test('a request id has 12, 8 and 8 lower-case hexadecimal digits and nothing else', () => {
  assert.ok(isRequestId('01a3185c5000-0badcafe-00000001'))
  for (const other of ['01A3185C5000-0badcafe-00000001', '1a3185c5000-0badcafe-00000001', '01a3185c5000-0badcafe-00000001\n', '', 7, null])
    assert.ok(!isRequestId(other), String(other))
})

test('a UUID is in lower case and in one spelling', () => {
  const uuid = '5f0d2c4e-8a61-4c37-b7d9-1e2f3a4b5c02'
  assert.ok(isLowerCaseUuid(uuid))
  for (const other of [uuid.toUpperCase(), `{${uuid}}`, `${uuid}\n`, uuid.replaceAll('-', ''), ''])
    assert.ok(!isLowerCaseUuid(other), other)
})
