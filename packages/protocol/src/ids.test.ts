import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isLowerCaseUuid, isRequestId, readRequestId } from './ids.ts'

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

const id = '0199c5e2a4b0-1f2e3d4c-0000002a'

for (const [text, found] of [
  [id, id],
  [` urn:request:${id}\n`, id],
  [`"instance": "urn:request:${id}",`, id],
  [`request id: ${id}`, id],
  [`It was refused (request-id ${id}).`, id],
  [`${id} and ${id}`, id],
  [`${id} and ${id.replace('2a', '2b')}`, undefined],
  ['X-Request-Id: req-8f', 'req-8f'],
  ['req-8.', 'req-8'],
  ['request-id-5', 'request-id-5'],
  ['0b9c1f5e-6f2c-4d0e-9f57-0c5b8a4e1d33', '0b9c1f5e-6f2c-4d0e-9f57-0c5b8a4e1d33'],
  ['two words', undefined],
  ['a/b', undefined],
  ['', undefined],
  ['a'.repeat(65), undefined],
] as const)
  test(`the id of a request is found as people write it: ${JSON.stringify(text.slice(0, 80))}`, () =>
    assert.equal(readRequestId(text), found))
